/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the sensors were looking, over ticks, restarts, crashes and losses. */
#include <limits.h>

#include "coverage.h"

static void an_interval_grows_with_each_tick(void **state)
{
	struct bench *bench = *state;
	json_t *document;

	begin(bench, 0, false, "boot-1");
	ticks(bench, 1, 60);
	check_list(bench, "intervals", "state", "0-60 active\n");
	check_list(bench, "gaps", "why", "");
	document = coverage_since(bench, START);
	assert_int_equal(second_of(document, "until"), 60);
	assert_int_equal(json_array_size(json_object_get(document, "intervals")), 2);
	json_decref(document);
}

static void a_change_of_state_begins_an_interval(void **state)
{
	struct coverage degraded = looking("degraded", "no root"), off = looking("off", "refused");
	struct bench *bench = *state;

	begin(bench, 0, false, "boot-1");
	ticks(bench, 1, 3);
	quiet_tick(bench, 4, &degraded);
	quiet_tick(bench, 5, &degraded);
	quiet_tick(bench, 6, &off);
	ticks(bench, 7, 8);
	check_list(bench, "intervals", "state", "0-3 active\n3-5 degraded\n5-6 off\n6-8 active\n");
	check_list(bench, "gaps", "why", "5-6 off: refused\n");
}

static void programs_that_ran_on_leave_no_gap(void **state)
{
	struct bench *bench = *state;

	begin(bench, 0, false, "boot-1");
	ticks(bench, 1, 3);
	for (int run = 0; run < 2; run++) {
		reopen(bench);
		begin(bench, 10 + run, true, "boot-1");
	}
	ticks(bench, 12, 20);
	check_list(bench, "intervals", "reason",
		   "0-3 \n3-10 counted by the kernel while no daemon ran\n"
		   "10-12 counted by the kernel while no daemon ran\n12-20 \n");
	check_list(bench, "gaps", "why", "");
}

static void ticks_without_counts_are_committed_too(void **state)
{
	struct coverage coverage = looking("active", "");
	uint64_t instance, epochs;
	struct bench *bench = *state;

	begin(bench, 0, false, "boot-1");
	bench->snapshot.instance = 77;
	for (int i = 1; i <= 5; i++) {
		bench->snapshot.instance = 77;
		bench->snapshot.epoch = 10 + i;
		quiet_tick(bench, i, &coverage);
	}
	reopen(bench);
	assert_int_equal(ledger_committed(bench->ledger, &instance, &epochs), 0);
	assert_int_equal(instance, 77);
	assert_int_equal(epochs, 16);
	/* new maps */
	begin(bench, 10, false, "boot-1");
	bench->snapshot.instance = 78;
	bench->snapshot.epoch = 0;
	quiet_tick(bench, 11, &coverage);
	assert_int_equal(ledger_committed(bench->ledger, &instance, &epochs), 0);
	assert_int_equal(instance, 78);
	assert_int_equal(epochs, 1);
}

static void losses_have_intervals_of_their_own(void **state)
{
	struct coverage coverage = looking("active", "");
	struct bench *bench = *state;
	json_t *document, *lost;

	begin(bench, 0, false, "boot-1");
	ticks(bench, 1, 3);
	coverage.losses[0].count = 5;
	quiet_tick(bench, 4, &coverage);
	coverage.losses[0].count = 7;
	quiet_tick(bench, 5, &coverage);
	quiet_tick(bench, 600, &coverage);
	quiet_tick(bench, 700, &coverage);
	check_list(bench, "intervals", "state", "0-3 active\n3-600 active\n600-700 active\n");
	document = coverage_since(bench, START);
	assert_int_equal(json_array_size(json_object_get(document, "intervals")), 4);
	lost = json_object_get(json_array_get(json_object_get(document, "intervals"), 2), "lost");
	assert_int_equal(json_object_size(lost), 1);
	assert_int_equal(json_integer_value(json_object_get(lost, "reads_full")), 7);
	json_decref(document);
}

