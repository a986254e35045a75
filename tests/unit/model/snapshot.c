/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots: rows keep their place and their strings until the reset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "model/snapshot.h"

static void rows_stay_in_order_while_the_arrays_grow(void **state)
{
	struct snapshot snapshot = {0};
	char name[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct attempt_row *row = snapshot_add_attempt(&snapshot);

		assert_string_equal(row->account, "");
		assert_int_equal(row->count[OUTCOME_FAILURE], 0);
		snprintf(name, sizeof(name), "user%d", i);
		row->account = snapshot_string(&snapshot, name);
	}
	assert_int_equal(snapshot.n_attempts, 1000);
	assert_string_equal(snapshot.attempts[0].account, "user0");
	assert_string_equal(snapshot.attempts[999].account, "user999");
	snapshot_done(&snapshot);
}

static void a_reset_snapshot_is_empty_and_usable(void **state)
{
	struct snapshot snapshot = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		snapshot_add_attempt(&snapshot)->source = snapshot_string(&snapshot, "192.0.2.1");
		assert_string_equal(snapshot_add_read(&snapshot)->actor, "");
		assert_string_equal(snapshot_add_store(&snapshot)->path, "");
		assert_string_equal(snapshot_add_event(&snapshot)->object, "");
		snapshot.until_us = 5;
		assert_int_equal(snapshot.n_events, 1);
		snapshot_reset(&snapshot);
		assert_int_equal(snapshot.n_attempts + snapshot.n_reads + snapshot.n_stores, 0);
		assert_int_equal(snapshot.until_us, 0);
	}
	snapshot_done(&snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_stay_in_order_while_the_arrays_grow),
		cmocka_unit_test(a_reset_snapshot_is_empty_and_usable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
