/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replicas of hooks, for kernels that may let another task run in the middle of a program.
 *
 * While a program is interrupted, the kernel leaves out every other run of the same program on that
 * processor: prog->active in kernel/bpf/trampoline.c and kernel/trace/bpf_trace.c. Kernels
 * since 7.0 are always built so that they may interrupt one where the processor allows it
 * (kernel/Kconfig.preempt: PREEMPT_LAZY), and their tracepoints do not keep the processor any more
 * (include/linux/tracepoint.h). So each hook has replicas, which are programs of their own to the
 * kernel: the first that runs for an event does the work. An event is missed only when all replicas
 * are interrupted on one processor at the same time.
 */
#ifndef WAX_BPF_HOOKS_REPLICA_BPF_H
#define WAX_BPF_HOOKS_REPLICA_BPF_H

#include "lib/shared.bpf.h"

/* Set before load: without replicas a hook runs for every event. */
extern const volatile bool with_replicas;

enum hook_id {
	HOOK_EXEC,
	HOOK_URING,
	HOOK_UNIX_SEND,
	HOOK_TCP_SEND,
	HOOK_PIPE_WRITE,
	HOOK_UNIX_PAGE,
	HOOK_TCP_PAGE,
	HOOK_FILE_OPEN,
	HOOK_FILE_READ,
	HOOK_SHMEM_READ,
	HOOK_FILE_SPLICE,
	HOOK_SHMEM_SPLICE,
	HOOK_FILE_MAP,
	HOOK_UNIX_RECV,
	HOOK_INET_RECV,
	HOOK_INET6_RECV,
	HOOK_UNIX_CONN,
	HOOK_INET_CONN,
	HOOK_ADVISE,
	HOOK_FILE_DIRECT,
	HOOK_FILE_REMAP,
	HOOK_RENAME,
	HOOK_SYS_EXIT,
	HOOK_FILE_WRITE,
	HOOK_IDS = REPLICA_HOOKS,
};

/* By thread; taken out when it ends. A hash and not storage of the task, which an x86 processor
 * without cmpxchg16b refuses (kmalloc_nolock() in mm/slub.c). */
#define REPLICA_THREADS 16384

struct replica_marks_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, REPLICA_THREADS);
	__type(key, __u32);
	__type(value, struct replica_marks);
};
extern struct replica_marks_map replica_marks SEC(".maps");

/* Of threads that have ended. */
struct replica_totals_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct replica_totals);
};
extern struct replica_totals_map replica_totals SEC(".maps");

static const struct replica_marks no_replica_marks;

static __always_inline struct replica_marks *replica_marks_of_thread(void)
{
	__u32 thread = bpf_get_current_pid_tgid();
	struct replica_marks *of_thread = bpf_map_lookup_elem(&replica_marks, &thread);

	if (of_thread)
		return of_thread;
	bpf_map_update_elem(&replica_marks, &thread, &no_replica_marks, BPF_NOEXIST);
	return bpf_map_lookup_elem(&replica_marks, &thread);
}

/*
 * Does this replica (a bit) do the work? Replicas run one after the other for an event, in an order
 * that is the kernel's: one that finds its own mark has met the next event. When the map has no
 * place for a thread's marks the first replica does it all.
 */
static __always_inline bool replica_is_first(enum hook_id hook, __u8 replica)
{
	struct replica_marks *of_thread;
	bool is_next, is_first;
	__u8 ran;

	if (!with_replicas)
		return true;
	of_thread = replica_marks_of_thread();
	if (!of_thread) {
		count_loss(LOST_REPLICAS_FULL, 1);
		return replica == 1;
	}
	ran = of_thread->ran[hook];
	is_next = ran & replica;
	is_first = is_next || ran == 0;
	of_thread->ran[hook] = is_next ? replica : ran | replica;
	if (hook != HOOK_SYS_EXIT) {
		of_thread->totals.runs++;
		of_thread->totals.events += is_first;
	}
	return is_first;
}

/* The thread ends, or goes on under another number. */
static __always_inline void replica_forget(__u32 thread)
{
	struct replica_marks *of_thread;
	struct replica_totals *totals;
	__u32 zero = 0;

	if (!with_replicas)
		return;
	of_thread = bpf_map_lookup_elem(&replica_marks, &thread);
	totals = bpf_map_lookup_elem(&replica_totals, &zero);
	if (!of_thread || !totals)
		return;
	__sync_fetch_and_add(&totals->runs, of_thread->totals.runs);
	__sync_fetch_and_add(&totals->events, of_thread->totals.events);
	bpf_map_delete_elem(&replica_marks, &thread);
}

#endif
