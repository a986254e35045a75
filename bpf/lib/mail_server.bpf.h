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

/* Did a mail server's master fork the task's process, directly or through one process between? */
__hidden int mail_server_started(struct task_struct *task);
/* Has root executed the listed helper that the current process is? */
__hidden int mail_server_is_roots_helper(void);
/* Is this Unix socket, on which the task is about to speak as a service, the mail server's? Its listener was
 * made by root, or is named. */
__hidden int mail_server_accepted(struct sock *accepted, struct task_struct *speaker,
				  bool is_server);
/* The same over TCP, where the port is named. */
__hidden int mail_server_speaks(struct task_struct *speaker);

/* enum started_by_master */
__hidden int mail_server_program(struct task_struct *task);
/* The process that made the current one the mail server's; 0: not known. */
__hidden __u32 mail_server_master(void);
/* The current process serves a client who logged in; has it, or the one that forked it, ever? */
__hidden void mail_server_serves(void);
__hidden int mail_server_has_served(void);
/* Is it Dovecot's own imap-hibernate? */
__hidden int mail_server_hibernates(struct task_struct *task);

/* The current process became another program; a process was made; one ended. */
__hidden void mail_server_exec(struct task_struct *task);
__hidden void mail_server_fork(struct task_struct *parent, struct task_struct *child);
__hidden void mail_server_exit(__u32 tgid);

#endif
