/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document `stores`: each credential store with the programs that opened or read it. */
#include <stdbool.h>
#include <string.h>

#include "ledger/query.h"

/* The readers of path, the last store of the list or a new one; rows come sorted by path. */
static json_t *stores_readers(json_t *stores, const char *path)
{
	size_t count = json_array_size(stores);
	json_t *store = count ? json_array_get(stores, count - 1) : NULL;
	const char *last = json_string_value(json_object_get(store, "path"));

	if (!last || strcmp(last, path) != 0) {
		store = json_pack("{s:s, s:[]}", "path", path, "readers");
		(void)json_array_append_new(stores, store);
	}
	return json_object_get(store, "readers");
}

static void stores_add_row(json_t *stores, sqlite3_stmt *row)
{
	static const char *const keys[] = {"actor", "uid",	 "allowed", "opens",
					   "bytes", "login_uid", "unit"};
	json_t *readers = stores_readers(stores, query_text(row, 7));
	json_t *reader = query_object(row, "niiiiin", keys);

	(void)json_object_set_new(reader, "allowed", json_boolean(sqlite3_column_int64(row, 2)));
	(void)json_array_append_new(readers, reader);
}

int ledger_query_stores(struct ledger *ledger, json_t **ret_json)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	json_t *stores;
	int r;

	r = query_open(ledger,
		       "SELECT actor, uid, allowed, opens, bytes, nullif(login_uid, -1), unit,"
		       " path FROM stores"
		       " ORDER BY path, allowed, opens DESC",
		       &rows, "");
	if (r < 0)
		return r;
	stores = json_array();
	while ((r = query_next(ledger, rows)) > 0)
		stores_add_row(stores, rows);
	if (r < 0) {
		json_decref(stores);
		return r;
	}
	*ret_json = query_document(ledger, "stores", stores);
	return 0;
}
