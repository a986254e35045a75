/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading: statements made for one question, and columns as the values of the contract. */
#ifndef WAX_LEDGER_QUERY_H
#define WAX_LEDGER_QUERY_H

#include "ledger/handle.h"

/* Rows of the lists inside one document (sources of an account ...). The numbers beside them
 * count all. */
#define QUERY_DETAIL_ROWS 10000

/* Messages of a row, unknown where nothing but files of many messages were opened. */
#define QUERY_MESSAGES_OF(table)                                                                   \
	"iif(" table "messages = 0 AND " table "mailbox_files > 0, NULL, " table "messages)"
#define QUERY_MESSAGES QUERY_MESSAGES_OF("")

/* Prepares and binds; types as in statement.h. Finalize ret. */
int query_open(struct ledger *ledger, const char *text, sqlite3_stmt **ret, const char *types, ...);
/* The same question with other values. */
int query_again(struct ledger *ledger, sqlite3_stmt *query, const char *types, ...);
/* 1: a row; 0: no more; -errno. */
int query_next(struct ledger *ledger, sqlite3_stmt *query);

/* A column's text, "" for NULL; valid until the next row. */
const char *query_text(sqlite3_stmt *query, int column);

/*
 * Adds the row's columns to an object, one letter of types each: i an integer, t a text, n a text
 * that is null when empty, u a time. keys are in the order of the columns.
 */
json_t *query_object(sqlite3_stmt *query, const char *types, const char *const *keys);
/* The same from the column `from` on. */
json_t *query_object_from(sqlite3_stmt *query, int from, const char *types,
			  const char *const *keys);
/* All rows as an array of such objects. */
int query_array(struct ledger *ledger, sqlite3_stmt *query, const char *types,
		const char *const *keys, json_t **ret);

/* RFC 3339, or null for 0. */
json_t *query_time(int64_t time_us);

/* A list "word" of a document that starts with since. Takes the array over. */
json_t *query_document(const struct ledger *ledger, const char *word, json_t *array);

#endif
