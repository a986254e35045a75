/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger over several ticks and openings: sums, documents, damaged files, caps. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <sqlite3.h>

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
};

static void reopen(struct bench *bench)
{
	struct ledger_settings settings = { .path = bench->path, .max_rows = bench->max_rows };

	ledger_close(take_ptr(bench->ledger));
	assert_int_equal(ledger_open(&settings, &bench->ledger, &bench->opening, bench->aside,
				     sizeof(bench->aside)),
			 0);
}

static int set_up(void **state)
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

static int tear_down(void **state)
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

static void add_login(struct bench *bench, const char *account, const char *source,
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

static struct read_row *add_read(struct bench *bench, const char *account, const char *source,
				 const char *actor, enum reader reader, uint64_t messages)
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

static void tick(struct bench *bench)
{
	assert_int_equal(ledger_add(bench->ledger, &bench->snapshot), 0);
	snapshot_reset(&bench->snapshot);
}

static void start_tick(struct bench *bench, int second)
{
	bench->snapshot.until_us = T0 + second * INT64_C(1000000);
}

static void check_json(json_t *actual, const char *expected)
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

static json_t *account(struct bench *bench, const char *name)
{
	json_t *document;

	assert_int_equal(ledger_query_account(bench->ledger, name, &document), 0);
	return document;
}

static json_t *accounts(struct bench *bench, struct ledger_query query)
{
	json_t *document;

	assert_int_equal(ledger_query_accounts(bench->ledger, &query, &document), 0);
	return document;
}

static const char *name_at(json_t *document, const char *list, size_t i, const char *key)
{
	return json_string_value(json_object_get(json_array_get(json_object_get(document, list), i),
						 key));
}

static void three_ticks(struct bench *bench)
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
	add_read(bench, "ann@one.example", "198.51.100.1", "", READER_SESSION, 0)->bytes_sent = 4096;
	add_read(bench, "ann@one.example", "", "/bin/cat", READER_OTHER, 2);
	add_read(bench, "", "", "/bin/cat", READER_OTHER, 9);
	tick(bench);
}

static void an_account_is_the_sum_of_its_ticks(void **state)
{
	struct bench *bench = *state;

	three_ticks(bench);
	check_json(account(bench, "ann@one.example"),
		   "{\"account\": \"ann@one.example\", \"tenant\": \"one.example\","
		   "\"successes\": 1, \"failures\": 7, \"temporary\": 0, \"messages\": 12,"
		   "\"bytes_sent\": 4096, \"sources\": 2, \"last_seen\": \"2026-07-01T12:34:58.000Z\","
		   "\"by_service\": [{\"service\": \"imap\", \"mechanism\": \"password\","
		   "  \"transport\": \"cleartext\", \"successes\": 1, \"failures\": 7}],"
		   "\"by_source\": [{\"source\": \"198.51.100.1\", \"successes\": 1, \"failures\": 3,"
		   "  \"messages\": 10, \"bytes_sent\": 4096,"
		   "  \"first_seen\": \"2026-07-01T12:34:56.000Z\","
		   "  \"last_seen\": \"2026-07-01T12:34:58.000Z\"},"
		   " {\"source\": \"198.51.100.2\", \"successes\": 0, \"failures\": 4,"
		   "  \"messages\": 0, \"bytes_sent\": 0,"
		   "  \"first_seen\": \"2026-07-01T12:34:57.000Z\","
		   "  \"last_seen\": \"2026-07-01T12:34:57.000Z\"}],"
		   "\"readers\": [{\"actor\": \"/usr/lib/dovecot/imap\", \"uid\": 0,"
		   "  \"class\": \"session\", \"messages\": 10, \"bytes_read\": null},"
		   " {\"actor\": \"/bin/cat\", \"uid\": 0, \"class\": \"other\", \"messages\": 2,"
		   "  \"bytes_read\": null}]}");
}

