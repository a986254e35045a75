/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ticks that a ledger refuses: kept in order, written later, counted when given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "daemon/backlog.h"

/* A ledger that remembers the times of what it took, or refuses. */
static bool refuses;
static int64_t taken[1000];
static size_t n_taken;

int ledger_add(struct ledger *ledger, const struct snapshot *snapshot)
{
	(void)ledger;
	if (refuses)
		return -ENOSPC;
	taken[n_taken++] = snapshot->until_us;
	return 0;
}

static int start_anew(void **state)
{
	(void)state;
	refuses = false;
	n_taken = 0;
	return 0;
}

static int write_tick(struct backlog *backlog, int64_t time_us, uint64_t failures)
{
	struct snapshot tick = {.until_us = time_us};
	int r;

	if (failures)
		snapshot_add_attempt(&tick)->count[OUTCOME_FAILURE] = failures;
	r = backlog_write(backlog, NULL, &tick);
	if (r < 0)
		assert_int_equal(tick.n_attempts, 0);
	snapshot_done(&tick);
	return r;
}

static void a_willing_ledger_gets_each_tick_at_once(void **state)
{
	struct backlog backlog = {};

	(void)state;
	assert_int_equal(write_tick(&backlog, 1, 5), 0);
	assert_int_equal(write_tick(&backlog, 2, 5), 0);
	assert_int_equal(n_taken, 2);
	assert_int_equal(backlog.count, 0);
	backlog_done(&backlog);
}

static void refused_ticks_are_written_later_in_order(void **state)
{
	struct backlog backlog = {};

	(void)state;
	refuses = true;
	assert_int_equal(write_tick(&backlog, 1, 5), -ENOSPC);
	assert_int_equal(write_tick(&backlog, 2, 5), -ENOSPC);
	assert_int_equal(backlog.count, 2);
	refuses = false;
	assert_int_equal(write_tick(&backlog, 3, 5), 0);
	assert_int_equal(n_taken, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(taken[i], i + 1);
	assert_int_equal(backlog.lost, 0);
	backlog_done(&backlog);
}

static void a_quiet_tick_takes_no_place(void **state)
{
	struct backlog backlog = {};

	(void)state;
	refuses = true;
	assert_int_equal(write_tick(&backlog, 1, 0), -ENOSPC);
	assert_int_equal(backlog.count, 0);
	backlog_done(&backlog);
}

static void past_the_cap_the_oldest_are_counted_as_lost(void **state)
{
	struct backlog backlog = {};

	(void)state;
	refuses = true;
	for (int i = 0; i < BACKLOG_TICKS_CAP + 10; i++)
		assert_int_equal(write_tick(&backlog, i, 7), -ENOSPC);
	assert_int_equal(backlog.count, BACKLOG_TICKS_CAP);
	assert_int_equal(backlog.lost, 70);
	refuses = false;
	assert_int_equal(write_tick(&backlog, 999, 7), 0);
	assert_int_equal(n_taken, BACKLOG_TICKS_CAP + 1);
	assert_int_equal(taken[0], 10);
	backlog_done(&backlog);
}

static void what_waits_at_the_end_is_counted_as_lost(void **state)
{
	struct backlog backlog = {};

	(void)state;
	refuses = true;
	assert_int_equal(write_tick(&backlog, 1, 3), -ENOSPC);
	backlog_done(&backlog);
	assert_int_equal(backlog.lost, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_willing_ledger_gets_each_tick_at_once, start_anew),
		cmocka_unit_test_setup(refused_ticks_are_written_later_in_order, start_anew),
		cmocka_unit_test_setup(a_quiet_tick_takes_no_place, start_anew),
		cmocka_unit_test_setup(past_the_cap_the_oldest_are_counted_as_lost, start_anew),
		cmocka_unit_test_setup(what_waits_at_the_end_is_counted_as_lost, start_anew),
	};

	return cmocka_run_group_tests_name("daemon/backlog", tests, NULL, NULL);
}
