/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only failed goes first, then what is unchanged for longest: names and addresses that anybody
 * can invent take nothing away of who opened what.
 *
 * Accounts, sources and tenants are folded into one "(older)" row, so that sums stay exact;
 * details are deleted. Every row that goes is counted. An account or a source goes only after its
 * pairs, a few at a time, so one with a million pairs costs no tick more than its budget.
 */
#include <errno.h>

#include "base/mem.h"
#include "ledger/evict.h"
#include "ledger/hours.h"
#include "ledger/intervals.h"

struct eviction {
	const char *table;
	enum statement first, oldest, pair, fold, delete;
	uint64_t cap; /* 0: the ledger's */
	int (*one)(struct ledger *ledger); /* instead of the statements */
};

/* Lists that are always shown whole. */
#define SHORT_TABLE 10000

/* The rows of the alerts' accounts that are gone since there were so many. */
static int evict_count_accounts(struct ledger *ledger, uint64_t before)
{
	uint64_t after;
	int r = handle_rows(ledger, "alert_accounts", &after);

	if (r < 0 || after >= before)
		return r;
	return handle_run(ledger, STATEMENT_COUNT_EVICTED, NULL, "i", (int64_t)(before - after));
}

/* The least grave, those that are over first, and of these the oldest: a flood of notices, which a
 * stranger can raise, costs no critical alert. One that is active is written again when it changes. */
static int evict_alert(struct ledger *ledger)
{
	uint64_t before;
	int64_t alert;
	int r = -ENOENT;

	for (int i = 0; i < 2 * SEVERITY_MAX - 1 && r == -ENOENT; i++)
		r = handle_run(ledger, STATEMENT_ALERT_OLDEST, &alert, "it", (int64_t)(i % 2),
			       severity_to_string(i / 2));
	if (r == 0)
		r = handle_rows(ledger, "alert_accounts", &before);
	if (r == 0)
		r = handle_run(ledger, STATEMENT_ALERT_DELETE, NULL, "i", alert);
	return r < 0 ? r : evict_count_accounts(ledger, before);
}

static int evict_accounts_of(struct ledger *ledger, enum severity severity, bool active)
{
	uint64_t before;
	int64_t alert;
	int r = handle_run(ledger, STATEMENT_ALERT_WITH_ACCOUNTS, &alert, "it", (int64_t)active,
			   severity_to_string(severity));

	if (r == 0)
		r = handle_rows(ledger, "alert_accounts", &before);
	if (r == 0)
		r = handle_run(ledger, STATEMENT_ALERT_FORGET_ACCOUNTS, NULL, "i", alert);
	return r < 0 ? r : evict_count_accounts(ledger, before);
}

static int evict_accounts_below(struct ledger *ledger, int severity)
{
	int r = -ENOENT;

	for (int less = 0; less <= severity && less < SEVERITY_MAX && r == -ENOENT; less++) {
		r = evict_accounts_of(ledger, less, /* active= */ false);
		if (r == -ENOENT && less < severity)
			r = evict_accounts_of(ledger, less, /* active= */ true);
	}
	return r;
}

int evict_alert_accounts(struct ledger *ledger, enum severity severity)
{
	return evict_accounts_below(ledger, severity);
}

static int evict_any_alert_accounts(struct ledger *ledger)
{
	return evict_accounts_below(ledger, SEVERITY_MAX);
}

static const struct eviction evictions[] = {
	{"pairs", STATEMENT_PAIR_FAILED, STATEMENT_PAIR_OLDEST, STATEMENT_NONE, STATEMENT_NONE,
	 STATEMENT_PAIR_DELETE, 0, NULL},
	{"accounts", STATEMENT_ACCOUNT_FAILED, STATEMENT_ACCOUNT_OLDEST, STATEMENT_ACCOUNT_PAIR,
	 STATEMENT_ACCOUNT_FOLD, STATEMENT_ACCOUNT_DELETE, 0, NULL},
	{"sources", STATEMENT_SOURCE_FAILED, STATEMENT_SOURCE_OLDEST, STATEMENT_SOURCE_PAIR,
	 STATEMENT_SOURCE_FOLD, STATEMENT_SOURCE_DELETE, 0, NULL},
	{"tenants", STATEMENT_TENANT_FAILED, STATEMENT_TENANT_OLDEST, STATEMENT_NONE,
	 STATEMENT_TENANT_FOLD, STATEMENT_TENANT_DELETE, SHORT_TABLE, NULL},
	{"logins", STATEMENT_LOGIN_FAILED, STATEMENT_LOGIN_OLDEST, STATEMENT_NONE, STATEMENT_NONE,
	 STATEMENT_LOGIN_DELETE, 0, NULL},
	{"readers", STATEMENT_NONE, STATEMENT_READER_OLDEST, STATEMENT_NONE, STATEMENT_NONE,
	 STATEMENT_READER_DELETE, 0, NULL},
	{"stores", STATEMENT_NONE, STATEMENT_STORE_OLDEST, STATEMENT_NONE, STATEMENT_NONE,
	 STATEMENT_STORE_DELETE, SHORT_TABLE, NULL},
	{.table = "alerts", .one = evict_alert, .cap = SHORT_TABLE},
	{.table = "alert_accounts", .one = evict_any_alert_accounts},
};

/* Takes one row away: a pair of the oldest row as long as it has one, then the row itself.
 * -ENOENT when there is none to take. */
static int evict_one(struct ledger *ledger, const struct eviction *eviction)
{
	int64_t oldest, pair;
	int r;

	if (eviction->one)
		return eviction->one(ledger);
	r = eviction->first == STATEMENT_NONE ? -ENOENT
					      : handle_run(ledger, eviction->first, &oldest, "");
	if (r == -ENOENT)
		r = handle_run(ledger, eviction->oldest, &oldest, "");
	if (r < 0)
		return r;
	if (eviction->pair != STATEMENT_NONE) {
		r = handle_run(ledger, eviction->pair, &pair, "i", oldest);
		if (r == 0)
			return handle_run(ledger, STATEMENT_PAIR_DELETE, NULL, "i", pair);
		if (r != -ENOENT)
			return r;
	}
	if (eviction->fold != STATEMENT_NONE) {
		r = handle_run(ledger, eviction->fold, NULL, "i", oldest);
		if (r < 0)
			return r;
	}
	return handle_run(ledger, eviction->delete, NULL, "i", oldest);
}

static int evict_from(struct ledger *ledger, const struct eviction *eviction, uint64_t *budget,
		      int64_t *evicted)
{
	uint64_t cap = eviction->cap && eviction->cap < ledger->max_rows ? eviction->cap
									 : ledger->max_rows;
	uint64_t rows;
	int r;

	while (*budget > 0) {
		r = handle_rows(ledger, eviction->table, &rows);
		if (r < 0)
			return r;
		if (rows <= cap)
			return 0;
		r = evict_one(ledger, eviction);
		if (r == -ENOENT)
			return 0;
		if (r < 0)
			return r;
		(*budget)--;
		(*evicted)++;
	}
	return 0;
}

int evict_rows(struct ledger *ledger, int64_t now_us, uint64_t budget)
{
	int64_t evicted = 0;
	int r = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(evictions) && r == 0; i++)
		r = evict_from(ledger, &evictions[i], &budget, &evicted);
	if (r == 0)
		r = hours_evict(ledger, now_us, &budget, &evicted);
	if (r == 0)
		r = intervals_evict(ledger, now_us, &budget, &evicted);
	if (r < 0 || evicted == 0)
		return r;
	return handle_run(ledger, STATEMENT_COUNT_EVICTED, NULL, "i", evicted);
}
