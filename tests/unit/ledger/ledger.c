/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ledger over several ticks and openings: sums, documents, caps. */
#include <errno.h>
#include <sys/stat.h>

#include "bench.h"

static void an_account_is_the_sum_of_its_ticks(void **state)
{
	struct bench *bench = *state;

	three_ticks(bench);
	check_json(
		account(bench, "ann@one.example"),
		"{\"account\": \"ann@one.example\", \"tenant\": \"one.example\","
		"\"successes\": 1, \"failures\": 7, \"temporary\": 0, \"messages\": 12, \"mailbox_files\": 0,"
		"\"bytes_sent\": 4096, \"sources\": 2, \"last_seen\": \"2026-07-01T12:34:58.000Z\","
		"\"by_service\": [{\"service\": \"imap\", \"mechanism\": \"password\","
		"  \"transport\": \"cleartext\", \"successes\": 1, \"failures\": 7}],"
		"\"by_source\": [{\"source\": \"198.51.100.1\", \"successes\": 1, \"failures\": 3,"
		"  \"messages\": 10, \"mailbox_files\": 0, \"bytes_sent\": 4096,"
		"  \"first_seen\": \"2026-07-01T12:34:56.000Z\","
		"  \"last_seen\": \"2026-07-01T12:34:58.000Z\"},"
		" {\"source\": \"198.51.100.2\", \"successes\": 0, \"failures\": 4,"
		"  \"messages\": 0, \"mailbox_files\": 0, \"bytes_sent\": 0,"
		"  \"first_seen\": \"2026-07-01T12:34:57.000Z\","
		"  \"last_seen\": \"2026-07-01T12:34:57.000Z\"}],"
		"\"readers\": [{\"actor\": \"/usr/lib/dovecot/imap\", \"uid\": 0,"
		"  \"login_uid\": null, \"unit\": null, \"master\": null, \"class\": \"session\","
		"  \"messages\": 10, \"mailbox_files\": 0, \"scanned\": 0, \"bytes_read\": null},"
		" {\"actor\": \"/bin/cat\", \"uid\": 0, \"login_uid\": null, \"unit\": null,"
		"  \"master\": null, \"class\": \"other\", \"messages\": 2, \"mailbox_files\": 0,"
		"  \"scanned\": 0, \"bytes_read\": null}]}");
}