static void a_source_counts_what_names_no_account(void **state)
{
	struct bench *bench = *state;
	json_t *document;

	three_ticks(bench);
	assert_int_equal(ledger_query_source(bench->ledger, "198.51.100.2", &document), 0);
	check_json(document,
		   "{\"source\": \"198.51.100.2\", \"attempts\": 18, \"successes\": 5,"
		   "\"failures\": 6, \"unanswered\": 7, \"accounts\": 2, \"connections\": null,"
		   "\"score\": null, \"last_seen\": \"2026-07-01T12:34:57.000Z\", \"by_account\": ["
		   "{\"account\": \"bob@two.example\", \"successes\": 5, \"failures\": 0,"
		   " \"messages\": 0, \"bytes_sent\": 0,"
		   " \"first_seen\": \"2026-07-01T12:34:56.000Z\","
		   " \"last_seen\": \"2026-07-01T12:34:56.000Z\"},"
		   "{\"account\": \"ann@one.example\", \"successes\": 0, \"failures\": 4,"
		   " \"messages\": 0, \"bytes_sent\": 0,"
		   " \"first_seen\": \"2026-07-01T12:34:57.000Z\","
		   " \"last_seen\": \"2026-07-01T12:34:57.000Z\"}]}");
}

static void lists_have_no_row_for_the_unknown(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = { 0 };
	json_t *document;
	uint64_t n_accounts, n_sources;

	three_ticks(bench);
	start_tick(bench, 3);
	add_login(bench, "eve", "", OUTCOME_SUCCESS, 1);
	tick(bench);
	document = accounts(bench, query);
	assert_int_equal(json_array_size(json_object_get(document, "accounts")), 3);
	assert_string_equal(name_at(document, "accounts", 0, "account"), "ann@one.example");
	assert_non_null(json_string_value(json_object_get(document, "since")));
	json_decref(document);
	assert_int_equal(ledger_query_sources(bench->ledger, &query, &document), 0);
	assert_int_equal(json_array_size(json_object_get(document, "sources")), 2);
	assert_string_equal(name_at(document, "sources", 0, "source"), "198.51.100.2");
	json_decref(document);
	assert_int_equal(ledger_count_accounts(bench->ledger, &n_accounts, &n_sources), 0);
	assert_int_equal(n_accounts, 3);
	assert_int_equal(n_sources, 2);
	document = account(bench, "eve");
	assert_string_equal(json_string_value(json_object_get(document, "tenant")), "-");
	assert_int_equal(json_integer_value(json_object_get(document, "sources")), 0);
	assert_null(name_at(document, "by_source", 0, "source"));
	json_decref(document);
}

static void lists_obey_order_top_and_tenant(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = { .by = "successes", .top = 1 };
	json_t *document;

	three_ticks(bench);
	document = accounts(bench, query);
	assert_int_equal(json_array_size(json_object_get(document, "accounts")), 1);
	assert_string_equal(name_at(document, "accounts", 0, "account"), "bob@two.example");
	json_decref(document);
	query = (struct ledger_query){ .by = "bytes", .tenant = "two.example" };
	document = accounts(bench, query);
	assert_int_equal(json_array_size(json_object_get(document, "accounts")), 1);
	assert_string_equal(name_at(document, "accounts", 0, "account"), "bob@two.example");
	json_decref(document);
	query = (struct ledger_query){ .by = "shoe_size" };
	assert_int_equal(ledger_query_accounts(bench->ledger, &query, &document), -EINVAL);
	assert_int_equal(ledger_query_sources(bench->ledger, &query, &document), -EINVAL);
	assert_int_equal(ledger_query_account(bench->ledger, "nobody", &document), -ENOENT);
	assert_int_equal(ledger_query_source(bench->ledger, "", &document), -ENOENT);
}

static void tenants_count_the_ways_of_logging_in(void **state)
{
	struct bench *bench = *state;
	json_t *document;

	three_ticks(bench);
	start_tick(bench, 3);
	add_login(bench, "bob@two.example", "198.51.100.2", OUTCOME_SUCCESS, 3);
	bench->snapshot.attempts[0].mechanism = MECHANISM_TOKEN;
	bench->snapshot.attempts[0].transport = TRANSPORT_TLS;
	tick(bench);
	assert_int_equal(ledger_query_tenants(bench->ledger, &document), 0);
	check_json(document,
		   "{\"tenants\": [{\"tenant\": \"one.example\", \"accounts\": 1, \"successes\": 1,"
		   "\"failures\": 7, \"messages\": 12, \"bytes_sent\": 4096,"
		   "\"cleartext_logins\": 1, \"password_logins\": 1, \"token_logins\": 0},"
		   "{\"tenant\": \"two.example\", \"accounts\": 1, \"successes\": 8,"
		   "\"failures\": 0, \"messages\": 0, \"bytes_sent\": 0,"
		   "\"cleartext_logins\": 5, \"password_logins\": 5, \"token_logins\": 3}]}");
}

