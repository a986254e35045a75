/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns become JSON here: unknown is null, times are text, numbers stay integers. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "ledger/query.h"

int query_open(struct ledger *ledger, const char *text, sqlite3_stmt **ret, const char *types, ...)
{
	_cleanup_statement_ sqlite3_stmt *query = NULL;
	va_list values;
	int r;

	r = sqlite3_prepare_v2(ledger->database, text, -1, &query, NULL);
	if (r == SQLITE_OK) {
		va_start(values, types);
		r = statement_bind(query, types, values);
		va_end(values);
	}
	if (r != SQLITE_OK)
		return handle_note(ledger, statement_errno(r));
	*ret = take_ptr(query);
	return 0;
}

int query_again(struct ledger *ledger, sqlite3_stmt *query, const char *types, ...)
{
	va_list values;
	int r;

	(void)sqlite3_reset(query);
	va_start(values, types);
	r = statement_bind(query, types, values);
	va_end(values);
	return handle_note(ledger, statement_errno(r));
}

int query_next(struct ledger *ledger, sqlite3_stmt *query)
{
	int r = sqlite3_step(query);

	if (r == SQLITE_ROW)
		return 1;
	return handle_note(ledger, statement_errno(r));
}

const char *query_text(sqlite3_stmt *query, int column)
{
	const char *text = (const char *)sqlite3_column_text(query, column);

	return text ? text : "";
}

json_t *query_time(int64_t time_us)
{
	char text[TIME_TEXT_BYTES];

	if (time_us <= 0)
		return json_null();
	time_format(time_us, text);
	return json_string(text);
}

static json_t *query_value(sqlite3_stmt *query, int column, char type)
{
	const char *text;
	json_t *value;

	if (sqlite3_column_type(query, column) == SQLITE_NULL)
		return json_null();
	if (type == 'i')
		return json_integer(sqlite3_column_int64(query, column));
	if (type == 'u')
		return query_time(sqlite3_column_int64(query, column));
	text = query_text(query, column);
	if (type == 'n' && !text[0])
		return json_null();
	value = json_string(text);
	/* Not UTF-8: no text that this program wrote. */
	return value ? value : json_null();
}

json_t *query_object_from(sqlite3_stmt *query, int from, const char *types,
			  const char *const *keys)
{
	json_t *object = json_object();

	for (int i = 0; types[i]; i++)
		(void)json_object_set_new(object, keys[i], query_value(query, from + i, types[i]));
	return object;
}

json_t *query_object(sqlite3_stmt *query, const char *types, const char *const *keys)
{
	return query_object_from(query, 0, types, keys);
}

static void query_drop(json_t **value)
{
	json_decref(*value);
}

int query_array(struct ledger *ledger, sqlite3_stmt *query, const char *types,
		const char *const *keys, json_t **ret)
{
	_cleanup_(query_drop) json_t *array = json_array();
	int r;

	while ((r = query_next(ledger, query)) > 0)
		(void)json_array_append_new(array, query_object(query, types, keys));
	if (r < 0)
		return r;
	*ret = take_ptr(array);
	return 0;
}

json_t *query_document(const struct ledger *ledger, const char *word, json_t *array)
{
	json_t *document = json_object();

	(void)json_object_set_new(document, "since", query_time(ledger->since_us));
	(void)json_object_set_new(document, word, array);
	return document;
}
