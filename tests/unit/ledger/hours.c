/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows by hour: sums, and what happens when there are too many. */

#include "hours.h"

/* Hours from there: after the making of the file, which is by the wall clock. */
#define LATER 1000000
#define LATER_TEXT "2140-07-30T09:00:00.000Z"

static void an_hour_is_the_sum_of_its_ticks(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = {.account = "ann@one.example", .actor = "/bin/cat"};
	json_t *document;

	three_ticks(bench);
	three_ticks(bench);
	document = page(bench, query);
	json_incref(json_array_get(rows_of(document), 0));
	check_json(json_array_get(rows_of(document), 0),
		   "{\"hour\": \"2026-07-01T12:00:00.000Z\", \"account\": \"ann@one.example\","
		   "\"tenant\": \"one.example\", \"source\": null, \"service\": null,"
		   "\"actor\": \"/bin/cat\", \"uid\": 0, \"login_uid\": null,"
		   "\"unit\": null, \"master\": null, \"class\": \"other\", \"successes\": 0,"
		   "\"failures\": 0, \"messages\": 4, \"mailbox_files\": 0, \"scanned\": 0,"
		   "\"bytes_read\": null, \"bytes_sent\": 0,"
		   "\"first\": \"2026-07-01T12:34:58.000Z\","
		   "\"last\": \"2026-07-01T12:34:58.000Z\"}");
	json_decref(document);
	query.actor = NULL;
	assert_int_equal(sum_of(bench, query, "messages"), 24);
	assert_int_equal(sum_of(bench, query, "bytes_sent"), 8192);
	assert_int_equal(sum_of(bench, query, "failures"), 14);
	assert_int_equal(sum_of(bench, query, "successes"), 2);
}

static void a_login_has_no_program(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = {.account = "bob@two.example"};
	json_t *document, *row;

	three_ticks(bench);
	document = page(bench, query);
	row = json_array_get(rows_of(document), 0);
	assert_true(json_is_null(json_object_get(row, "actor")));
	assert_true(json_is_null(json_object_get(row, "uid")));
	assert_true(json_is_null(json_object_get(row, "class")));
	assert_true(json_is_null(json_object_get(row, "login_uid")));
	assert_true(json_is_null(json_object_get(row, "unit")));
	assert_true(json_is_null(json_object_get(row, "master")));
	assert_string_equal(name_at(document, "rows", 0, "service"), "imap");
	assert_string_equal(name_at(document, "rows", 0, "source"), "198.51.100.2");
	assert_true(json_is_false(json_object_get(document, "cut")));
	json_decref(document);
}

static struct read_row *read_by_tar(struct bench *bench, uint32_t login_uid, const char *unit,
				    const char *master)
{
	struct read_row *row =
		add_read(bench, "ann@one.example", "", "/bin/tar", READER_OTHER, 3);

	row->uid = 1000;
	row->login_uid = login_uid;
	row->unit = unit;
	row->master = master;
	return row;
}

static void a_reader_is_also_login_unit_and_master(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = {.actor = "/bin/tar"};
	json_t *document;

	for (int i = 0; i < 2; i++) {
		start_hour(bench, 1);
		read_by_tar(bench, UID_NONE, "backup.service", "");
		read_by_tar(bench, 1001, "user@1001.service", "");
		read_by_tar(bench, 1002, "user@1001.service", "");
		read_by_tar(bench, 1001, "user@1001.service", "vm");
		tick(bench);
	}
	document = page(bench, query);
	assert_int_equal(json_array_size(rows_of(document)), 4);
	check_json(json_incref(json_array_get(rows_of(document), 3)),
		   "{\"hour\": \"2026-07-01T13:00:00.000Z\", \"account\": \"ann@one.example\","
		   "\"tenant\": \"one.example\", \"source\": null, \"service\": null,"
		   "\"actor\": \"/bin/tar\", \"uid\": 1000, \"login_uid\": 1001,"
		   "\"unit\": \"user@1001.service\", \"master\": \"vm\", \"class\": \"other\","
		   "\"successes\": 0, \"failures\": 0, \"messages\": 6, \"mailbox_files\": 0,"
		   "\"scanned\": 0, \"bytes_read\": null, \"bytes_sent\": 0,"
		   "\"first\": \"2026-07-01T13:05:00.000Z\","
		   "\"last\": \"2026-07-01T13:05:00.000Z\"}");
	assert_string_equal(name_at(document, "rows", 0, "unit"), "backup.service");
	assert_true(json_is_null(json_object_get(json_array_get(rows_of(document), 0), "login_uid")));
	json_decref(document);
}

