/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ledger that two sensors look for, and what its coverage says. */
#ifndef WAX_UNIT_LEDGER_COVERAGE_H
#define WAX_UNIT_LEDGER_COVERAGE_H

#include "base/time.h"
#include "bench.h"
#include "ledger/coverage.h"

/* After the making of the file, which is by the wall clock. */
#define START (T0 + 36500 * US_PER_DAY)

static inline int64_t at(int second)
{
	return START + second * US_PER_SECOND;
}

static inline struct coverage looking(const char *state, const char *reason)
{
	struct coverage coverage = {.sensors = {{.name = "mailbox", .state = state},
						{.name = "auth", .state = "active"}},
				    .n_sensors = 2,
				    .losses = {{.stage = "reads_full", .sensors = 1},
					       {.stage = "ledger_events", .sensors = 3}},
				    .n_losses = 2};

	(void)snprintf(coverage.sensors[0].reason, sizeof(coverage.sensors[0].reason), "%s",
		       reason);
	return coverage;
}

static inline void begin(struct bench *bench, int second, bool goes_on, const char *boot)
{
	struct coverage_start start = {.goes_on = goes_on, .now_us = at(second)};
	struct coverage coverage = looking("active", "");

	(void)snprintf(start.boot, sizeof(start.boot), "%s", boot);
	/* only what does not begin at 0 */
	coverage.n_losses = 0;
	assert_int_equal(coverage_begin(bench->ledger, &coverage, &start), 0);
}

static inline void quiet_tick(struct bench *bench, int second, const struct coverage *coverage)
{
	coverage_note(bench->ledger, coverage);
	bench->snapshot.until_us = at(second);
	tick(bench);
}

static inline void ticks(struct bench *bench, int first, int last)
{
	struct coverage coverage = looking("active", "");

	for (int i = first; i <= last; i++)
		quiet_tick(bench, i, &coverage);
}

static inline int second_of(const json_t *object, const char *key)
{
	int64_t time_us;

	assert_int_equal(time_parse(json_string_value(json_object_get(object, key)), 0, &time_us),
			 0);
	return (int)((time_us - START) / US_PER_SECOND);
}

static inline json_t *coverage_since(struct bench *bench, int64_t since_us)
{
	struct ledger_query query = {.since_us = since_us};
	json_t *document;

	assert_int_equal(ledger_query_coverage(bench->ledger, &query, &document), 0);
	return document;
}

/* The intervals or gaps of mailbox, a line each: FROM-UNTIL WORD. */
static inline void check_list(struct bench *bench, const char *list, const char *key,
			      const char *expected)
{
	json_t *document = coverage_since(bench, START), *item;
	char text[2048] = "", line[256];
	size_t i;

	json_array_foreach(json_object_get(document, list), i, item)
	{
		if (strcmp(json_string_value(json_object_get(item, "sensor")), "mailbox") != 0)
			continue;
		(void)snprintf(line, sizeof(line), "%d-%d %s\n", second_of(item, "from"),
			       second_of(item, "until"),
			       json_string_value(json_object_get(item, key)));
		strcat(text, line);
	}
	assert_string_equal(text, expected);
	json_decref(document);
}

#endif
