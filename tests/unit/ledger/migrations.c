/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of every earlier version, as the daemons of their time left them (layouts/), become files
 * of the latest one and lose nothing.
 */
#include <errno.h>

#include "base/time.h"
#include "bench.h"
#include "ledger/handle.h"
#include "ledger/migrations.h"

static void execute(const char *path, const char *text)
{
	sqlite3 *database;

	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
}

/* A closed file of this version in the place of the bench's ledger. */
static void lay_out(struct bench *bench, int version)
{
	_cleanup_free_ char *name = xasprintf("tests/unit/ledger/layouts/version-%d.sql", version);
	_cleanup_free_ char *text = xcalloc(1, 65536);
	FILE *file = fopen(name, "re");

	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	ledger_close(take_ptr(bench->ledger));
	assert_int_equal(unlink(bench->path), 0);
	execute(bench->path, text);
	assert_int_equal(number(bench, "PRAGMA user_version"), version);
}

/* Every table, index and trigger, as SQLite keeps their texts. Owned by the caller. */
static char *layout_of(const char *path)
{
	char *text = xstrdup("");
	sqlite3 *database;
	sqlite3_stmt *row;

	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database,
					    "SELECT type, name, sql FROM sqlite_schema"
					    " ORDER BY type, name",
					    -1, &row, NULL),
			 SQLITE_OK);
	while (sqlite3_step(row) == SQLITE_ROW) {
		char *longer = xasprintf("%s%s %s: %s\n", text, sqlite3_column_text(row, 0),
					 sqlite3_column_text(row, 1), sqlite3_column_text(row, 2));

		free(text);
		text = longer;
	}
	sqlite3_finalize(row);
	sqlite3_close(database);
	return text;
}

static void every_version_becomes_the_latest(void **state)
{
	struct bench *bench = *state;
	_cleanup_free_ char *wanted = layout_of(bench->path);

	assert_int_equal(number(bench, "PRAGMA user_version"), MIGRATIONS_LATEST);
	for (int version = 1; version < MIGRATIONS_LATEST; version++) {
		_cleanup_free_ char *layout = NULL;

		lay_out(bench, version);
		reopen(bench);
		assert_int_equal(bench->opening, LEDGER_OPENED);
		assert_int_equal(number(bench, "PRAGMA user_version"), MIGRATIONS_LATEST);
		layout = layout_of(bench->path);
		assert_string_equal(layout, wanted);
	}
}

static void every_version_keeps_its_sums(void **state)
{
	struct bench *bench = *state;

	for (int version = 1; version < MIGRATIONS_LATEST; version++) {
		_cleanup_free_ char *expected = NULL;

		lay_out(bench, version);
		reopen(bench);
		expected = xasprintf(
			"{\"account\": \"ann@one.example\", \"tenant\": \"one.example\","
			"\"successes\": 6, \"failures\": 3, \"temporary\": 1, \"messages\": 12,"
			"\"mailbox_files\": %1$d, \"bytes_sent\": 4096, \"sources\": 1,"
			"\"last_seen\": \"2025-07-01T09:00:09.000Z\","
			"\"by_service\": [{\"service\": \"imap\", \"mechanism\": \"password\","
			" \"transport\": \"tls\", \"successes\": 6, \"failures\": 3}],"
			"\"by_source\": [{\"source\": \"198.51.100.1\", \"successes\": 6,"
			" \"failures\": 3, \"messages\": 12, \"mailbox_files\": %1$d,"
			" \"bytes_sent\": 4096, \"first_seen\": \"2025-07-01T09:00:00.000Z\","
			" \"last_seen\": \"2025-07-01T09:00:09.000Z\"}],"
			"\"readers\": [{\"actor\": \"/usr/bin/tar\", \"uid\": 0,"
			" \"login_uid\": %3$s, \"unit\": %4$s, \"master\": null,"
			" \"class\": \"other\", \"messages\": 5, \"mailbox_files\": %1$d,"
			" \"scanned\": %2$d, \"bytes_read\": null}]}",
			version >= 3 ? 2 : 0, version >= 3 ? 1 : 0, version >= 4 ? "1000" : "null",
			version >= 4 ? "\"session-2.scope\"" : "null");
		check_json(account(bench, "ann@one.example"), expected);
		assert_int_equal(number(bench, "SELECT connections FROM sources WHERE id = 1"),
				 version >= 5 ? 11 : 0);
		assert_int_equal(number(bench, "SELECT messages FROM accounts"
					       " WHERE account = '" LEDGER_OLDER "'"),
				 3);
		assert_int_equal(number(bench, "SELECT opens FROM stores"), 2);
		assert_int_equal(ledger_evicted(bench->ledger), 3);
	}
}

