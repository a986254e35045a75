/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the kernel's counts to the rows of a snapshot.
 *
 * One tick: turn the programs to the other set of counting maps, wait until none of them can
 * still hold the old one, read it, and empty it when the rows are written down. A daemon that is
 * killed anywhere in between leaves a set that is read again, or one that was counted already.
 */
#ifndef WAX_SENSOR_COLLECT_H
#define WAX_SENSOR_COLLECT_H

#include "model/known_readers.h"
#include "sensor/kernel.h"
#include "sensor/owners.h"
#include "sensor/programs.h"
#include "sensor/scripts.h"
#include "sensor/units.h"
#include "sensor/watch.h"

struct collector {
	const struct kernel_maps *maps;
	struct watch *watch;
	struct programs *programs;
	const struct units *units;
	struct owners *owners;
	struct scripts *scripts;
	struct known_readers listed;		/* by unit, script or user */
	const struct known_readers *accepted; /* may be NULL */
	const struct watch_entries *mail_ports;
	uint64_t entries[4]; /* attempts, reads, stores, client connections: of the last tick */
	int expire_request, expire_verdict, drop_login; /* programs */
	uint64_t instance;	      /* of the maps: their counts have one ledger */
	bool is_pending;	      /* a set was turned away from and is not released yet */
	uint64_t pending_epoch;
	uint64_t requests_waiting;
};

/* Puts the overflow entries in place; call before the programs run. Returns 0 or -errno. */
int collector_prepare(const struct kernel_maps *maps);

/* Appends what the programs counted since the last release; asked again before that, the same. */
int collector_collect(struct collector *collector, struct snapshot *snapshot);
/* The rows of the last collect are safe: their entries leave the kernel. */
int collector_release(struct collector *collector);

/* Goes on where an earlier daemon ended: with what it turned away from and did not commit. epoch:
 * the programs' now; committed: how many epochs the ledger has. */
int collector_resume(struct collector *collector, uint64_t epoch, uint64_t committed);

/* A record of the ring buffer, as an event row. */
void collector_add_record(const struct collector *collector, const struct record *record,
			  struct snapshot *snapshot);

#endif