static void a_source_counts_what_names_no_account(void **state)
{
	struct bench *bench = *state;
	json_t *document;

	three_ticks(bench);
	assert_int_equal(ledger_query_source(bench->ledger, "198.51.100.2", &document), 0);
	check_json(document,
		   "{\"source\": \"198.51.100.2\", \"attempts\": 18, \"successes\": 5,"
		   "\"failures\": 6, \"unanswered\": 7, \"accounts\": 2, \"connections\": 0,"
		   "\"score\": null, \"last_seen\": \"2026-07-01T12:34:57.000Z\", \"by_account\": ["
		   "{\"account\": \"bob@two.example\", \"successes\": 5, \"failures\": 0,"
		   " \"messages\": 0, \"mailbox_files\": 0, \"bytes_sent\": 0,"
		   " \"first_seen\": \"2026-07-01T12:34:56.000Z\","
		   " \"last_seen\": \"2026-07-01T12:34:56.000Z\"},"
		   "{\"account\": \"ann@one.example\", \"successes\": 0, \"failures\": 4,"
		   " \"messages\": 0, \"mailbox_files\": 0, \"bytes_sent\": 0,"
		   " \"first_seen\": \"2026-07-01T12:34:57.000Z\","
		   " \"last_seen\": \"2026-07-01T12:34:57.000Z\"}]}");
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

static void connections_count_for_their_address_without_any_attempt(void **state)
{
	struct bench *bench = *state;
	struct connection_row *row;
	json_t *document;

	for (int i = 0; i < 2; i++) {
		start_tick(bench, i);
		row = snapshot_add_connection(&bench->snapshot);
		row->source = "192.0.2.9";
		row->service = "imap";
		row->accepted = 3;
		tick(bench);
	}
	assert_int_equal(ledger_query_source(bench->ledger, "192.0.2.9", &document), 0);
	assert_int_equal(json_integer_value(json_object_get(document, "connections")), 6);
	assert_int_equal(json_integer_value(json_object_get(document, "attempts")), 0);
	json_decref(document);
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
	check_json(
		document,
		"{\"stores\": [{\"path\": \"/etc/dovecot/users\", \"readers\": ["
		"{\"actor\": \"/bin/cat\", \"uid\": 0, \"allowed\": false, \"opens\": 1,"
		" \"bytes\": 100, \"login_uid\": null, \"unit\": null},"
		"{\"actor\": \"/usr/lib/dovecot/auth\", \"uid\": 0, \"allowed\": true,"
		" \"opens\": 2, \"bytes\": 200, \"login_uid\": null, \"unit\": null}]},"
		"{\"path\": \"/etc/shadow\", \"readers\": [{\"actor\": \"/usr/lib/dovecot/auth\","
		" \"uid\": 0, \"allowed\": true, \"opens\": 1, \"bytes\": 100, \"login_uid\": null,"
		" \"unit\": null}]}]}");
}

static void a_reader_is_a_program_for_one_login_in_one_service(void **state)
{
	struct bench *bench = *state;
	json_t *document, *readers;

	start_tick(bench, 0);
	for (int i = 0; i < 4; i++) {
		struct read_row *row = snapshot_add_read(&bench->snapshot);

		row->account = "ann@one.example";
		row->actor = "/usr/bin/doveadm";
		row->reader = READER_HELPER;
		row->login_uid = i == 1 ? 1000 : UID_NONE;
		row->unit = i == 2 ? "cron.service" : "session-5.scope";
		row->master = i == 1 ? "boss" : "";
		row->messages = 1 + (uint64_t)i;
	}
	tick(bench);
	document = account(bench, "ann@one.example");
	readers = json_incref(json_object_get(document, "readers"));
	json_decref(document);
	check_json(readers,
		   "[{\"actor\": \"/usr/bin/doveadm\", \"uid\": 0, \"login_uid\": null,"
		   " \"unit\": \"session-5.scope\", \"master\": null, \"class\": \"helper\", \"messages\": 5,"
		   " \"mailbox_files\": 0, \"scanned\": 0, \"bytes_read\": null},"
		   "{\"actor\": \"/usr/bin/doveadm\", \"uid\": 0, \"login_uid\": null,"
		   " \"unit\": \"cron.service\", \"master\": null, \"class\": \"helper\", \"messages\": 3,"
		   " \"mailbox_files\": 0, \"scanned\": 0, \"bytes_read\": null},"
		   "{\"actor\": \"/usr/bin/doveadm\", \"uid\": 0, \"login_uid\": 1000,"
		   " \"unit\": \"session-5.scope\", \"master\": \"boss\", \"class\": \"helper\", \"messages\": 2,"
		   " \"mailbox_files\": 0, \"scanned\": 0, \"bytes_read\": null}]");
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

static int64_t sum(json_t *document, const char *list, const char *key)
{
	int64_t total = 0;
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(document, list), i, row) total +=
		json_integer_value(json_object_get(row, key));
	return total;
}

static void alerts_are_listed_and_filtered(void **state)
{
	struct bench *bench = *state;
	struct alert alert = example_alert("a1", "takeover", NULL, 0);
	struct ledger_query query = {.since_us = T0};
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
	query = (struct ledger_query){.detector = "brute_force"};
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
	struct harmed_account both[] = {harmed("ann@one.example", HARM_OPENED, T0),
					harmed("bob@two.example", HARM_OPENED, T0)};
	struct alert alert = example_alert("a1", "takeover", both, 2);
	struct alert kept = {0};

	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	alert = example_alert("a2", "takeover", both, 0);
	alert.active = false;
	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	reopen(bench);
	assert_int_equal(ledger_each_open_alert(bench->ledger, keep_alert, &kept), 0);
	assert_string_equal(kept.id, "a1");
	assert_string_equal(kept.detector, "takeover");
	assert_string_equal(kept.message, "198.51.100.1 got in.");
	assert_int_equal(kept.n_accounts, 2);
	assert_int_equal(kept.n_unsaved, 0);
	assert_int_equal(kept.accounts[1].harm, HARM_OPENED);
	assert_true(kept.accounts[1].first_us == T0);
	assert_true(kept.time_us == T0 && kept.active);
	alert_done(&kept);
}

static void affected_names_who_got_in_and_what_left(void **state)
{
	struct bench *bench = *state;
	struct harmed_account both[] = {harmed("ann@one.example", HARM_OPENED, T0),
					harmed("bob@two.example", HARM_OPENED, T0)};
	struct alert alert = example_alert("a1", "takeover", both, 2);
	struct ledger_query query = {.tenant = "one.example", .detector = "takeover"};
	json_t *document;

	three_ticks(bench);
	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	assert_int_equal(ledger_query_affected(bench->ledger, &query, &document), 0);
	check_json(
		document,
		"{\"next\": null, \"accounts\": [{\"account\": \"ann@one.example\", \"tenant\": \"one.example\","
		"\"happened\": \"opened\", \"time\": \"2026-07-01T12:34:56.000Z\","
		"\"last_time\": \"2026-07-01T12:34:56.000Z\", \"reset\": true,"
		"\"reason\": \"password leaked or guessed: opened\","
		"\"sources\": [\"198.51.100.1\"], \"messages\": 12, \"mailbox_files\": 0,"
		"\"bytes_sent\": 4096, \"first\": \"2026-07-01T12:34:56.000Z\", \"last\": \"2026-07-01T12:34:58.000Z\","
		"\"alerts\": [\"a1\"]}]}");
	query = (struct ledger_query){.since_us = T0 + 1};
	assert_int_equal(ledger_query_affected(bench->ledger, &query, &document), 0);
	check_json(document, "{\"accounts\": [], \"next\": null}");
}

static void what_lies_in_files_of_many_messages_is_unknown(void **state)
{
	struct bench *bench = *state;
	struct read_row *row;
	json_t *document, *reader;

	start_tick(bench, 0);
	row = add_read(bench, "ann@one.example", "198.51.100.1", "/usr/lib/dovecot/imap",
		       READER_SESSION, 0);
	row->mailbox_files = 2;
	row->bytes_sent = 512;
	row = add_read(bench, "bob@two.example", "", "/usr/lib/dovecot/imap", READER_SESSION, 3);
	row->scanned = 40;
	tick(bench);
	document = account(bench, "ann@one.example");
	assert_true(json_is_null(json_object_get(document, "messages")));
	assert_int_equal(json_integer_value(json_object_get(document, "mailbox_files")), 2);
	reader = json_array_get(json_object_get(document, "readers"), 0);
	assert_true(json_is_null(json_object_get(reader, "messages")));
	assert_int_equal(json_integer_value(json_object_get(reader, "mailbox_files")), 2);
	reader = json_array_get(json_object_get(document, "by_source"), 0);
	assert_true(json_is_null(json_object_get(reader, "messages")));
	json_decref(document);
	document = account(bench, "bob@two.example");
	assert_int_equal(json_integer_value(json_object_get(document, "messages")), 3);
	reader = json_array_get(json_object_get(document, "readers"), 0);
	assert_int_equal(json_integer_value(json_object_get(reader, "scanned")), 40);
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(an_account_is_the_sum_of_its_ticks),
		ledger_test(a_source_counts_what_names_no_account),
		ledger_test(tenants_count_the_ways_of_logging_in),
		ledger_test(stores_group_their_readers),
		ledger_test(a_reader_is_a_program_for_one_login_in_one_service),
		ledger_test(connections_count_for_their_address_without_any_attempt),
		ledger_test(sums_go_on_after_a_restart),
		ledger_test(alerts_are_listed_and_filtered),
		ledger_test(an_active_alert_outlives_a_restart),
		ledger_test(affected_names_who_got_in_and_what_left),
		ledger_test(what_lies_in_files_of_many_messages_is_unknown),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
