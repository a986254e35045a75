/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ledger with rows by hour, and what is asked of them. */
#ifndef WAX_UNIT_LEDGER_HOURS_H
#define WAX_UNIT_LEDGER_HOURS_H

#include "base/time.h"
#include "bench.h"

/* 2026-07-01 12:00 */
#define HOUR0 (T0 / US_PER_HOUR)
static inline void start_hour(struct bench *bench, int hour)
{
	bench->snapshot.until_us = (HOUR0 + hour) * US_PER_HOUR + 5 * US_PER_MINUTE;
}

static inline json_t *page(struct bench *bench, struct ledger_query query)
{
	json_t *document;

	if (!query.now_us)
		query.now_us = T0 + 1000 * US_PER_DAY;
	assert_int_equal(ledger_query_hours(bench->ledger, &query, &document), 0);
	return document;
}

static inline json_t *rows_of(json_t *document)
{
	return json_object_get(document, "rows");
}

static inline size_t count_rows(struct bench *bench, struct ledger_query query)
{
	json_t *document = page(bench, query);
	size_t count = json_array_size(rows_of(document));

	json_decref(document);
	return count;
}

static inline int64_t sum_of(struct bench *bench, struct ledger_query query, const char *key)
{
	json_t *document = page(bench, query), *row;
	int64_t sum = 0;
	size_t i;

	json_array_foreach(rows_of(document), i, row) sum +=
		json_integer_value(json_object_get(row, key));
	json_decref(document);
	return sum;
}

#endif