static void what_the_kernel_lost_alone_falls_into_that_span(void **state)
{
	struct coverage coverage = looking("active", "");
	struct bench *bench = *state;
	json_t *document, *lost;

	begin(bench, 0, false, "boot-1");
	coverage.losses[0].count = 5;
	quiet_tick(bench, 1, &coverage);
	reopen(bench);
	begin(bench, 10, true, "boot-1");
	coverage.losses[0].count = 9;
	quiet_tick(bench, 11, &coverage);
	quiet_tick(bench, 1000, &coverage);
	check_list(bench, "intervals", "reason",
		   "0-0 \n0-1 \n1-11 counted by the kernel while no daemon ran\n11-1000 \n");
	document = coverage_since(bench, START);
	lost = json_object_get(json_array_get(json_object_get(document, "intervals"), 5), "lost");
	assert_int_equal(json_integer_value(json_object_get(lost, "reads_full")), 4);
	json_decref(document);
	reopen(bench);
	/* new maps count from 0 */
	begin(bench, 1010, false, "boot-1");
	coverage.losses[0].count = 9;
	quiet_tick(bench, 1011, &coverage);
	document = coverage_since(bench, at(1010));
	lost = json_object_get(json_array_get(json_object_get(document, "intervals"), 2), "lost");
	assert_int_equal(json_integer_value(json_object_get(lost, "reads_full")), 9);
	json_decref(document);
}

static void what_is_not_written_is_not_covered(void **state)
{
	struct bench *bench = *state;

	begin(bench, 0, false, "boot-1");
	ticks(bench, 1, 3);
	quiet_tick(bench, 4, NULL);
	start_tick(bench, 5);
	add_login(bench, "ann@one.example", "", OUTCOME_SUCCESS, 1);
	tick(bench);
	check_list(bench, "intervals", "state", "0-3 active\n");
}

static void copy_file(const char *from, const char *to, long most)
{
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");
	int byte;

	assert_non_null(in);
	assert_non_null(out);
	for (long i = 0; i < most && (byte = getc(in)) != EOF; i++)
		assert_int_equal(putc(byte, out), byte);
	(void)fclose(in);
	(void)fclose(out);
}

/* What a power cut leaves: the file, and as much of its log as had reached the disk. */
static void a_cut_log_ends_counts_and_coverage_alike(void **state)
{
	struct coverage coverage = looking("active", "");
	struct bench *bench = *state, copy = {.max_rows = 1000};
	_cleanup_free_ char *log = xasprintf("%s-wal", bench->path), *copied_log = NULL;
	int before = 0;

	begin(bench, 0, false, "boot-1");
	for (int i = 1; i <= 40; i++) {
		bench->snapshot.until_us = at(i);
		add_login(bench, "ann@one.example", "192.0.2.1", OUTCOME_SUCCESS, 1);
		quiet_tick(bench, i, &coverage);
	}
	(void)snprintf(copy.path, sizeof(copy.path), "%s/copy.db", bench->directory);
	copied_log = xasprintf("%s-wal", copy.path);
	for (long bytes = 200000; bytes < 4000000; bytes += 177777) {
		json_t *document;
		int until;

		copy_file(bench->path, copy.path, LONG_MAX);
		copy_file(log, copied_log, bytes);
		reopen(&copy);
		assert_int_equal(copy.opening, LEDGER_OPENED);
		document = coverage_since(&copy, START);
		until = second_of(document, "until");
		json_decref(document);
		assert_true(until >= before);
		before = until;
		if (until > 0) {
			document = account(&copy, "ann@one.example");
			assert_int_equal(json_integer_value(json_object_get(document, "successes")),
					 until);
			json_decref(document);
		}
		ledger_close(take_ptr(copy.ledger));
	}
	assert_int_equal(before, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(an_interval_grows_with_each_tick),
		ledger_test(a_change_of_state_begins_an_interval),
		ledger_test(programs_that_ran_on_leave_no_gap),
		ledger_test(ticks_without_counts_are_committed_too),
		ledger_test(losses_have_intervals_of_their_own),
		ledger_test(what_the_kernel_lost_alone_falls_into_that_span),
		ledger_test(what_is_not_written_is_not_covered),
		ledger_test(a_cut_log_ends_counts_and_coverage_alike),
	};

	return cmocka_run_group_tests_name("ledger coverage", tests, NULL, NULL);
}
