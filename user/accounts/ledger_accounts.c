/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the ledger knows from before the detectors' memory: it was lost, or never was. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "accounts/account_source.h"
#include "ledger/known.h"

#define BATCH 256 /* rows; about a millisecond */

struct ledger_accounts {
	struct ledger *ledger;
	struct ledger_place place;
	struct ledger_known rows[BATCH];
	size_t count, next;
};

static void *ledger_accounts_open(const struct account_source_settings *scope)
{
	struct ledger_accounts *counts;

	if (!scope->ledger)
		return NULL;
	counts = xcalloc(1, sizeof(*counts));
	counts->ledger = scope->ledger;
	counts->place.since_us = scope->since_us;
	counts->place.until_us = scope->now_us;
	return counts;
}

static enum account_source_step ledger_accounts_read_on(struct ledger_accounts *counts, char *problem)
{
	int r;

	ledger_known_done(counts->rows, counts->count);
	counts->next = counts->count = 0;
	if (counts->place.is_done)
		return ACCOUNT_SOURCE_END;
	r = ledger_read_known(counts->ledger, &counts->place, BATCH, counts->rows);
	if (r < 0) {
		snprintf(problem, RESIDENT_PROBLEM_BYTES, "cannot read the ledger: %s",
			 strerror(-r));
		return ACCOUNT_SOURCE_BROKEN;
	}
	counts->count = (size_t)r;
	return ACCOUNT_SOURCE_NONE;
}

static enum account_source_step ledger_accounts_step(void *state, struct found_account *ret, char *problem)
{
	struct ledger_accounts *counts = state;
	const struct ledger_known *row;

	if (counts->next == counts->count)
		return ledger_accounts_read_on(counts, problem);
	row = &counts->rows[counts->next++];
	*ret = (struct found_account){
		.account = row->account,
		.source = row->source,
		.first_us = row->first_us,
		.last_us = row->last_us,
	};
	return ACCOUNT_SOURCE_ONE;
}

static void ledger_accounts_close(void *state)
{
	struct ledger_accounts *counts = state;

	ledger_known_done(counts->rows, counts->count);
	free(counts);
}

const struct account_source ledger_account_source = {
	.name = "ledger",
	.open = ledger_accounts_open,
	.step = ledger_accounts_step,
	.close = ledger_accounts_close,
};
