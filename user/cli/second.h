/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One second of a trace as the snapshot a daemon would have drained: records of one key become one
 * row, and who reads is classed as the sensors would.
 */
#ifndef WAX_CLI_SECOND_H
#define WAX_CLI_SECOND_H

#include <stddef.h>
#include <stdint.h>

#include "cli/trace.h"
#include "model/snapshot.h"

/* Needs no call but zero-initialisation. */
struct second {
	struct snapshot snapshot;
	uint32_t *slots; /* hash table of row numbers + 1 */
	size_t n_slots, used;
};

void second_done(struct second *second);
/* Forgets the rows and begins the second that time_us lies in. */
void second_begin(struct second *second, int64_t time_us);
/* Forgets the rows and counts from 0 until the same second is over. */
void second_go_on(struct second *second, int64_t from_us, int64_t until_us);
void second_add(struct second *second, const struct trace_record *record);
/* The row that a record of a store was added to, while nothing else is added; else NULL. */
const struct store_row *second_store(struct second *second, const struct trace_record *record);

#endif
