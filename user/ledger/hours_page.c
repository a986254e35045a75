/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The document of the rows by hour, a page at a time: so many rows are looked at, so many are
 * given, and `next` says where to go on. No question keeps the daemon from its tick for long.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/time.h"
#include "ledger/query.h"
#include "model/account.h"

#define PAGE_ROWS 1000
#define PAGE_SCANNED 20000

/* The key of the row before, in the order of the pages. */
struct place {
	int64_t hour, account, source, access_path;
};

enum column {
	COLUMN_ACCOUNT = 1,
	COLUMN_ACTOR = 5,
	COLUMN_UID = 6,
	COLUMN_FIRST = 18,
	COLUMN_LAST = 19,
	COLUMN_KEYS = 20,
};

#define PAGE_SELECT                                                                                \
	"SELECT hour * 3600000000, accounts.name, NULL, sources.name, service, actor, uid,"        \
	" nullif(login_uid, -1), unit, master, class, successes, failures, " QUERY_MESSAGES        \
	", mailbox_files, scanned, bytes_read, bytes_sent, first_us, last_us,"                     \
	" hour, account, source, access_path FROM hours"                                           \
	" LEFT JOIN names AS accounts ON accounts.id = account"                                    \
	" LEFT JOIN names AS sources ON sources.id = source"                                       \
	" LEFT JOIN access_paths ON access_paths.id = access_path WHERE "
#define PAGE_ORDER " AND hour <= ?5 ORDER BY hour, account, source, access_path"

static int page_parse_place(const char *after, struct place *ret)
{
	_cleanup_free_ char *copy = xstrdup(after);
	char *rest = copy;
	uint64_t part[4];

	for (size_t i = 0; i < ARRAY_LENGTH(part); i++) {
		char *word = strsep(&rest, "-");

		if (!word || parse_u64(word, 0, INT64_MAX, &part[i]) < 0)
			return -EINVAL;
	}
	if (rest)
		return -EINVAL;
	*ret = (struct place){(int64_t)part[0], (int64_t)part[1], (int64_t)part[2],
			      (int64_t)part[3]};
	return 0;
}

static int page_number(struct ledger *ledger, const char *text, const char *name, int64_t *ret)
{
	_cleanup_statement_ sqlite3_stmt *row = NULL;
	int r = query_open(ledger, text, &row, name ? "t" : "", name);

	if (r == 0)
		r = query_next(ledger, row);
	if (r > 0)
		*ret = sqlite3_column_int64(row, 0);
	return r < 0 ? r : r > 0 ? 0 : -ENOENT;
}

/* A row lies in the hour of its last event; of those that began earlier the longest decides how far
 * behind the end others may lie. */
static int page_last_hour(struct ledger *ledger, int64_t until_us, int64_t *ret_hour)
{
	int64_t early = 0;
	int r = page_number(ledger,
			    "SELECT max(hour - first_us / 3600000000) FROM hours"
			    " WHERE first_us < hour * 3600000000",
			    NULL, &early);

	*ret_hour = (until_us - 1) / US_PER_HOUR + early;
	return r;
}

/* -ENOENT: the account has no row. */
static int page_open(struct ledger *ledger, const struct ledger_query *query, int64_t last_hour,
		     sqlite3_stmt **ret)
{
	struct place place = {.hour = query->since_us / US_PER_HOUR - 1, .account = INT64_MAX};
	int64_t account;
	int r = query->after ? page_parse_place(query->after, &place) : 0;

	if (r == 0 && query->account)
		r = page_number(ledger, "SELECT id FROM names WHERE name = ?", query->account,
				&account);
	if (r < 0)
		return r;
	if (!query->account)
		return query_open(
			ledger,
			PAGE_SELECT
			"(hour, account, source, access_path) > (?1, ?2, ?3, ?4)" PAGE_ORDER,
			ret, "iiiii", place.hour, place.account, place.source, place.access_path,
			last_hour);
	if (place.account == INT64_MAX)
		place.source = INT64_MAX;
	return query_open(ledger,
			  PAGE_SELECT
			  "account = ?2 AND (hour, source, access_path) > (?1, ?3, ?4)" PAGE_ORDER,
			  ret, "iiiii", place.hour, account, place.source, place.access_path,
			  last_hour);
}

