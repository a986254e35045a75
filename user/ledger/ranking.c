/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists and documents from the descriptions in accounts.c and sources.c. */
#include "ledger/ranking.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

/* The column for a word, NULL when it is none of them. */
static const char *ranking_order(const struct ranking *ranking, const char *by)
{
	size_t i = 0;

	while (by && ranking->words[i] && strcmp(by, ranking->words[i]) != 0)
		i++;
	return ranking->words[i] ? ranking->orders[i] : NULL;
}

/*
 * The rows with the largest value of column first, filled up with rows whose value is 0. Each half
 * is read along an index, so no list reads a whole table; the newest of equals first, which is the
 * order of the index itself.
 */
static char *ranking_text(const struct ranking *ranking, const char *column, bool of_tenant)
{
	return xasprintf("SELECT %1$s FROM (SELECT * FROM %2$s WHERE %3$s > 0%4$s%5$s"
			 " ORDER BY %3$s DESC, id DESC LIMIT ?1)"
			 " UNION ALL SELECT %1$s FROM (SELECT * FROM %2$s WHERE %3$s = 0%4$s%5$s"
			 " LIMIT ?1) LIMIT ?1",
			 ranking->columns, ranking->table, column, ranking->condition,
			 of_tenant ? " AND tenant = ?2" : "");
}

int ranking_list(struct ledger *ledger, const struct ranking *ranking,
		 const struct ledger_query *query, json_t **ret_json)
{
	const char *column = ranking_order(ranking, query->by);
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	_cleanup_free_ char *text = NULL;
	int64_t top = query->top ? query->top : LEDGER_DEFAULT_TOP;
	json_t *array;
	int r;

	if (!column)
		return -EINVAL;
	text = ranking_text(ranking, column, query->tenant);
	r = query_open(ledger, text, &rows, query->tenant ? "it" : "i", top, query->tenant);
	if (r == 0)
		r = query_array(ledger, rows, ranking->types, ranking->keys, &array);
	if (r < 0)
		return r;
	*ret_json = query_document(ledger, ranking->table, array);
	return 0;
}

static int ranking_find(struct ledger *ledger, const struct ranking *ranking, const char *name,
			int64_t *ret_id, json_t **ret_object)
{
	_cleanup_free_ char *text =
		xasprintf("SELECT %s, id FROM %s WHERE %s = ?%s", ranking->columns, ranking->table,
			  ranking->name, ranking->condition);
	_cleanup_statement_ sqlite3_stmt *row = NULL;
	int r = query_open(ledger, text, &row, "t", name);

	if (r == 0)
		r = query_next(ledger, row);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret_id = sqlite3_column_int64(row, (int)strlen(ranking->types));
	*ret_object = query_object(row, ranking->types, ranking->keys);
	return 0;
}

static int ranking_add_detail(struct ledger *ledger, int64_t id,
			      const struct ranking_detail *detail, json_t *object)
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

int ranking_one(struct ledger *ledger, const struct ranking *ranking, const char *name,
		json_t **ret_json)
{
	json_t *object;
	int64_t id;
	int r;

	r = ranking_find(ledger, ranking, name, &id, &object);
	if (r < 0)
		return r;
	for (const struct ranking_detail *detail = ranking->details; detail->name && r == 0;
	     detail++)
		r = ranking_add_detail(ledger, id, detail, object);
	if (r < 0) {
		json_decref(object);
		return r;
	}
	*ret_json = object;
	return 0;
}
