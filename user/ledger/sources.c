/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The documents `sources` and `source ADDRESS`. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/query.h"

/* connections and score belong to sensors and detectors that do not tell the ledger yet. */
#define SOURCE_COLUMNS                                                                             \
	"source, successes + failures + temporary + unanswered, successes, failures, unanswered,"  \
	" accounts, NULL, NULL, last_us"
#define SOURCE_TYPES "tiiiiiiiu"

static const char *const source_keys[] = {
	"source",   "attempts",	   "successes", "failures",  "unanswered",
	"accounts", "connections", "score",	"last_seen",
};

const char *const ledger_source_orders[] = {"failures", "accounts", "unanswered", NULL};

static const char *sources_column(const char *by)
{
	if (!by)
		return "failures";
	for (size_t i = 0; ledger_source_orders[i]; i++)
		if (strcmp(by, ledger_source_orders[i]) == 0)
			return ledger_source_orders[i];
	return NULL;
}

int ledger_query_sources(struct ledger *ledger, const struct ledger_query *query, json_t **ret_json)
{
	const char *column = sources_column(query->by);
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	_cleanup_free_ char *text = NULL;
	int64_t top = query->top ? query->top : LEDGER_DEFAULT_TOP;
	json_t *array;
	int r;

	if (!column)
		return -EINVAL;
	/* Row 0 stands for the unknown source of pairs. */
	text = query_ranking(SOURCE_COLUMNS, "sources", column, " AND id <> 0");
	r = query_open(ledger, text, &rows, "i", top);
	if (r == 0)
		r = query_array(ledger, rows, SOURCE_TYPES, source_keys, &array);
	if (r < 0)
		return r;
	*ret_json = query_document(ledger, "sources", array);
	return 0;
}

static int sources_find(struct ledger *ledger, const char *source, int64_t *ret_id,
			json_t **ret_object)
{
	_cleanup_statement_ sqlite3_stmt *row = NULL;
	int r;

	r = query_open(ledger,
		       "SELECT " SOURCE_COLUMNS ", id FROM sources WHERE source = ? AND id <> 0",
		       &row, "t", source);
	if (r == 0)
		r = query_next(ledger, row);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_id = sqlite3_column_int64(row, (int)ARRAY_LENGTH(source_keys));
	*ret_object = query_object(row, SOURCE_TYPES, source_keys);
	return 0;
}

static int sources_accounts(struct ledger *ledger, int64_t id, json_t **ret_array)
{
	static const char *const keys[] = {"account",	 "successes",  "failures", "messages",
					   "bytes_sent", "first_seen", "last_seen"};
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r;

	r = query_open(ledger,
		       "SELECT accounts.account, pairs.successes, pairs.failures, pairs.messages,"
		       " pairs.bytes_sent, pairs.first_us, pairs.last_us FROM pairs"
		       " JOIN accounts ON accounts.id = pairs.account WHERE pairs.source = ?1"
		       " ORDER BY pairs.successes DESC, pairs.failures DESC, pairs.id LIMIT ?2",
		       &rows, "ii", id, (int64_t)QUERY_DETAIL_ROWS);
	if (r < 0)
		return r;
	return query_array(ledger, rows, "tiiiiuu", keys, ret_array);
}

int ledger_query_source(struct ledger *ledger, const char *source, json_t **ret_json)
{
	json_t *object, *array;
	int64_t id;
	int r;

	r = sources_find(ledger, source, &id, &object);
	if (r < 0)
		return r;
	r = sources_accounts(ledger, id, &array);
	if (r < 0) {
		json_decref(object);
		return r;
	}
	(void)json_object_set_new(object, "by_account", array);
	*ret_json = object;
	return 0;
}
