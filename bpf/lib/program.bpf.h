/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who acts; defined in program.bpf.c. */
#ifndef WAX_PROGRAM_BPF_H
#define WAX_PROGRAM_BPF_H

#include "lib/shared.bpf.h"

/* Who runs scripts, who may read the stores, who opens mail for the server itself. */
struct interpreters_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct file_identity);
	__type(value, __u8);
};
extern struct interpreters_map interpreters SEC(".maps");

struct store_readers_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct file_identity);
	__type(value, __u8);
};
extern struct store_readers_map store_readers SEC(".maps");

struct mail_helpers_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct file_identity);
	__type(value, __u8);
};
extern struct mail_helpers_map mail_helpers SEC(".maps");

/* The executable of the current task; zero for kernel threads. */
__hidden void program_of_current(struct file_identity *ret_program);
/* Program, users and service of a task, 0 for the current one; the program's path is kept on first sight.
 * Known to the linker, not hidden: the verifier looks at it once, and not again for each path that leads
 * to it. So the task is a number. ret_actor is zero. */
int actor_fill(struct actor *ret_actor, __u64 task);

static __always_inline void actor_of_current(struct actor *ret_actor)
{
	__builtin_memset(ret_actor, 0, sizeof(*ret_actor));
	actor_fill(ret_actor, 0);
}

static __always_inline void actor_of(struct task_struct *task, struct actor *ret_actor)
{
	__u64 address = 0;

	/* the same address, which is no pointer to the verifier any more */
	bpf_probe_read_kernel(&address, sizeof(address), &task);
	__builtin_memset(ret_actor, 0, sizeof(*ret_actor));
	actor_fill(ret_actor, address);
}

#endif