static void stores_group_their_readers(void **state)
{
	struct bench *bench = *state;
	struct store_row *row;
	json_t *document;

	for (int i = 0; i < 4; i++) {
		start_tick(bench, i);
		row = snapshot_add_store(&bench->snapshot);
		row->path = i == 3 ? "/etc/shadow" : "/etc/dovecot/users";
		row->actor = i == 2 ? "/bin/cat" : "/usr/lib/dovecot/auth";
		row->allowed = i != 2;
		row->opens = 1;
		row->bytes = 100;
		tick(bench);
	}
	assert_int_equal(ledger_query_stores(bench->ledger, &document), 0);
	check_json(document,
		   "{\"stores\": [{\"path\": \"/etc/dovecot/users\", \"readers\": ["
		   "{\"actor\": \"/bin/cat\", \"uid\": 0, \"allowed\": false, \"opens\": 1,"
		   " \"bytes\": 100},"
		   "{\"actor\": \"/usr/lib/dovecot/auth\", \"uid\": 0, \"allowed\": true,"
		   " \"opens\": 2, \"bytes\": 200}]},"
		   "{\"path\": \"/etc/shadow\", \"readers\": [{\"actor\": \"/usr/lib/dovecot/auth\","
		   " \"uid\": 0, \"allowed\": true, \"opens\": 1, \"bytes\": 100}]}]}");
}

