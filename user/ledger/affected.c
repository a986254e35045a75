/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The document `affected`: for each account that alerts name what happened to it, when, and why that
 * is said; who got in and what left. A page at a time, in the order of the names: so many rows are
 * looked at, so many accounts are given, and `next` says where to go on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/harm_reason.h"
#include "ledger/query.h"
#include "model/account.h"

#define PAGE_ACCOUNTS 1000
#define PAGE_SCANNED 20000
#define SOURCES 1000 /* of one account */

/* An alert whose reader is accepted still says nothing against its accounts; ?3 is now. */
#define UNANSWERED                                                                                 \
	" AND NOT EXISTS (SELECT 1 FROM accepted WHERE accepted.alert = alerts.id"                 \
	" AND revoked_us = 0 AND (until_us = 0 OR until_us > ?3))"

/* Along an index, which has all of its columns. */
static const char named_text[] =
	"SELECT account, harm, last_us FROM alert_accounts WHERE account > ?1"
	" ORDER BY account, harm, last_us";

/* What is known of an account from alerts, the worst first. The evidence of alerts about tenants is
 * large and says nothing of one account. */
static const char alerts_text[] =
	"SELECT alerts.id, named.harm, named.first_us, named.last_us, detector, subject,"
	" iif(subject_kind = 'tenant' OR detector = 'dormant_hits', NULL, evidence)"
	" FROM alert_accounts AS named CROSS JOIN alerts ON alerts.id = named.alert"
	" WHERE named.account = ?1 AND named.last_us >= ?2 AND (?4 IS NULL OR detector = ?4)" UNANSWERED
	" ORDER BY named.harm DESC, named.last_us DESC";

/* An account that was folded away since is still one to reset: its figures are null. */
static const char account_text[] =
	"SELECT tenant, " QUERY_MESSAGES ", mailbox_files, bytes_sent, first_us, last_us, id"
	" FROM accounts WHERE account = ?1";

/* Those that succeeded or read; a source that only failed got nothing. */
static const char sources_text[] =
	"SELECT sources.source FROM pairs JOIN sources ON sources.id = pairs.source"
	" WHERE pairs.account = ?1 AND pairs.source <> 0"
	" AND (pairs.successes > 0 OR pairs.messages > 0 OR pairs.mailbox_files > 0"
	" OR pairs.bytes_sent > 0) ORDER BY pairs.last_us DESC LIMIT ?2";

enum { NAMED, ALERTS, ACCOUNT, OPENED_BY, QUESTIONS };

struct affected_page {
	struct ledger *ledger;
	const struct ledger_query *query;
	sqlite3_stmt *questions[QUESTIONS];
	json_t *accounts;
	size_t top, scanned;
};

static int affected_least(const struct ledger_query *query)
{
	if (query->with_nonexistent)
		return HARM_NONEXISTENT;
	return query->with_tried ? HARM_TRIED : HARM_READ;
}

static int affected_prepare(struct affected_page *page)
{
	static const char *const texts[] = {named_text, alerts_text, account_text, sources_text};
	int r = 0;

	for (size_t i = 0; i < QUESTIONS && r == 0; i++)
		r = query_open(page->ledger, texts[i], &page->questions[i], "");
	return r;
}

static void affected_done(struct affected_page *page)
{
	for (size_t i = 0; i < QUESTIONS; i++)
		(void)sqlite3_finalize(page->questions[i]);
	json_decref(page->accounts);
}

static int affected_add_sources(struct affected_page *page, int64_t account, json_t *object)
{
	sqlite3_stmt *rows = page->questions[OPENED_BY];
	json_t *array = json_object_get(object, "sources");
	int r = query_again(page->ledger, rows, "ii", account, (int64_t)SOURCES);

	while (r >= 0 && (r = query_next(page->ledger, rows)) > 0) {
		(void)json_array_append_new(array, json_string(query_text(rows, 0)));
		page->scanned++;
	}
	return r;
}

static int affected_add_figures(struct affected_page *page, const char *account, json_t *object)
{
	static const char *const keys[] = {"messages", "mailbox_files", "bytes_sent", "first",
					   "last"};
	sqlite3_stmt *row = page->questions[ACCOUNT];
	json_t *figures;
	int r = query_again(page->ledger, row, "t", account);

	if (r == 0)
		r = query_next(page->ledger, row);
	if (r <= 0)
		return r;
	figures = query_object_from(row, 1, "iiiuu", keys);
	(void)json_object_update(object, figures);
	json_decref(figures);
	return affected_add_sources(page, sqlite3_column_int64(row, 6), object);
}

static json_t *affected_object(const char *account, sqlite3_stmt *worst)
{
	const enum account_harm harm = (enum account_harm)sqlite3_column_int(worst, 1);
	_cleanup_free_ char *reason = harm_reason(harm, query_text(worst, 4), query_text(worst, 5),
						  (const char *)sqlite3_column_text(worst, 6));

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:s, s:[], s:n, s:n, s:n, s:n, s:n, s:[]}",
			 "account", account, "tenant", account_tenant(account), "happened",
			 account_harm_to_string(harm), "time",
			 query_time(sqlite3_column_int64(worst, 2)), "last_time",
			 query_time(sqlite3_column_int64(worst, 3)), "reset", harm == HARM_OPENED,
			 "reason", reason, "sources", "messages", "mailbox_files", "bytes_sent",
			 "first", "last", "alerts");
}