static void failures_are_folded_before_reads(void **state)
{
	struct bench *bench = *state;
	char name[64];
	json_t *document;

	bench->max_rows = 100;
	reopen(bench);
	start_hour(bench, LATER);
	add_read(bench, "ann@one.example", "", "/bin/cat", READER_OTHER, 3);
	tick(bench);
	for (int i = 0; i < 400; i++) {
		start_hour(bench, LATER + 1 + i / 100);
		(void)snprintf(name, sizeof(name), "user%d@one.example", i);
		add_login(bench, name, "192.0.2.1", OUTCOME_FAILURE, 1);
		tick(bench);
	}
	assert_int_equal(number(bench, "SELECT count(*) FROM hours"), 100);
	assert_int_equal(number(bench, "SELECT hours_folded FROM state"), 301);
	assert_int_equal(number(bench, "SELECT count(*) FROM names"), 101);
	assert_int_equal(number(bench, "SELECT count(*) FROM access_paths"), 2);
	assert_int_equal(number(bench, "SELECT sum(uses) FROM access_paths"), 100);
	assert_true(ledger_evicted(bench->ledger) >= 301);
	document = page(bench, (struct ledger_query){.account = "ann@one.example",
						     .now_us = INT64_MAX / 2});
	assert_int_equal(json_array_size(rows_of(document)), 1);
	assert_int_equal(json_integer_value(json_object_get(document, "folded")), 301);
	/* the last of the 301 was the first of the fourth hour */
	assert_string_equal(json_string_value(json_object_get(document, "failures_complete_since")),
			    LATER_TEXT);
	json_decref(document);
}

static void reads_are_folded_last_and_it_is_said(void **state)
{
	struct bench *bench = *state;
	json_t *document;
	char name[64];

	bench->max_rows = 10;
	reopen(bench);
	for (int i = 0; i < 30; i++) {
		start_hour(bench, LATER + i);
		(void)snprintf(name, sizeof(name), "user%d@one.example", i);
		add_read(bench, name, "", "/bin/cat", READER_OTHER, 1);
		tick(bench);
	}
	document = page(bench, (struct ledger_query){.now_us = INT64_MAX / 2});
	assert_int_equal(json_array_size(rows_of(document)), 10);
	assert_string_equal(json_string_value(json_object_get(document, "complete_since")),
			    json_string_value(json_object_get(document, "since")));
	assert_string_equal(name_at(document, "rows", 0, "hour"),
			    json_string_value(json_object_get(document, "complete_since")));
	json_decref(document);
}

static void old_hours_expire(void **state)
{
	struct bench *bench = *state;

	bench->max_age_us = 10 * US_PER_DAY;
	reopen(bench);
	for (int day = 0; day < 30; day++) {
		start_hour(bench, 24 * day);
		add_login(bench, "ann@one.example", "198.51.100.1", OUTCOME_SUCCESS, 1);
		tick(bench);
	}
	assert_int_equal(number(bench, "SELECT count(*) FROM hours"), 11);
	assert_int_equal(number(bench, "SELECT hours_expired FROM state"), 19);
	assert_int_equal(number(bench, "SELECT hours_folded FROM state"), 0);
	assert_int_equal(ledger_evicted(bench->ledger), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(an_hour_is_the_sum_of_its_ticks),
		ledger_test(a_login_has_no_program),
		ledger_test(a_reader_is_also_login_unit_and_master),
		ledger_test(failures_are_folded_before_reads),
		ledger_test(reads_are_folded_last_and_it_is_said),
		ledger_test(old_hours_expire),
	};

	return cmocka_run_group_tests_name("ledger hours", tests, NULL, NULL);
}
