/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The documents `accounts` and `account NAME`. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/query.h"

#define ACCOUNT_COLUMNS                                                                            \
	"account, tenant, successes, failures, temporary, messages, bytes_sent, sources, last_us"
#define ACCOUNT_TYPES "ttiiiiiiu"

static const char *const account_keys[] = {
	"account",  "tenant",	  "successes", "failures",  "temporary",
	"messages", "bytes_sent", "sources",   "last_seen",
};

const char *const ledger_account_orders[] = {"failures", "successes", "messages", "bytes", NULL};

static const char *accounts_column(const char *by)
{
	if (!by)
		return "failures";
	for (size_t i = 0; ledger_account_orders[i]; i++)
		if (strcmp(by, ledger_account_orders[i]) == 0)
			return strcmp(by, "bytes") == 0 ? "bytes_sent" : ledger_account_orders[i];
	return NULL;
}

int ledger_query_accounts(struct ledger *ledger, const struct ledger_query *query,
			  json_t **ret_json)
{
	const char *column = accounts_column(query->by);
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	_cleanup_free_ char *text = NULL;
	int64_t top = query->top ? query->top : LEDGER_DEFAULT_TOP;
	json_t *array;
	int r;

	if (!column)
		return -EINVAL;
	text = query_ranking(ACCOUNT_COLUMNS, "accounts", column,
			     query->tenant ? " AND tenant = ?2" : "");
	r = query_open(ledger, text, &rows, query->tenant ? "it" : "i", top, query->tenant);
	if (r == 0)
		r = query_array(ledger, rows, ACCOUNT_TYPES, account_keys, &array);
	if (r < 0)
		return r;
	*ret_json = query_document(ledger, "accounts", array);
	return 0;
}

static int accounts_find(struct ledger *ledger, const char *account, int64_t *ret_id,
			 json_t **ret_object)
{
	_cleanup_statement_ sqlite3_stmt *row = NULL;
	int r;

	r = query_open(ledger, "SELECT " ACCOUNT_COLUMNS ", id FROM accounts WHERE account = ?",
		       &row, "t", account);
	if (r == 0)
		r = query_next(ledger, row);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_id = sqlite3_column_int64(row, (int)ARRAY_LENGTH(account_keys));
	*ret_object = query_object(row, ACCOUNT_TYPES, account_keys);
	return 0;
}

struct detail {
	const char *name, *text, *types;
	const char *keys[8];
};

static const struct detail account_details[] = {
	{"by_service",
	 "SELECT service, mechanism, transport, successes, failures FROM logins"
	 " WHERE account = ?1 ORDER BY successes + failures DESC, id LIMIT ?2",
	 "tttii",
	 {"service", "mechanism", "transport", "successes", "failures"}},
	{"by_source",
	 "SELECT sources.source, pairs.successes, pairs.failures, messages, bytes_sent,"
	 " pairs.first_us, pairs.last_us FROM pairs JOIN sources ON sources.id = pairs.source"
	 " WHERE pairs.account = ?1 ORDER BY pairs.last_us DESC LIMIT ?2",
	 "niiiiuu",
	 {"source", "successes", "failures", "messages", "bytes_sent", "first_seen", "last_seen"}},
	/* Which bytes a program read from a message is not known. */
	{"readers",
	 "SELECT actor, uid, class, messages, NULL FROM readers"
	 " WHERE account = ?1 ORDER BY messages DESC, id LIMIT ?2",
	 "nitii",
	 {"actor", "uid", "class", "messages", "bytes_read"}},
};

static int accounts_add_detail(struct ledger *ledger, int64_t id, const struct detail *detail,
			       json_t *object)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	json_t *array;
	int r;

	r = query_open(ledger, detail->text, &rows, "ii", id, (int64_t)QUERY_DETAIL_ROWS);
	if (r == 0)
		r = query_array(ledger, rows, detail->types, detail->keys, &array);
	if (r < 0)
		return r;
	(void)json_object_set_new(object, detail->name, array);
	return 0;
}

int ledger_query_account(struct ledger *ledger, const char *account, json_t **ret_json)
{
	json_t *object;
	int64_t id;
	int r;

	r = accounts_find(ledger, account, &id, &object);
	for (size_t i = 0; i < ARRAY_LENGTH(account_details) && r == 0; i++) {
		r = accounts_add_detail(ledger, id, &account_details[i], object);
		if (r < 0)
			json_decref(object);
	}
	if (r < 0)
		return r;
	*ret_json = object;
	return 0;
}
