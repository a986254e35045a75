/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is over, and what goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/time.h"
#include "detect/stats/last_hour.h"

#define NOW_US (1000 * US_PER_HOUR)

static void an_attack_is_calm_after_minutes_and_over_after_an_hour(void **state)
{
	struct last_hour last_hour = {0};

	(void)state;
	for (int i = 0; i < 60; i++)
		last_hour_add(&last_hour, NOW_US + i * US_PER_MINUTE);
	assert_int_equal(last_hour_count(&last_hour, NOW_US + US_PER_HOUR), 60);
	assert_false(last_hour_is_calm(&last_hour, 1, NOW_US + US_PER_HOUR));
	assert_true(last_hour_is_calm(&last_hour, 1, NOW_US + US_PER_HOUR + 25 * US_PER_MINUTE));
	assert_false(last_hour_is_usual(&last_hour, 1, NOW_US + US_PER_HOUR + 25 * US_PER_MINUTE));
	assert_true(last_hour_is_usual(&last_hour, 1, NOW_US + 2 * US_PER_HOUR + 10 * US_PER_MINUTE));
}

static void what_is_usual_is_neither(void **state)
{
	struct last_hour last_hour = {0};

	(void)state;
	for (int i = 0; i < 120; i++) {
		last_hour_add(&last_hour, NOW_US + i * US_PER_MINUTE);
		assert_true(last_hour_is_usual(&last_hour, 60, NOW_US + i * US_PER_MINUTE));
		assert_true(last_hour_is_calm(&last_hour, 60, NOW_US + i * US_PER_MINUTE));
	}
	/* a long silence empties it, and a clock set back does no harm */
	last_hour_add(&last_hour, NOW_US + 90 * US_PER_HOUR);
	assert_int_equal(last_hour_count(&last_hour, NOW_US + 90 * US_PER_HOUR), 1);
	last_hour_add(&last_hour, NOW_US);
	assert_int_equal(last_hour_count(&last_hour, NOW_US + 90 * US_PER_HOUR), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_attack_is_calm_after_minutes_and_over_after_an_hour),
		cmocka_unit_test(what_is_usual_is_neither),
	};

	return cmocka_run_group_tests_name("detect/stats/last_hour", tests, NULL, NULL);
}
