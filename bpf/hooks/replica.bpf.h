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

#include "hook_replicas.h"
#include "lib/shared.bpf.h"

/* Set before load: without replicas a hook runs for every event. */
extern const volatile bool with_replicas;

/* When the map of marks had no place for a thread, 0 for never. */
extern __u64 replicas_full_boot_ns;

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

/* A thread's first event begins as if all replicas had run for one before. */
#define REPLICA_LAST_8                                                                             \
	HOOK_REPLICAS, HOOK_REPLICAS, HOOK_REPLICAS, HOOK_REPLICAS, HOOK_REPLICAS, HOOK_REPLICAS,  \
		HOOK_REPLICAS, HOOK_REPLICAS
static const struct replica_marks fresh_replica_marks = {
	.last = {REPLICA_LAST_8, REPLICA_LAST_8, REPLICA_LAST_8, REPLICA_LAST_8},
};

/* Interrupts that came while nothing ran are of no thread: each processor has marks of its own for
 * them. Numbers of threads end far below: PID_MAX_LIMIT in include/linux/threads.h is 1 << 22. */
#define IDLE_THREAD(processor) (1U << 31 | (processor))

static __always_inline __u32 replica_thread(void)
{
	__u32 thread = bpf_get_current_pid_tgid();

	return thread ? thread : IDLE_THREAD(bpf_get_smp_processor_id());
}

/* While the map is full the replica at position 1 works for threads without marks. One at another
 * position must not take a place that has just become free: the event would count twice. */
#define REPLICAS_FULL_NS 1000000000ULL

static __always_inline struct replica_marks *replica_marks_of_thread(__u8 position)
{
	struct replica_marks *of_thread;
	__u32 thread = replica_thread();

	of_thread = bpf_map_lookup_elem(&replica_marks, &thread);
	if (of_thread)
		return of_thread;
	if (position > 1 && replicas_full_boot_ns &&
	    bpf_ktime_get_boot_ns() - replicas_full_boot_ns < REPLICAS_FULL_NS)
		return NULL;
	bpf_map_update_elem(&replica_marks, &thread, &fresh_replica_marks, BPF_NOEXIST);
	of_thread = bpf_map_lookup_elem(&replica_marks, &thread);
	if (!of_thread)
		replicas_full_boot_ns = bpf_ktime_get_boot_ns();
	return of_thread;
}

/*
 * Does the replica at this position do the work? One that does not stand behind the last that ran
 * for this thread has met the next event. An event is missed only when three runs in a row are left
 * out: all of its own, or the last two of the event before and its own first. When the map has no
 * place for a thread's marks the first replica does it all.
 */
static __always_inline bool replica_is_first(enum hook_id hook, __u8 position)
{
	struct replica_marks *of_thread;
	bool is_first;

	if (!with_replicas)
		return true;
	of_thread = replica_marks_of_thread(position);
	if (!of_thread) {
		count_loss(LOST_REPLICAS_FULL, 1);
		return position == 1;
	}
	is_first = position <= of_thread->last[hook];
	of_thread->last[hook] = position;
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