static bool page_wants(const struct ledger_query *query, sqlite3_stmt *row, int64_t until_us)
{
	return sqlite3_column_int64(row, COLUMN_LAST) >= query->since_us &&
	       sqlite3_column_int64(row, COLUMN_FIRST) < until_us &&
	       (!query->actor || strcmp(query_text(row, COLUMN_ACTOR), query->actor) == 0);
}

static json_t *page_row(sqlite3_stmt *row)
{
	static const char *const keys[] = {
		"hour",	   "account",	 "tenant",     "source",   "service",
		"actor",   "uid",	 "login_uid",  "unit",	   "master",
		"class",   "successes",	 "failures",   "messages", "mailbox_files",
		"scanned", "bytes_read", "bytes_sent", "first",	   "last",
	};
	json_t *object = query_object(row, "utnnnniinnniiiiiiiuu", keys);

	(void)json_object_set_new(object, "tenant",
				  json_string(account_tenant(query_text(row, COLUMN_ACCOUNT))));
	if (sqlite3_column_int64(row, COLUMN_UID) < 0)
		(void)json_object_set_new(object, "uid", json_null());
	return object;
}

/* At a limit: `next` and `cut`, if there is more. */
static int page_cut(struct ledger *ledger, sqlite3_stmt *row, json_t *document)
{
	_cleanup_free_ char *next =
		xasprintf("%lld-%lld-%lld-%lld", (long long)sqlite3_column_int64(row, COLUMN_KEYS),
			  (long long)sqlite3_column_int64(row, COLUMN_KEYS + 1),
			  (long long)sqlite3_column_int64(row, COLUMN_KEYS + 2),
			  (long long)sqlite3_column_int64(row, COLUMN_KEYS + 3));
	int r = query_next(ledger, row);

	if (r <= 0)
		return r;
	(void)json_object_set_new(document, "next", json_string(next));
	(void)json_object_set_new(document, "cut", json_true());
	return 0;
}

static int page_fill(struct ledger *ledger, const struct ledger_query *query, int64_t until_us,
		     sqlite3_stmt *found, json_t *document)
{
	json_t *rows = json_object_get(document, "rows");
	size_t top = query->top && query->top < PAGE_ROWS ? query->top : PAGE_ROWS, scanned = 0;
	int r;

	while ((r = query_next(ledger, found)) > 0) {
		if (page_wants(query, found, until_us))
			(void)json_array_append_new(rows, page_row(found));
		if (++scanned == PAGE_SCANNED || json_array_size(rows) == top)
			return page_cut(ledger, found, document);
	}
	return r;
}

/* since is what can be answered for, not what was asked. */
static int page_head(struct ledger *ledger, const struct ledger_query *query, int64_t until_us,
		     json_t **ret)
{
	int64_t hours_us, failures_us, folded;
	int r = page_number(ledger, "SELECT hours_from_us FROM state", NULL, &hours_us);

	if (r == 0)
		r = page_number(ledger, "SELECT failures_from_us FROM state", NULL, &failures_us);
	if (r == 0)
		r = page_number(ledger, "SELECT hours_folded FROM state", NULL, &folded);
	if (r < 0)
		return r;
	if (failures_us < hours_us)
		failures_us = hours_us;
	*ret = json_pack("{s:o, s:o, s:o, s:o, s:I, s:b, s:n, s:[]}", "since",
			 query_time(query->since_us ? query->since_us : hours_us), "until",
			 query_time(until_us), "complete_since", query_time(hours_us),
			 "failures_complete_since", query_time(failures_us), "folded",
			 (json_int_t)folded, "cut", 0, "next", "rows");
	return 0;
}

int ledger_query_hours(struct ledger *ledger, const struct ledger_query *query, json_t **ret_json)
{
	_cleanup_statement_ sqlite3_stmt *found = NULL;
	int64_t until_us = query->until_us ? query->until_us : query->now_us, last_hour;
	json_t *document;
	int r;

	r = page_head(ledger, query, until_us, &document);
	if (r < 0)
		return r;
	r = page_last_hour(ledger, until_us, &last_hour);
	if (r == 0)
		r = page_open(ledger, query, last_hour, &found);
	if (r == 0)
		r = page_fill(ledger, query, until_us, found, document);
	if (r < 0 && r != -ENOENT) {
		json_decref(document);
		return r;
	}
	*ret_json = document;
	return 0;
}
