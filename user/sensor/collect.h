/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the kernel's counts to the rows of a snapshot.
 *
 * One tick: turn the programs to the other set of counting maps, wait until none of them can
 * still hold the old one, then empty it. Deltas are exact, whatever happens meanwhile.
 */
#ifndef WAX_SENSOR_COLLECT_H
#define WAX_SENSOR_COLLECT_H

#include "sensor/kernel.h"
#include "sensor/watch.h"

struct collector {
	const struct kernel_maps *maps;
	const struct watch *watch;
	uint64_t entries[3];	     /* attempts, reads, stores: of the last tick */
	uint64_t verdicts_unmatched; /* found by the daemon, besides what the programs count */
	uint64_t requests_waiting;
};

/* Puts the overflow entries in place; call before the programs run. Returns 0 or -errno. */
int collector_prepare(const struct kernel_maps *maps);

int collector_collect(struct collector *collector, struct snapshot *snapshot);

/* A record of the ring buffer, as an event row. */
void collector_add_record(const struct collector *collector, const struct record *record,
			  struct snapshot *snapshot);

#endif
