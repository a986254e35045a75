/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the sensors were looking, over ticks, restarts, crashes and losses. */
#include <limits.h>

#include "base/time.h"
#include "bench.h"
#include "ledger/coverage.h"

/* After the making of the file, which is by the wall clock. */
#define START (T0 + 36500 * US_PER_DAY)

static int64_t at(int second)
{
	return START + second * US_PER_SECOND;
}

static struct coverage looking(const char *state, const char *reason)
{
	struct coverage coverage = {.sensors = {{.name = "mailbox", .state = state},
						{.name = "auth", .state = "active"}},
				    .n_sensors = 2,
				    .losses = {{.stage = "reads_full", .sensors = 1},
					       {.stage = "ledger_events", .sensors = 3}},
				    .n_losses = 2};

	(void)snprintf(coverage.sensors[0].reason, sizeof(coverage.sensors[0].reason), "%s",
		       reason);
	return coverage;
}

static void begin(struct bench *bench, int second, bool goes_on, const char *boot)
{
	struct coverage_start start = {.goes_on = goes_on, .now_us = at(second)};
	struct coverage coverage = looking("active", "");

	(void)snprintf(start.boot, sizeof(start.boot), "%s", boot);
	/* only what does not begin at 0 */
	coverage.n_losses = 0;
	assert_int_equal(coverage_begin(bench->ledger, &coverage, &start), 0);
}

static void quiet_tick(struct bench *bench, int second, const struct coverage *coverage)
{
	coverage_note(bench->ledger, coverage);
	bench->snapshot.until_us = at(second);
	tick(bench);
}

static void ticks(struct bench *bench, int first, int last)
{
	struct coverage coverage = looking("active", "");

	for (int i = first; i <= last; i++)
		quiet_tick(bench, i, &coverage);
}

static int second_of(const json_t *object, const char *key)
{
	int64_t time_us;

	assert_int_equal(time_parse(json_string_value(json_object_get(object, key)), 0, &time_us),
			 0);
	return (int)((time_us - START) / US_PER_SECOND);
}

static json_t *coverage_since(struct bench *bench, int64_t since_us)
{
	struct ledger_query query = {.since_us = since_us};
	json_t *document;

	assert_int_equal(ledger_query_coverage(bench->ledger, &query, &document), 0);
	return document;
}

/* The intervals or gaps of mailbox, a line each: FROM-UNTIL WORD. */
static void check_list(struct bench *bench, const char *list, const char *key, const char *expected)
{
	json_t *document = coverage_since(bench, START), *item;
	char text[2048] = "", line[256];
	size_t i;

	json_array_foreach(json_object_get(document, list), i, item)
	{
		if (strcmp(json_string_value(json_object_get(item, "sensor")), "mailbox") != 0)
			continue;
		(void)snprintf(line, sizeof(line), "%d-%d %s\n", second_of(item, "from"),
			       second_of(item, "until"),
			       json_string_value(json_object_get(item, key)));
		strcat(text, line);
	}
	assert_string_equal(text, expected);
	json_decref(document);
}

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
		ledger_test(a_stop_is_a_gap),
		ledger_test(a_killed_daemon_is_a_gap_from_its_last_tick_on),
		ledger_test(programs_that_ran_on_leave_no_gap),
		ledger_test(ticks_without_counts_are_committed_too),
		ledger_test(a_reboot_is_never_gone_on_with),
		ledger_test(losses_have_intervals_of_their_own),
		ledger_test(what_the_kernel_lost_alone_falls_into_that_span),
		ledger_test(what_is_not_written_is_not_covered),
		ledger_test(the_time_before_is_told),
		ledger_test(old_intervals_go_and_it_is_told),
		ledger_test(a_cut_log_ends_counts_and_coverage_alike),
	};

	return cmocka_run_group_tests_name("ledger coverage", tests, NULL, NULL);
}
