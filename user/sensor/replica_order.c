/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel promises no order. Today a tracepoint runs its programs in the order of attachment and
 * a trampoline in the reverse, and bpf/hooks/hooks.bpf.c numbers the positions by that.
 */
#include "sensor/replica_order.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "hook_replicas.h"

/* A replica is left out now and then. In the right order the last one is seen soon. */
#define TRIES 64

static bool replica_ran_last(const struct kernel_maps *maps, uint32_t thread, enum hook_id hook)
{
	struct replica_marks marks;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	/* no marks: the map is full, and only the first replica works */
	return bpf_map_lookup_elem(maps->replica_marks, &thread, &marks) < 0 ||
	       marks.last[hook] == HOOK_REPLICAS;
}

static int replica_order_check_hook(const struct kernel_maps *maps, enum hook_id hook)
{
	uint32_t thread = gettid();

	for (int i = 0; i < TRIES; i++)
		if (replica_ran_last(maps, thread, hook))
			return 0;
	return -ENOTSUP;
}

int replica_order_check(const struct kernel_maps *maps, const struct load_plan *plan)
{
	int r = 0;

	if (plan->files == HOOK_FUNCTION)
		r = replica_order_check_hook(maps, HOOK_FILE_OPEN);
	if (r == 0 && (plan->files == HOOK_SYSCALL || plan->auth == HOOK_SYSCALL))
		r = replica_order_check_hook(maps, HOOK_SYS_EXIT);
	return r;
}
