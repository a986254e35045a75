/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accounts that the ledger knows from before the detectors' history began. */
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
	struct ledger_accounts *accounts;

	if (!scope->ledger)
		return NULL;
	accounts = xcalloc(1, sizeof(*accounts));
	accounts->ledger = scope->ledger;
	accounts->place.since_us = scope->since_us;
	accounts->place.until_us = scope->now_us;
	return accounts;
}

static enum account_source_step ledger_accounts_read_on(struct ledger_accounts *accounts, char *problem)
{
	int r;

	ledger_known_done(accounts->rows, accounts->count);
	accounts->next = accounts->count = 0;
	if (accounts->place.is_done)
		return ACCOUNT_SOURCE_END;
	r = ledger_read_known(accounts->ledger, &accounts->place, BATCH, accounts->rows);
	if (r < 0) {
		snprintf(problem, ACCOUNT_SOURCE_PROBLEM_BYTES, "cannot read the ledger: %s",
			 strerror(-r));
		return ACCOUNT_SOURCE_BROKEN;
	}
	accounts->count = (size_t)r;
	return ACCOUNT_SOURCE_NONE;
}

static enum account_source_step ledger_accounts_step(void *state, struct found_account *ret, char *problem)
{
	struct ledger_accounts *accounts = state;
	const struct ledger_known *row;

	if (accounts->next == accounts->count)
		return ledger_accounts_read_on(accounts, problem);
	row = &accounts->rows[accounts->next++];
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
	struct ledger_accounts *accounts = state;

	ledger_known_done(accounts->rows, accounts->count);
	free(accounts);
}

const struct account_source ledger_account_source = {
	.name = "ledger",
	.open = ledger_accounts_open,
	.step = ledger_accounts_step,
	.close = ledger_accounts_close,
};
