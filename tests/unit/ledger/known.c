/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accounts of the past are read back a few rows at a time. */
#include "bench.h"

#include "ledger/known.h"

/* "account source last_second;" of everything from since_us on, read in steps of `most` rows. */
static char *read_all(struct bench *bench, int64_t since_us, size_t most)
{
	struct ledger_place place = {.since_us = since_us, .until_us = T0 + INT64_C(3600000000)};
	struct ledger_known rows[8];
	char *text = xstrdup("");

	for (int steps = 0; !place.is_done; steps++) {
		int count = ledger_read_known(bench->ledger, &place, most, rows);

		assert_in_range(count, 0, most);
		assert_in_range(steps, 0, 20);
		for (int i = 0; i < count; i++) {
			char *longer = xasprintf(
				"%s%s %s %lld;", text, rows[i].account, rows[i].source,
				rows[i].last_us ? (long long)(rows[i].last_us - T0) / 1000000 : -1);

			free(text);
			text = longer;
		}
		ledger_known_done(rows, (size_t)count);
	}
	assert_int_equal(ledger_read_known(bench->ledger, &place, most, rows), 0);
	return text;
}

static void fill(struct bench *bench)
{
	start_tick(bench, 1);
	add_login(bench, "ann@one.example", "198.51.100.1", OUTCOME_SUCCESS, 1);
	add_login(bench, "ghost@one.example", "198.51.100.1", OUTCOME_FAILURE, 3);
	tick(bench);
	start_tick(bench, 2);
	add_login(bench, "ann@one.example", "198.51.100.2", OUTCOME_SUCCESS, 1);
	add_login(bench, "bob@one.example", "198.51.100.2", OUTCOME_FAILURE, 1);
	add_login(bench, "bob@one.example", "198.51.100.3", OUTCOME_SUCCESS, 1);
	tick(bench);
	start_tick(bench, 3);
	add_read(bench, "cat@one.example", "", "/bin/tar", READER_OTHER, 2);
	tick(bench);
}

static void those_that_were_opened_are_known_with_what_opened_them(void **state)
{
	struct bench *bench = *state;
	_cleanup_free_ char *all = NULL, *late = NULL;

	fill(bench);
	all = read_all(bench, 0, 8);
	assert_string_equal(all, "ann@one.example 198.51.100.1 1;ann@one.example 198.51.100.2 2;"
				 "bob@one.example 198.51.100.3 2;"
				 "ann@one.example  -1;bob@one.example  -1;cat@one.example  -1;");
	late = read_all(bench, T0 + 2000000, 8);
	assert_string_equal(late, "ann@one.example 198.51.100.2 2;bob@one.example 198.51.100.3 2;"
				  "ann@one.example  -1;bob@one.example  -1;cat@one.example  -1;");
}

static void small_steps_read_the_same(void **state)
{
	struct bench *bench = *state;
	_cleanup_free_ char *at_once = NULL, *by_ones = NULL;

	fill(bench);
	at_once = read_all(bench, 0, 8);
	by_ones = read_all(bench, 0, 1);
	assert_string_equal(at_once, by_ones);
}

static void an_empty_ledger_knows_nobody(void **state)
{
	_cleanup_free_ char *all = read_all(*state, 0, 8);

	assert_string_equal(all, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			those_that_were_opened_are_known_with_what_opened_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(small_steps_read_the_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_ledger_knows_nobody, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("ledger/known", tests, NULL, NULL);
}