/* Else the daemon would count the drains of the kernel's maps twice, or miss them. */
static void every_version_keeps_its_epochs(void **state)
{
	struct bench *bench = *state;
	uint64_t instance, epochs;

	for (int version = 1; version < MIGRATIONS_LATEST; version++) {
		lay_out(bench, version);
		reopen(bench);
		assert_int_equal(ledger_committed(bench->ledger, &instance, &epochs), 0);
		assert_int_equal(instance, 4711);
		/* since version 2 a tick without counts is in its coverage alone */
		assert_int_equal(epochs, version >= 2 ? 31 : 30);
	}
}

static void every_version_with_hours_keeps_them(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = {.now_us = T0};
	json_t *document, *row;

	for (int version = 2; version < MIGRATIONS_LATEST; version++) {
		lay_out(bench, version);
		reopen(bench);
		assert_int_equal(ledger_query_hours(bench->ledger, &query, &document), 0);
		assert_int_equal(json_array_size(json_object_get(document, "rows")), 2);
		assert_string_equal(name_at(document, "rows", 0, "actor"), "/usr/bin/tar");
		assert_string_equal(name_at(document, "rows", 1, "service"), "imap");
		row = json_array_get(json_object_get(document, "rows"), 0);
		assert_int_equal(json_integer_value(json_object_get(row, "messages")), 5);
		assert_int_equal(json_integer_value(json_object_get(row, "mailbox_files")),
				 version >= 3 ? 2 : 0);
		assert_int_equal(json_integer_value(json_object_get(row, "login_uid")),
				 version >= 6 ? 1000 : 0);
		json_decref(document);
		assert_int_equal(number(bench, "SELECT sum(uses) FROM access_paths"), 2);
		assert_int_equal(number(bench, "SELECT count FROM coverage_losses"), 4);
	}
}

/* The triggers and the counts of rows still work: nothing is counted in a new row by mistake. */
static void every_version_can_be_written(void **state)
{
	static const char *const counted[] = {"accounts", "sources", "tenants", "pairs",
					      "logins",	  "readers", "stores",	"alerts",
					      "hours",	  "coverage"};
	struct bench *bench = *state;

	for (int version = 1; version < MIGRATIONS_LATEST; version++) {
		lay_out(bench, version);
		reopen(bench);
		three_ticks(bench);
		for (size_t i = 0; i < ARRAY_LENGTH(counted); i++) {
			/* the unknown source, row 0, is older than its table's triggers */
			_cleanup_free_ char *difference = xasprintf(
				"SELECT (SELECT count(*) FROM %1$s) - rows - ('%1$s' = 'sources')"
				" FROM counts WHERE name = '%1$s'",
				counted[i]);

			assert_int_equal(number(bench, difference), 0);
		}
		assert_int_equal(number(bench, "SELECT sum(uses) FROM access_paths"),
				 number(bench, "SELECT count(*) FROM hours"));
		assert_int_equal(number(bench, "SELECT successes FROM accounts WHERE id = 1"), 7);
		assert_int_equal(number(bench, "SELECT accounts FROM tenants WHERE id = 1"), 1);
	}
}

/* Such a row says as little of its reader as a read without a login user does. */
static void a_reader_of_version_5_goes_on_in_its_row(void **state)
{
	struct bench *bench = *state;
	struct read_row *row;

	lay_out(bench, 5);
	reopen(bench);
	bench->snapshot.until_us = INT64_C(1751360410000000);
	row = add_read(bench, "ann@one.example", "", "/usr/bin/tar", READER_OTHER, 4);
	row->login_uid = UID_NONE;
	tick(bench);
	assert_int_equal(number(bench, "SELECT count(*) FROM hours"), 2);
	assert_int_equal(number(bench, "SELECT sum(messages) FROM hours"), 9);
}

