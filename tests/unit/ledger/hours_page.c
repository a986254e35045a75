/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of the rows by hour: pages, filters, and places that no page gave. */
#include <errno.h>

#include "hours.h"

static void fill_hours(struct bench *bench, int hours)
{
	for (int i = 0; i < hours; i++) {
		start_hour(bench, i);
		add_login(bench, "ann@one.example", "198.51.100.1", OUTCOME_SUCCESS, 1);
		add_login(bench, "bob@two.example", "198.51.100.1", OUTCOME_SUCCESS, 10);
		tick(bench);
	}
}

static void since_and_until_choose_rows_with_events_between(void **state)
{
	struct bench *bench = *state;
	int64_t six = (HOUR0 + 6) * US_PER_HOUR;

	fill_hours(bench, 12);
	assert_int_equal(count_rows(bench, (struct ledger_query){.since_us = six}), 12);
	assert_int_equal(count_rows(bench, (struct ledger_query){.until_us = six}), 12);
	assert_int_equal(
		count_rows(bench, (struct ledger_query){.since_us = six + 6 * US_PER_MINUTE}), 10);
	assert_int_equal(
		count_rows(bench, (struct ledger_query){.until_us = six + 5 * US_PER_MINUTE}), 12);
	assert_int_equal(count_rows(bench, (struct ledger_query){.since_us = six,
								 .until_us = six + US_PER_HOUR}),
			 2);
	assert_int_equal(count_rows(bench, (struct ledger_query){.account = "nobody"}), 0);
}

static void what_began_before_its_hour_is_found_there(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = {.since_us = (HOUR0 + 1) * US_PER_HOUR,
				     .until_us = (HOUR0 + 2) * US_PER_HOUR};

	start_hour(bench, 5);
	add_read(bench, "ann@one.example", "", "/bin/cat", READER_OTHER, 3)->first_us =
		HOUR0 * US_PER_HOUR + 1;
	tick(bench);
	assert_int_equal(sum_of(bench, query, "messages"), 3);
	query.until_us = HOUR0 * US_PER_HOUR;
	query.since_us = 0;
	assert_int_equal(sum_of(bench, query, "messages"), 0);
}

static void pages_give_each_row_once(void **state)
{
	struct bench *bench = *state;
	static const char *const accounts_asked[] = {NULL, "ann@one.example"};

	fill_hours(bench, 50);
	for (size_t i = 0; i < ARRAY_LENGTH(accounts_asked); i++) {
		struct ledger_query query = {.top = 7, .account = accounts_asked[i]};
		_cleanup_free_ char *after = NULL;
		int64_t successes = 0;
		bool cut = true;

		while (cut) {
			json_t *document;

			query.after = after;
			document = page(bench, query);
			assert_true(json_array_size(rows_of(document)) <= 7);
			successes += sum_of(bench, query, "successes");
			cut = json_is_true(json_object_get(document, "cut"));
			free(after);
			after = NULL;
			if (cut)
				after = xstrdup(
					json_string_value(json_object_get(document, "next")));
			json_decref(document);
		}
		assert_int_equal(successes, accounts_asked[i] ? 50 : 550);
	}
}

static void a_wrong_place_is_refused(void **state)
{
	static const char *const wrong[] = {"", "1", "1-2-3", "1-2-3-4-5", "1-2-3-x", "1--3-4"};
	struct bench *bench = *state;
	json_t *document;

	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		struct ledger_query query = {.after = wrong[i], .now_us = T0};

		assert_int_equal(ledger_query_hours(bench->ledger, &query, &document), -EINVAL);
	}
}

static void an_actor_is_looked_for_among_all_rows(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = {.actor = "/bin/cat", .top = 1};
	json_t *document;

	fill_hours(bench, 30);
	start_hour(bench, 30);
	add_read(bench, "ann@one.example", "", "/bin/cat", READER_OTHER, 3);
	tick(bench);
	document = page(bench, query);
	assert_int_equal(json_array_size(rows_of(document)), 1);
	assert_true(json_is_false(json_object_get(document, "cut")));
	assert_true(json_is_null(json_object_get(document, "next")));
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(since_and_until_choose_rows_with_events_between),
		ledger_test(what_began_before_its_hour_is_found_there),
		ledger_test(pages_give_each_row_once),
		ledger_test(a_wrong_place_is_refused),
		ledger_test(an_actor_is_looked_for_among_all_rows),
	};

	return cmocka_run_group_tests_name("ledger hours page", tests, NULL, NULL);
}
