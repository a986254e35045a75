/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is this process, or this socket, the mail server's? The one place that answers. mail_server.bpf.c
 * has the rules; nothing that a process says of itself is one.
 */
#ifndef WAX_BPF_LIB_MAIL_SERVER_BPF_H
#define WAX_BPF_LIB_MAIL_SERVER_BPF_H

#include "lib/shared.bpf.h"

struct masters_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32); /* tgid */
	__type(value, __u8); /* enum master_evidence */
};
extern struct masters_map masters SEC(".maps");

/* Was the task's process started by a mail server's master, directly or through one process
 * between? */
__hidden int mail_server_started(struct task_struct *task);
/* Was the listener that accepted this Unix socket made by root, or is it named? */
__hidden int mail_server_accepted(struct sock *accepted);

/* The current process became another program; a process was made; one ended. */
__hidden void mail_server_exec(struct task_struct *task);
__hidden void mail_server_fork(struct task_struct *parent, struct task_struct *child);
__hidden void mail_server_exit(__u32 tgid);

#endif