static void sums_go_on_after_a_restart(void **state)
{
	struct bench *bench = *state;
	int64_t since = ledger_since(bench->ledger);
	json_t *document;
	struct stat status;

	three_ticks(bench);
	reopen(bench);
	assert_int_equal(bench->opening, LEDGER_OPENED);
	assert_string_equal(bench->aside, "");
	assert_true(ledger_since(bench->ledger) == since);
	three_ticks(bench);
	document = account(bench, "ann@one.example");
	assert_int_equal(json_integer_value(json_object_get(document, "failures")), 14);
	assert_int_equal(json_integer_value(json_object_get(document, "sources")), 2);
	json_decref(document);
	assert_int_equal(stat(bench->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

/* Checks that the old bytes are still there under the name that was told. */
static void check_set_aside(struct bench *bench, const char *word, off_t bytes)
{
	struct ledger_query query = { 0 };
	struct stat status;
	json_t *document;

	reopen(bench);
	assert_int_equal(bench->opening, LEDGER_SET_ASIDE);
	assert_non_null(strstr(bench->aside, word));
	assert_int_equal(stat(bench->aside, &status), 0);
	assert_int_equal(status.st_size, bytes);
	document = accounts(bench, query);
	assert_int_equal(json_array_size(json_object_get(document, "accounts")), 0);
	json_decref(document);
	three_ticks(bench);
}

static void a_truncated_file_is_set_aside(void **state)
{
	struct bench *bench = *state;
	static const off_t lengths[] = { 40000, 8192, 4096, 1000, 50, 0 };

	for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
		three_ticks(bench);
		ledger_close(take_ptr(bench->ledger));
		assert_int_equal(truncate(bench->path, lengths[i]), 0);
		check_set_aside(bench, ".damaged-", lengths[i]);
	}
}

static void garbage_is_set_aside(void **state)
{
	struct bench *bench = *state;
	_cleanup_close_ int fd = -1;

	ledger_close(take_ptr(bench->ledger));
	fd = open(bench->path, O_WRONLY | O_TRUNC);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(write(fd, "no database", 11), 11);
	check_set_aside(bench, ".damaged-", 11000);
}

static void a_torn_page_is_set_aside(void **state)
{
	struct bench *bench = *state;
	_cleanup_close_ int fd = -1;
	char page[4096];
	struct stat status;

	three_ticks(bench);
	ledger_close(take_ptr(bench->ledger));
	memset(page, 0x5a, sizeof(page));
	fd = open(bench->path, O_WRONLY);
	assert_int_equal(pwrite(fd, page, sizeof(page), 4 * 4096), sizeof(page));
	assert_int_equal(stat(bench->path, &status), 0);
	check_set_aside(bench, ".damaged-", status.st_size);
}

static void another_program_s_database_is_set_aside(void **state)
{
	struct bench *bench = *state;
	sqlite3 *database;
	struct stat status;

	ledger_close(take_ptr(bench->ledger));
	assert_int_equal(unlink(bench->path), 0);
	assert_int_equal(sqlite3_open(bench->path, &database), SQLITE_OK);
	sqlite3_exec(database, "CREATE TABLE accounts (x)", NULL, NULL, NULL);
	sqlite3_close(database);
	assert_int_equal(stat(bench->path, &status), 0);
	check_set_aside(bench, ".damaged-", status.st_size);
}

static void a_later_version_is_set_aside(void **state)
{
	struct bench *bench = *state;
	sqlite3 *database;
	struct stat status;

	three_ticks(bench);
	ledger_close(take_ptr(bench->ledger));
	assert_int_equal(sqlite3_open(bench->path, &database), SQLITE_OK);
	sqlite3_exec(database, "PRAGMA user_version = 7", NULL, NULL, NULL);
	sqlite3_close(database);
	assert_int_equal(stat(bench->path, &status), 0);
	check_set_aside(bench, ".version-7-", status.st_size);
}

static void an_unwritable_place_is_an_error(void **state)
{
	struct ledger_settings settings = { .path = "/nonexistent/waxseal.db", .max_rows = 10 };
	struct bench *bench = *state;
	struct ledger *ledger;

	assert_int_equal(ledger_open(&settings, &ledger, &bench->opening, bench->aside,
				     sizeof(bench->aside)),
			 -ENOENT);
	settings.path = bench->directory;
	assert_int_equal(ledger_open(&settings, &ledger, &bench->opening, bench->aside,
				     sizeof(bench->aside)),
			 -EINVAL);
}

static int64_t sum(json_t *document, const char *list, const char *key)
{
	int64_t total = 0;
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(document, list), i, row)
		total += json_integer_value(json_object_get(row, key));
	return total;
}

static void full_tables_fold_the_oldest_rows(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = { .top = 10000 };
	json_t *document;
	uint64_t n_accounts, n_sources;
	char name[64], source[32];

	bench->max_rows = 50;
	reopen(bench);
	for (int i = 0; i < 600; i++) {
		start_tick(bench, i);
		(void)snprintf(name, sizeof(name), "user%d@domain%d.example", i, i);
		(void)snprintf(source, sizeof(source), "192.0.%d.%d", i / 250, i % 250);
		add_login(bench, name, source, OUTCOME_FAILURE, 1);
		tick(bench);
	}
	assert_int_equal(ledger_count_accounts(bench->ledger, &n_accounts, &n_sources), 0);
	assert_true(n_accounts <= 50 && n_sources <= 50);
	assert_true(ledger_evicted(bench->ledger) >= 3 * 550);
	document = accounts(bench, query);
	assert_int_equal(sum(document, "accounts", "failures"), 600);
	assert_string_equal(name_at(document, "accounts", 0, "account"), "(older)");
	json_decref(document);
	assert_int_equal(ledger_query_sources(bench->ledger, &query, &document), 0);
	assert_int_equal(sum(document, "sources", "attempts"), 600);
	json_decref(document);
	assert_int_equal(ledger_query_tenants(bench->ledger, &document), 0);
	assert_int_equal(sum(document, "tenants", "failures"), 600);
	json_decref(document);
	document = account(bench, "user599@domain599.example");
	assert_int_equal(json_integer_value(json_object_get(document, "sources")), 1);
	json_decref(document);
	assert_int_equal(ledger_query_account(bench->ledger, "user1@domain1.example", &document),
			 -ENOENT);
}

static struct alert example_alert(const char *id, const char *detector, char **names, size_t count)
{
	struct alert alert = { .detector = detector, .severity = SEVERITY_CRITICAL,
			       .subject_kind = SUBJECT_SOURCE, .subject = (char *)"198.51.100.1",
			       .message = (char *)"198.51.100.1 got in.", .accounts = names,
			       .n_accounts = count, .time_us = T0, .first_us = T0, .last_us = T0,
			       .count = 1, .active = true };

	(void)snprintf(alert.id, sizeof(alert.id), "%s", id);
	return alert;
}

static void alerts_are_listed_and_filtered(void **state)
{
	struct bench *bench = *state;
	struct alert alert = example_alert("a1", "takeover", NULL, 0);
	struct ledger_query query = { .since_us = T0 };
	json_t *document;

	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	alert = example_alert("a2", "brute_force", NULL, 0);
	alert.time_us = T0 - 1;
	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	alert.count = 9;
	alert.active = false;
	alert.evidence = json_pack("{s:i}", "failures", 40);
	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	json_decref(alert.evidence);
	assert_int_equal(ledger_query_alerts(bench->ledger, &query, &document), 0);
	assert_int_equal(json_array_size(json_object_get(document, "alerts")), 1);
	json_decref(document);
	query = (struct ledger_query){ .detector = "brute_force" };
	assert_int_equal(ledger_query_alerts(bench->ledger, &query, &document), 0);
	assert_int_equal(sum(document, "alerts", "count"), 9);
	assert_string_equal(name_at(document, "alerts", 0, "state"), "over");
	json_decref(document);
}

static void keep_alert(void *context, struct alert *alert)
{
	struct alert *kept = context;

	assert_string_equal(kept->id, "");
	*kept = *alert;
}

static void an_active_alert_outlives_a_restart(void **state)
{
	struct bench *bench = *state;
	char *names[] = { (char *)"ann@one.example", (char *)"bob@two.example" };
	struct alert alert = example_alert("a1", "takeover", names, 2);
	struct alert kept = { 0 };

	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	alert = example_alert("a2", "takeover", names, 2);
	alert.active = false;
	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	reopen(bench);
	assert_int_equal(ledger_each_active_alert(bench->ledger, keep_alert, &kept), 0);
	assert_string_equal(kept.id, "a1");
	assert_string_equal(kept.detector, "takeover");
	assert_string_equal(kept.message, "198.51.100.1 got in.");
	assert_int_equal(kept.n_accounts, 2);
	assert_true(kept.time_us == T0 && kept.active);
	alert_done(&kept);
}

static void affected_names_who_got_in_and_what_left(void **state)
{
	struct bench *bench = *state;
	char *names[] = { (char *)"ann@one.example", (char *)"bob@two.example" };
	struct alert alert = example_alert("a1", "takeover", names, 2);
	struct ledger_query query = { .tenant = "one.example", .detector = "takeover" };
	json_t *document;

	three_ticks(bench);
	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	assert_int_equal(ledger_query_affected(bench->ledger, &query, &document), 0);
	check_json(document,
		   "{\"accounts\": [{\"account\": \"ann@one.example\", \"tenant\": \"one.example\","
		   "\"sources\": [\"198.51.100.1\"], \"messages\": 12, \"bytes_sent\": 4096,"
		   "\"first\": \"2026-07-01T12:34:56.000Z\", \"last\": \"2026-07-01T12:34:58.000Z\","
		   "\"alerts\": [\"a1\"]}]}");
	query = (struct ledger_query){ .since_us = T0 + 1 };
	assert_int_equal(ledger_query_affected(bench->ledger, &query, &document), 0);
	check_json(document, "{\"accounts\": []}");
}

#define ledger_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(an_account_is_the_sum_of_its_ticks),
		ledger_test(a_source_counts_what_names_no_account),
		ledger_test(lists_have_no_row_for_the_unknown),
		ledger_test(lists_obey_order_top_and_tenant),
		ledger_test(tenants_count_the_ways_of_logging_in),
		ledger_test(stores_group_their_readers),
		ledger_test(sums_go_on_after_a_restart),
		ledger_test(a_truncated_file_is_set_aside),
		ledger_test(garbage_is_set_aside),
		ledger_test(a_torn_page_is_set_aside),
		ledger_test(another_program_s_database_is_set_aside),
		ledger_test(a_later_version_is_set_aside),
		ledger_test(an_unwritable_place_is_an_error),
		ledger_test(full_tables_fold_the_oldest_rows),
		ledger_test(alerts_are_listed_and_filtered),
		ledger_test(an_active_alert_outlives_a_restart),
		ledger_test(affected_names_who_got_in_and_what_left),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
