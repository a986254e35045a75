/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One second of a trace as the snapshot a daemon would have drained: records of one key become one
 * row, and who reads is classed as the sensors would.
 */
#ifndef WAX_CLI_REPLAY_WINDOW_H
#define WAX_CLI_REPLAY_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "cli/replay_readers.h"
#include "cli/trace.h"
#include "model/snapshot.h"

/* Needs no call but zero-initialisation. */
struct replay_window {
	struct snapshot snapshot;
	uint32_t *slots; /* hash table of row numbers + 1 */
	size_t n_slots, used;
	const struct replay_readers *readers; /* NULL: as the trace says */
};

void replay_window_done(struct replay_window *window);
/* Forgets the rows and begins the second that time_us lies in. */
void replay_window_begin(struct replay_window *window, int64_t time_us);
/* Forgets the rows and counts from 0 until the same second is over. */
void replay_window_go_on(struct replay_window *window, int64_t from_us, int64_t until_us);
void replay_window_add(struct replay_window *window, const struct trace_record *record);
/* The row that a record of a store was added to, while nothing else is added; else NULL. */
const struct store_row *replay_window_store(struct replay_window *window,
					    const struct trace_record *record);

#endif
