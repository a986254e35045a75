/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The document `coverage`: the intervals as they were written, and between them, with their
 * reasons, the times for which no answer can be given. A sensor that was off is a gap, too.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/query.h"

/* What the gap after an interval depends on. */
struct gap_side {
	char sensor[64], boot[COVERAGE_BOOT_BYTES], ending[32];
	int64_t until_us; /* the latest of this sensor */
};

struct gaps {
	struct ledger *ledger;
	int64_t since_us, forgotten_us, until_us;
	json_t *intervals, *gaps;
	struct gap_side before;
};

enum column {
	COLUMN_SENSOR,
	COLUMN_FROM,
	COLUMN_UNTIL,
	COLUMN_STATE,
	COLUMN_REASON,
	COLUMN_BOOT,
	COLUMN_ENDING,
	COLUMN_ID,
};

static void gaps_add(struct gaps *gaps, const char *sensor, int64_t from_us, int64_t until_us,
		     const char *why)
{
	if (from_us < gaps->since_us)
		from_us = gaps->since_us;
	if (from_us >= until_us)
		return;
	(void)json_array_append_new(gaps->gaps, json_pack("{s:s, s:o, s:o, s:s}", "sensor", sensor,
							  "from", query_time(from_us), "until",
							  query_time(until_us), "why", why));
}

static const char *gaps_why(const struct gap_side *before, const char *boot)
{
	bool is_running = strcmp(before->ending, "running") == 0;

	if (strcmp(before->boot, boot) != 0)
		return is_running ? "the host went down or was reset while waxseald ran"
				  : "waxseald was stopped, and the host was started anew";
	if (strcmp(before->ending, "stopped") == 0)
		return "waxseald was stopped";
	return is_running ? "waxseald was killed, and its counts were not gone on with"
			  : "waxseald was stopped, and its counts were not gone on with";
}

static int gaps_losses(struct gaps *gaps, int64_t interval, json_t **ret)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	json_t *losses = json_object();
	int r = query_open(gaps->ledger,
			   "SELECT stage, count FROM coverage_losses WHERE interval = ?", &rows,
			   "i", interval);

	while (r == 0 && (r = query_next(gaps->ledger, rows)) > 0)
		r = json_object_set_new(losses, query_text(rows, 0),
					json_integer(sqlite3_column_int64(rows, 1)));
	if (r < 0) {
		json_decref(losses);
		return r;
	}
	*ret = losses;
	return 0;
}

static int gaps_add_interval(struct gaps *gaps, sqlite3_stmt *row)
{
	static const char *const keys[] = {"sensor", "from", "until", "state", "reason"};
	json_t *interval, *losses;
	int r;

	if (sqlite3_column_int64(row, COLUMN_UNTIL) < gaps->since_us)
		return 0;
	r = gaps_losses(gaps, sqlite3_column_int64(row, COLUMN_ID), &losses);
	if (r < 0)
		return r;
	interval = query_object(row, "tuutt", keys);
	(void)json_object_set_new(interval, "lost", losses);
	(void)json_array_append_new(gaps->intervals, interval);
	return 0;
}

static void gaps_step(struct gaps *gaps, sqlite3_stmt *row)
{
	const char *sensor = query_text(row, COLUMN_SENSOR), *boot = query_text(row, COLUMN_BOOT);
	int64_t from_us = sqlite3_column_int64(row, COLUMN_FROM);
	int64_t until_us = sqlite3_column_int64(row, COLUMN_UNTIL);
	struct gap_side *before = &gaps->before;

	if (strcmp(before->sensor, sensor) != 0) {
		*before = (struct gap_side){};
		gaps_add(gaps, sensor, gaps->since_us, from_us,
			 gaps->forgotten_us > 0
				 ? "longer ago than is kept"
				 : "before the first start of a version that records this");
	} else {
		gaps_add(gaps, sensor, before->until_us, from_us, gaps_why(before, boot));
	}
	if (strcmp(query_text(row, COLUMN_STATE), "off") == 0) {
		_cleanup_free_ char *why = xasprintf("off: %s", query_text(row, COLUMN_REASON));

		gaps_add(gaps, sensor, from_us, until_us, why);
	}
	(void)snprintf(before->sensor, sizeof(before->sensor), "%s", sensor);
	(void)snprintf(before->boot, sizeof(before->boot), "%s", boot);
	(void)snprintf(before->ending, sizeof(before->ending), "%s",
		       query_text(row, COLUMN_ENDING));
	if (until_us > before->until_us)
		before->until_us = until_us;
}

static int gaps_walk(struct gaps *gaps)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r;

	r = query_open(gaps->ledger,
		       "SELECT sensor, from_us, until_us, state, reason, boot, ending, id"
		       " FROM coverage ORDER BY sensor, id",
		       &rows, "");
	while (r == 0 && (r = query_next(gaps->ledger, rows)) > 0) {
		gaps_step(gaps, rows);
		r = gaps_add_interval(gaps, rows);
	}
	return r;
}

/* What the whole answer depends on. */
static int gaps_prepare(struct gaps *gaps, const struct ledger_query *query)
{
	_cleanup_statement_ sqlite3_stmt *row = NULL;
	int r = query_open(gaps->ledger,
			   "SELECT coverage_from_us, (SELECT min(from_us) FROM coverage),"
			   " (SELECT max(until_us) FROM coverage) FROM state",
			   &row, "");

	if (r == 0)
		r = query_next(gaps->ledger, row);
	if (r <= 0)
		return r < 0 ? r : -EUCLEAN;
	gaps->forgotten_us = sqlite3_column_int64(row, 0);
	gaps->since_us = query->since_us ? query->since_us : sqlite3_column_int64(row, 1);
	gaps->until_us = sqlite3_column_int64(row, 2);
	return 0;
}

int ledger_query_coverage(struct ledger *ledger, const struct ledger_query *query,
			  json_t **ret_json)
{
	struct gaps gaps = {.ledger = ledger};
	int r = gaps_prepare(&gaps, query);

	if (r < 0)
		return r;
	gaps.intervals = json_array();
	gaps.gaps = json_array();
	r = gaps_walk(&gaps);
	if (r < 0) {
		json_decref(gaps.intervals);
		json_decref(gaps.gaps);
		return r;
	}
	*ret_json = json_pack("{s:o, s:o, s:o, s:o}", "since", query_time(gaps.since_us), "until",
			      query_time(gaps.until_us), "intervals", gaps.intervals, "gaps",
			      gaps.gaps);
	return 0;
}
