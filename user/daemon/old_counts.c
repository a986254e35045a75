/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the ledger knows from before the detectors' memory: it was lost, or never was. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "daemon/residents.h"
#include "ledger/known.h"

#define BATCH 256 /* rows; about a millisecond */

struct old_counts {
	struct ledger *ledger;
	struct ledger_place place;
	struct ledger_known rows[BATCH];
	size_t count, next;
};

static void *old_counts_open(const struct residents_scope *scope)
{
	struct old_counts *counts;

	if (!scope->ledger)
		return NULL;
	counts = xcalloc(1, sizeof(*counts));
	counts->ledger = scope->ledger;
	counts->place.since_us = scope->since_us;
	counts->place.until_us = scope->now_us;
	return counts;
}

static enum residents_step old_counts_read_on(struct old_counts *counts, char *problem)
{
	int r;

	ledger_known_done(counts->rows, counts->count);
	counts->next = counts->count = 0;
	if (counts->place.is_done)
		return RESIDENTS_END;
	r = ledger_read_known(counts->ledger, &counts->place, BATCH, counts->rows);
	if (r < 0) {
		snprintf(problem, RESIDENT_PROBLEM_BYTES, "cannot read the ledger: %s",
			 strerror(-r));
		return RESIDENTS_BROKEN;
	}
	counts->count = (size_t)r;
	return RESIDENTS_NONE;
}

static enum residents_step old_counts_step(void *state, struct resident *ret, char *problem)
{
	struct old_counts *counts = state;
	const struct ledger_known *row;

	if (counts->next == counts->count)
		return old_counts_read_on(counts, problem);
	row = &counts->rows[counts->next++];
	*ret = (struct resident){
		.account = row->account,
		.source = row->source,
		.first_us = row->first_us,
		.last_us = row->last_us,
	};
	return RESIDENTS_ONE;
}

static void old_counts_close(void *state)
{
	struct old_counts *counts = state;

	ledger_known_done(counts->rows, counts->count);
	free(counts);
}

const struct residents counted_residents = {
	.name = "ledger",
	.open = old_counts_open,
	.step = old_counts_step,
	.close = old_counts_close,
};
