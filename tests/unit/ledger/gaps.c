/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The times for which no answer can be given, with their reasons. */
#include "coverage.h"

static void a_stop_is_a_gap(void **state)
{
	struct bench *bench = *state;

	begin(bench, 0, false, "boot-1");
	ticks(bench, 1, 3);
	assert_int_equal(coverage_end(bench->ledger, "stopped"), 0);
	reopen(bench);
	begin(bench, 10, false, "boot-1");
	ticks(bench, 11, 12);
	check_list(bench, "intervals", "state", "0-3 active\n10-12 active\n");
	check_list(bench, "gaps", "why", "3-10 waxseald was stopped\n");
}

static void a_killed_daemon_is_a_gap_from_its_last_tick_on(void **state)
{
	struct bench *bench = *state;

	begin(bench, 0, false, "boot-1");
	ticks(bench, 1, 3);
	reopen(bench);
	begin(bench, 10, false, "boot-1");
	check_list(bench, "gaps", "why",
		   "3-10 waxseald was killed, and its counts were not gone on with\n");
}

static void the_time_before_is_told(void **state)
{
	struct bench *bench = *state;
	json_t *document;

	begin(bench, 0, false, "boot-1");
	document = coverage_since(bench, T0);
	assert_string_equal(name_at(document, "gaps", 0, "why"),
			    "before the first start of a version that records this");
	assert_int_equal(json_array_size(json_object_get(document, "gaps")), 2);
	json_decref(document);
	document = coverage_since(bench, 0);
	assert_int_equal(second_of(document, "since"), 0);
	assert_int_equal(json_array_size(json_object_get(document, "gaps")), 0);
	json_decref(document);
}

static void old_intervals_go_and_it_is_told(void **state)
{
	struct bench *bench = *state;
	json_t *document;

	bench->max_age_us = US_PER_DAY;
	reopen(bench);
	begin(bench, 0, false, "boot-1");
	ticks(bench, 1, 3);
	begin(bench, 10, false, "boot-1");
	ticks(bench, 90000, 90000);
	check_list(bench, "intervals", "state", "10-90000 active\n");
	document = coverage_since(bench, START);
	assert_string_equal(name_at(document, "gaps", 0, "why"), "longer ago than is kept");
	json_decref(document);
}

static void a_reboot_is_never_gone_on_with(void **state)
{
	struct bench *bench = *state;

	begin(bench, 0, false, "boot-1");
	ticks(bench, 1, 3);
	reopen(bench);
	begin(bench, 10, true, "boot-2");
	ticks(bench, 11, 11);
	assert_int_equal(coverage_end(bench->ledger, "stopped"), 0);
	reopen(bench);
	begin(bench, 20, false, "boot-3");
	check_list(bench, "gaps", "why",
		   "3-10 the host went down or was reset while waxseald ran\n"
		   "11-20 waxseald was stopped, and the host was started anew\n");
}

static void a_gap_begins_where_the_question_does(void **state)
{
	struct bench *bench = *state;
	json_t *document;

	begin(bench, 0, false, "boot-1");
	ticks(bench, 1, 3);
	assert_int_equal(coverage_end(bench->ledger, "stopped"), 0);
	begin(bench, 60, false, "boot-1");
	ticks(bench, 61, 62);
	document = coverage_since(bench, at(30));
	assert_int_equal(json_array_size(json_object_get(document, "gaps")), 2);
	assert_string_equal(name_at(document, "gaps", 0, "why"), "waxseald was stopped");
	assert_int_equal(second_of(json_array_get(json_object_get(document, "gaps"), 0), "from"),
			 30);
	json_decref(document);
	document = coverage_since(bench, at(61));
	assert_int_equal(json_array_size(json_object_get(document, "gaps")), 0);
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(a_stop_is_a_gap),
		ledger_test(a_killed_daemon_is_a_gap_from_its_last_tick_on),
		ledger_test(the_time_before_is_told),
		ledger_test(old_intervals_go_and_it_is_told),
		ledger_test(a_reboot_is_never_gone_on_with),
		ledger_test(a_gap_begins_where_the_question_does),
	};

	return cmocka_run_group_tests_name("ledger gaps", tests, NULL, NULL);
}
