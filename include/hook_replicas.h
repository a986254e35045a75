/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which replicas of a hook ran, shared by programs and daemon: bpf/hooks/replica.bpf.h. */
#ifndef WAX_HOOK_REPLICAS_H
#define WAX_HOOK_REPLICAS_H

#include "abi.h"

#define REPLICA_HOOKS 32
/* They run one after the other for each event, in the order of their positions, from 1 on. */
#define HOOK_REPLICAS 3

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

/* Runs of all replicas, and the events they were for. When nothing is under way
 * (runs + skipped runs) / replicas - events is the number of events that no replica ran for. */
struct replica_totals {
	__u64 runs, events;
};

struct replica_marks {
	__u8 last[REPLICA_HOOKS]; /* by hook: the position of the replica that ran last */
	struct replica_totals totals;
};
static_assert(sizeof(struct replica_marks) == 48, "replica_marks");

#endif
