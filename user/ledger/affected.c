/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document `affected`: the accounts that alerts name, with who got in and what left. */
#include <string.h>

#include "base/mem.h"
#include "ledger/query.h"
#include "model/account.h"

/* An alert whose reader is accepted still says nothing against its accounts; ?3 is now. */
#define UNANSWERED                                                                                 \
	" AND alerts.id NOT IN (SELECT alert FROM accepted"                                        \
	" WHERE revoked_us = 0 AND (until_us = 0 OR until_us > ?3))"

static int affected_strings(struct ledger *ledger, sqlite3_stmt *rows, json_t **ret_array)
{
	json_t *array = json_array();
	int r;

	while ((r = query_next(ledger, rows)) > 0)
		(void)json_array_append_new(array, json_string(query_text(rows, 0)));
	if (r < 0) {
		json_decref(array);
		return r;
	}
	*ret_array = array;
	return 0;
}

/* Those that succeeded or read; a source that only failed got nothing. */
static int affected_sources(struct ledger *ledger, int64_t account, json_t **ret_array)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r;

	r = query_open(ledger,
		       "SELECT sources.source FROM pairs JOIN sources ON sources.id = pairs.source"
		       " WHERE pairs.account = ?1 AND pairs.source <> 0"
		       " AND (pairs.successes > 0 OR messages > 0 OR mailbox_files > 0"
		       " OR bytes_sent > 0)"
		       " ORDER BY pairs.last_us DESC LIMIT ?2",
		       &rows, "ii", account, (int64_t)QUERY_DETAIL_ROWS);
	if (r < 0)
		return r;
	return affected_strings(ledger, rows, ret_array);
}

static int affected_alerts(struct ledger *ledger, const char *account,
			   const struct ledger_query *query, json_t **ret_array)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r;

	r = query_open(ledger,
		       "SELECT alerts.id FROM alert_accounts JOIN alerts"
		       " ON alerts.id = alert_accounts.alert WHERE alert_accounts.account = ?1"
		       " AND time_us >= ?2 AND (?4 IS NULL OR detector = ?4)" UNANSWERED
		       " ORDER BY alerts.id",
		       &rows, "tiit", account, query->since_us, query->now_us, query->detector);
	if (r < 0)
		return r;
	return affected_strings(ledger, rows, ret_array);
}

/* Columns: account, tenant, messages, mailbox_files, bytes_sent, first, last, id. */
static int affected_account(struct ledger *ledger, sqlite3_stmt *row,
			    const struct ledger_query *query, json_t **ret_object)
{
	static const char *const keys[] = {"account",	 "tenant", "messages", "mailbox_files",
					   "bytes_sent", "first",  "last"};
	const char *account = query_text(row, 0);
	json_t *sources, *alerts, *object;
	int r;

	r = affected_sources(ledger, sqlite3_column_int64(row, 7), &sources);
	if (r < 0)
		return r;
	r = affected_alerts(ledger, account, query, &alerts);
	if (r < 0) {
		json_decref(sources);
		return r;
	}
	object = query_object(row, "ttiiiuu", keys);
	if (sqlite3_column_type(row, 1) == SQLITE_NULL)
		(void)json_object_set_new(object, "tenant", json_string(account_tenant(account)));
	(void)json_object_set_new(object, "sources", sources);
	(void)json_object_set_new(object, "alerts", alerts);
	*ret_object = object;
	return 0;
}

static int affected_list(struct ledger *ledger, sqlite3_stmt *rows,
			 const struct ledger_query *query, json_t *array)
{
	json_t *object;
	int r;

	while ((r = query_next(ledger, rows)) > 0) {
		if (query->tenant &&
		    strcmp(account_tenant(query_text(rows, 0)), query->tenant) != 0)
			continue;
		r = affected_account(ledger, rows, query, &object);
		if (r < 0)
			return r;
		(void)json_array_append_new(array, object);
	}
	return r;
}

int ledger_query_affected(struct ledger *ledger, const struct ledger_query *query,
			  json_t **ret_json)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	json_t *array;
	int r;

	/* An account that was folded away since is still one to reset: its figures are null. */
	r = query_open(ledger,
		       "SELECT named.account, tenant, " QUERY_MESSAGES
		       ", mailbox_files, bytes_sent,"
		       " first_us, last_us, accounts.id FROM"
		       " (SELECT DISTINCT alert_accounts.account FROM alerts"
		       " JOIN alert_accounts ON alert_accounts.alert = alerts.id"
		       " WHERE time_us >= ?1 AND (?2 IS NULL OR detector = ?2)" UNANSWERED ") AS named"
		       " LEFT JOIN accounts ON accounts.account = named.account"
		       " ORDER BY named.account",
		       &rows, "iti", query->since_us, query->detector, query->now_us);
	if (r < 0)
		return r;
	array = json_array();
	r = affected_list(ledger, rows, query, array);
	if (r < 0) {
		json_decref(array);
		return r;
	}
	*ret_json = json_pack("{s:o}", "accounts", array);
	return 0;
}