static int affected_compare(const void *one, const void *other)
{
	return strcmp(json_string_value(*(json_t *const *)one),
		      json_string_value(*(json_t *const *)other));
}

static void affected_sort_alerts(json_t *alerts)
{
	size_t count = json_array_size(alerts);
	_cleanup_free_ json_t **items = xcalloc(count + 1, sizeof(*items));

	for (size_t i = 0; i < count; i++)
		items[i] = json_incref(json_array_get(alerts, i));
	qsort(items, count, sizeof(json_t *), affected_compare);
	for (size_t i = 0; i < count; i++)
		(void)json_array_set_new(alerts, i, items[i]);
}

/* The worst that happened in the time asked for; ret_object stays NULL when that is less than what is
 * wanted. The first and last time are those of the worst. */
static int affected_ask_alerts(struct affected_page *page, const char *account, json_t **ret_object)
{
	const struct ledger_query *query = page->query;
	sqlite3_stmt *rows = page->questions[ALERTS];
	int64_t first_us = INT64_MAX;
	json_t *object = NULL;
	int worst = HARM_INVALID;
	int r = query_again(page->ledger, rows, "tiit", account, query->since_us, query->now_us,
			    query->detector);

	while (r >= 0 && (r = query_next(page->ledger, rows)) > 0) {
		int harm = sqlite3_column_int(rows, 1);

		if (!object && (harm < affected_least(query) || harm >= HARM_MAX))
			return 0;
		if (!object) {
			object = affected_object(account, rows);
			worst = harm;
		}
		if (harm == worst && sqlite3_column_int64(rows, 2) < first_us)
			first_us = sqlite3_column_int64(rows, 2);
		(void)json_array_append_new(json_object_get(object, "alerts"),
					    json_string(query_text(rows, 0)));
	}
	if (r < 0 || !object) {
		json_decref(object);
		return r;
	}
	(void)json_object_set_new(object, "time", query_time(first_us));
	affected_sort_alerts(json_object_get(object, "alerts"));
	*ret_object = object;
	return 0;
}

static int affected_add_account(struct affected_page *page, const char *account)
{
	json_t *object = NULL;
	int r;

	if (page->query->tenant && strcmp(account_tenant(account), page->query->tenant) != 0)
		return 0;
	r = affected_ask_alerts(page, account, &object);
	if (r == 0 && object)
		r = affected_add_figures(page, account, object);
	if (r < 0)
		json_decref(object);
	else if (object)
		(void)json_array_append_new(page->accounts, object);
	return r;
}

/* What the index alone says: is a look at its alerts worth it? */
static bool affected_may_be_wanted(const struct affected_page *page, sqlite3_stmt *row)
{
	return sqlite3_column_int(row, 1) >= affected_least(page->query) &&
	       sqlite3_column_int64(row, 2) >= page->query->since_us;
}

/* ret_next: the last account that was looked at, when there are more. */
static int affected_fill(struct affected_page *page, char **ret_next)
{
	sqlite3_stmt *rows = page->questions[NAMED];
	_cleanup_free_ char *account = NULL;
	bool is_wanted = false;
	int r = query_again(page->ledger, rows, "t", page->query->after ? page->query->after : "");

	while (r >= 0 && (r = query_next(page->ledger, rows)) > 0) {
		if (account && strcmp(account, query_text(rows, 0)) != 0) {
			if (is_wanted)
				r = affected_add_account(page, account);
			if (r < 0)
				return r;
			if (page->scanned >= PAGE_SCANNED ||
			    json_array_size(page->accounts) == page->top) {
				*ret_next = take_ptr(account);
				return 0;
			}
			free(take_ptr(account));
			is_wanted = false;
		}
		if (!account)
			account = xstrdup(query_text(rows, 0));
		is_wanted |= affected_may_be_wanted(page, rows);
		page->scanned++;
	}
	return r == 0 && is_wanted ? affected_add_account(page, account) : r;
}

int ledger_query_affected(struct ledger *ledger, const struct ledger_query *query,
			  json_t **ret_json)
{
	_cleanup_(affected_done) struct affected_page page = {
		.ledger = ledger,
		.query = query,
		.accounts = json_array(),
		.top = query->top && query->top < PAGE_ACCOUNTS ? query->top : PAGE_ACCOUNTS,
	};
	_cleanup_free_ char *next = NULL;
	int r = affected_prepare(&page);

	if (r == 0)
		r = affected_fill(&page, &next);
	if (r < 0)
		return r;
	*ret_json = json_pack("{s:O, s:o}", "accounts", page.accounts, "next",
			      next ? json_string(next) : json_null());
	return 0;
}
