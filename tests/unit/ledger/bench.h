/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ledger in a folder of its own, a snapshot to fill, and three ticks that most tests begin with.
 */
#ifndef WAX_UNIT_LEDGER_BENCH_H
#define WAX_UNIT_LEDGER_BENCH_H

#include <glob.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ledger/ledger.h"

#define T0 INT64_C(1782909296000000)

struct bench {
	char directory[64];
	char path[96];
	struct ledger *ledger;
	enum ledger_opening opening;
	char aside[256];
	struct snapshot snapshot;
	uint64_t max_rows;
	int64_t max_age_us;
};

static inline void reopen(struct bench *bench)
{
	struct ledger_settings settings = {.path = bench->path,
					   .max_rows = bench->max_rows,
					   .max_age_us = bench->max_age_us};

	ledger_close(take_ptr(bench->ledger));
	assert_int_equal(ledger_open(&settings, &bench->ledger, &bench->opening, bench->aside,
				     sizeof(bench->aside)),
			 0);
}

static inline int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));

	(void)snprintf(bench->directory, sizeof(bench->directory), "/tmp/ledger.XXXXXX");
	assert_non_null(mkdtemp(bench->directory));
	(void)snprintf(bench->path, sizeof(bench->path), "%s/waxseal.db", bench->directory);
	bench->max_rows = 1000;
	reopen(bench);
	assert_int_equal(bench->opening, LEDGER_CREATED);
	*state = bench;
	return 0;
}

static inline int tear_down(void **state)
{
	struct bench *bench = *state;
	_cleanup_free_ char *pattern = xasprintf("%s/*", bench->directory);
	glob_t found;

	ledger_close(bench->ledger);
	snapshot_done(&bench->snapshot);
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			(void)unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	(void)rmdir(bench->directory);
	free(bench);
	return 0;
}

static inline void add_login(struct bench *bench, const char *account, const char *source,
			     enum outcome outcome, uint64_t count)
{
	struct attempt_row *row = snapshot_add_attempt(&bench->snapshot);

	row->account = account;
	row->source = source;
	row->service = "imap";
	row->mechanism = MECHANISM_PASSWORD;
	row->transport = TRANSPORT_CLEARTEXT;
	row->count[outcome] = count;
	row->first_us = row->last_us = bench->snapshot.until_us;
}

static inline struct read_row *add_read(struct bench *bench, const char *account,
					const char *source, const char *actor, enum reader reader,
					uint64_t messages)
{
	struct read_row *row = snapshot_add_read(&bench->snapshot);

	row->account = account;
	row->source = source;
	row->actor = actor;
	row->reader = reader;
	row->messages = messages;
	row->first_us = row->last_us = bench->snapshot.until_us;
	return row;
}

static inline struct harmed_account harmed(const char *name, enum account_harm harm, int64_t time_us)
{
	return (struct harmed_account){.name = (char *)name,
				       .harm = harm,
				       .first_us = time_us,
				       .last_us = time_us,
				       .is_unsaved = true};
}

static inline struct alert example_alert(const char *id, const char *detector,
					 struct harmed_account *accounts, size_t count)
{
	struct alert alert = {.detector = detector,
			      .severity = SEVERITY_CRITICAL,
			      .subject_kind = SUBJECT_SOURCE,
			      .subject = (char *)"198.51.100.1",
			      .message = (char *)"198.51.100.1 got in.",
			      .accounts = accounts,
			      .n_accounts = count,
			      .n_unsaved = count,
			      .time_us = T0,
			      .first_us = T0,
			      .last_us = T0,
			      .count = 1,
			      .active = true};

	(void)snprintf(alert.id, sizeof(alert.id), "%s", id);
	return alert;
}

static inline void tick(struct bench *bench)
{
	assert_int_equal(ledger_add(bench->ledger, &bench->snapshot), 0);
	snapshot_reset(&bench->snapshot);
}

static inline void start_tick(struct bench *bench, int second)
{
	bench->snapshot.until_us = T0 + second * INT64_C(1000000);
}

static inline void check_json(json_t *actual, const char *expected)
{
	json_error_t error;
	json_t *wanted = json_loads(expected, 0, &error);
	char *text;

	if (!wanted)
		fail_msg("%s", error.text);
	json_object_del(actual, "since");
	text = json_dumps(actual, 0);
	if (!json_equal(actual, wanted))
		fail_msg("got %s", text);
	free(text);
	json_decref(wanted);
	json_decref(actual);
}

static inline json_t *account(struct bench *bench, const char *name)
{
	json_t *document;

	assert_int_equal(ledger_query_account(bench->ledger, name, &document), 0);
	return document;
}

static inline json_t *accounts(struct bench *bench, struct ledger_query query)
{
	json_t *document;

	assert_int_equal(ledger_query_accounts(bench->ledger, &query, &document), 0);
	return document;
}

static inline const char *name_at(json_t *document, const char *list, size_t i, const char *key)
{
	return json_string_value(
		json_object_get(json_array_get(json_object_get(document, list), i), key));
}

/* The first column of the first row. */
static inline int64_t number(struct bench *bench, const char *text)
{
	sqlite3_stmt *row;
	sqlite3 *database;
	int64_t result;

	assert_int_equal(sqlite3_open(bench->path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database, text, -1, &row, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(row), SQLITE_ROW);
	result = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(database);
	return result;
}

static inline void three_ticks(struct bench *bench)
{
	start_tick(bench, 0);
	add_login(bench, "ann@one.example", "198.51.100.1", OUTCOME_FAILURE, 3);
	add_login(bench, "ann@one.example", "198.51.100.1", OUTCOME_SUCCESS, 1);
	add_login(bench, "bob@two.example", "198.51.100.2", OUTCOME_SUCCESS, 5);
	tick(bench);
	start_tick(bench, 1);
	add_login(bench, "ann@one.example", "198.51.100.2", OUTCOME_FAILURE, 4);
	add_login(bench, "", "198.51.100.2", OUTCOME_FAILURE, 2);
	add_login(bench, "", "198.51.100.2", OUTCOME_UNANSWERED, 7);
	tick(bench);
	start_tick(bench, 2);
	add_read(bench, "ann@one.example", "198.51.100.1", "/usr/lib/dovecot/imap", READER_SESSION,
		 10);
	add_read(bench, "ann@one.example", "198.51.100.1", "", READER_SESSION, 0)->bytes_sent =
		4096;
	add_read(bench, "ann@one.example", "", "/bin/cat", READER_OTHER, 2);
	add_read(bench, "", "", "/bin/cat", READER_OTHER, 9);
	tick(bench);
}

#define ledger_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
