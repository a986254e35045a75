/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ticks that the ledger has not taken yet: kept in order and tried again with every tick, so that
 * a full disk or a locked file loses nothing for a while. Past the cap the oldest are given up
 * and their events counted as lost.
 */
#ifndef WAX_DAEMON_BACKLOG_H
#define WAX_DAEMON_BACKLOG_H

#include "ledger/ledger.h"
#include "model/snapshot.h"

#define BACKLOG_TICKS_CAP 120
#define BACKLOG_ROWS_CAP 200000 /* about 40 MB */

struct backlog {
	struct snapshot *ticks; /* oldest first */
	size_t count, rows;
	uint64_t lost; /* events in ticks that were given up */
};

/*
 * Writes what waits and then the tick. A tick that cannot be written is moved into the backlog
 * and the caller's is empty; otherwise it stays as it was. Returns 0 or the ledger's -errno.
 */
int backlog_write(struct backlog *backlog, struct ledger *ledger, struct snapshot *tick);
/* Gives up what still waits. */
void backlog_done(struct backlog *backlog);

#endif
