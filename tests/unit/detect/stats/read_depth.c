/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far newly opened mailboxes are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/time.h"
#include "detect/stats/read_depth.h"

static void steps_double_from_thirty_two_on(void **state)
{
	(void)state;
	assert_int_equal(read_depth_step(31), -1);
	assert_int_equal(read_depth_step(32), 0);
	assert_int_equal(read_depth_step(63), 0);
	assert_int_equal(read_depth_step(64), 1);
	assert_int_equal(read_depth_step(4096), READ_DEPTH_STEPS - 1);
	assert_int_equal(read_depth_step(UINT64_MAX), READ_DEPTH_STEPS - 1);
}

static void a_thief_is_the_likelier_the_further_is_read(void **state)
{
	const struct read_depth depth = {0};

	(void)state;
	assert_true(read_depth_nats(&depth, 31) == 0);
	assert_true(read_depth_nats(&depth, 32) > 2);
	assert_true(read_depth_nats(&depth, 1024) > read_depth_nats(&depth, 32));
	assert_true(read_depth_ratio(&depth, 0) < 1);
	assert_true(read_depth_ratio(&depth, 32) > 1);
}

static void where_new_mailboxes_are_usually_copied_it_says_little(void **state)
{
	struct read_depth depth = {0};

	(void)state;
	for (int i = 0; i < 50000; i++) {
		read_depth_note_opened(&depth, US_PER_DAY);
		read_depth_note_read(&depth, 0, i % 2 ? 100 : 1);
	}
	assert_float_equal(read_depth_share(&depth, 1), .5, .03);
	assert_true(read_depth_nats(&depth, 100) < .1);
}

static void a_mailbox_counts_once_for_each_step(void **state)
{
	struct read_depth depth = {0};

	(void)state;
	read_depth_note_read(&depth, 0, 40);
	read_depth_note_read(&depth, 40, 50);
	read_depth_note_read(&depth, 50, 70);
	assert_true(depth.read[0] == 1 && depth.read[1] == 1 && depth.read[2] == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_double_from_thirty_two_on),
		cmocka_unit_test(a_thief_is_the_likelier_the_further_is_read),
		cmocka_unit_test(where_new_mailboxes_are_usually_copied_it_says_little),
		cmocka_unit_test(a_mailbox_counts_once_for_each_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