/* `waxseal explain` looks for these names, and the registry keeps the sum of an alert that is active. */
static void evidence_of_version_6_has_the_names_of_today(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{"{\"source\":\"192.0.2.1\",\"nats\":12.18,\"level\":11.64,\"contributions\":["
		 "{\"what\":\"b\",\"count\":4.0,\"nats\":9.5},{\"what\":\"a\",\"count\":1.0,\"nats\":2.68}]}",
		 "{\"source\":\"192.0.2.1\",\"contributions\":[{\"what\":\"b\",\"count\":4.0,\"adds\":9.5},"
		 "{\"what\":\"a\",\"count\":1.0,\"adds\":2.68}],\"log_likelihood_ratio\":12.18,"
		 "\"threshold\":11.64}"},
		{"{\"nats\":25.0,\"level\":20.0,\"contributions\":["
		 "{\"what\":\"networks that never opened it\",\"count\":25.0,\"nats\":25.0}]}",
		 "{\"contributions\":[{\"what\":\"networks that never opened it\",\"count\":25.0,"
		 "\"adds\":25.0}],\"weighted_networks\":25.0,\"threshold\":20.0}"},
		{"{\"excess_bytes\":9000,\"nats\":9000.0,\"level\":500.0,\"contributions\":["
		 "{\"what\":\"bytes beyond what logins explain\",\"count\":1.0,\"nats\":9000.0}]}",
		 "{\"excess_bytes\":9000,\"contributions\":[{\"what\":\"bytes beyond what logins explain\","
		 "\"count\":1.0,\"adds\":9000.0}],\"threshold\":500.0}"},
		{"{\"messages\":1,\"containers\":2}", "{\"messages\":1,\"mailbox_files\":2}"},
		{"{\"messages\":1,\"containers\":null}", "{\"messages\":1,\"mailbox_files\":null}"},
		{"{\"store\":\"/etc/shadow\"}", "{\"store\":\"/etc/shadow\"}"},
		{"no JSON", "no JSON"},
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		_cleanup_free_ char *change =
			xasprintf("UPDATE alerts SET evidence = '%s'", cases[i].before);
		_cleanup_free_ char *question =
			xasprintf("SELECT evidence = '%s' FROM alerts", cases[i].after);

		lay_out(bench, 6);
		execute(bench->path, change);
		reopen(bench);
		assert_int_equal(number(bench, question), 1);
	}
}

static void a_migration_that_fails_changes_nothing(void **state)
{
	struct bench *bench = *state;
	struct ledger_settings settings = {.path = bench->path, .max_rows = 10};
	_cleanup_free_ char *before = NULL, *after = NULL;

	lay_out(bench, 3);
	/* the last migration gives this name to another table */
	execute(bench->path, "CREATE TABLE access_paths (x)");
	before = layout_of(bench->path);
	assert_int_equal(ledger_open(&settings, &bench->ledger, &bench->opening, bench->aside,
				     sizeof(bench->aside)),
			 -EIO);
	after = layout_of(bench->path);
	assert_string_equal(after, before);
	assert_int_equal(number(bench, "PRAGMA user_version"), 3);
}

/* The statement must repeat the index's condition word by word, or it would read all of hours. */
static void the_oldest_failed_hour_is_found_along_its_index(void **state)
{
	struct bench *bench = *state;
	_cleanup_free_ char *explain = xasprintf(
		"EXPLAIN QUERY PLAN %s",
		sqlite3_sql(bench->ledger->statements[STATEMENT_HOUR_FOLD_FAILURES]));
	bool is_used = false;
	sqlite3_stmt *row;

	assert_int_equal(sqlite3_prepare_v2(bench->ledger->database, explain, -1, &row, NULL),
			 SQLITE_OK);
	while (sqlite3_step(row) == SQLITE_ROW)
		is_used |= strstr((const char *)sqlite3_column_text(row, 3), "hours_failed") !=
			   NULL;
	sqlite3_finalize(row);
	assert_true(is_used);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(every_version_becomes_the_latest),
		ledger_test(every_version_keeps_its_sums),
		ledger_test(every_version_keeps_its_epochs),
		ledger_test(every_version_with_hours_keeps_them),
		ledger_test(every_version_can_be_written),
		ledger_test(a_reader_of_version_5_goes_on_in_its_row),
		ledger_test(evidence_of_version_6_has_the_names_of_today),
		ledger_test(a_migration_that_fails_changes_nothing),
		ledger_test(the_oldest_failed_hour_is_found_along_its_index),
	};

	return cmocka_run_group_tests_name("ledger migrations", tests, NULL, NULL);
}
