/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events that come oftener than they should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "base/time.h"
#include "detect/stats/rate_cusum.h"

/* So many events in an hour, evenly, where one is expected; nats at its end. */
static double nats_after(struct rate_cusum *cusum, int events)
{
	double nats = 0;

	for (int i = 0; i < events; i++)
		nats = rate_cusum_add(cusum, 1, 50, US_PER_DAY + (i + 1) * US_PER_HOUR / events);
	return nats;
}

static void the_usual_rate_adds_nothing_up(void **state)
{
	struct rate_cusum cusum = {0};
	double highest = 0;

	(void)state;
	for (int hour = 1; hour < 1000; hour++)
		highest = fmax(highest, rate_cusum_add(&cusum, 1, 50, hour * US_PER_HOUR));
	assert_true(highest < 3);
}

static void the_more_come_the_sooner_it_is_seen(void **state)
{
	struct rate_cusum slow = {0}, fast = {0};

	(void)state;
	assert_true(nats_after(&slow, 5) > 1);
	assert_true(nats_after(&fast, 30) > 20);
	assert_int_equal(fast.events, 30);
}

static void the_sum_has_a_cap_and_begins_anew_after_a_pause(void **state)
{
	struct rate_cusum cusum = {0};

	(void)state;
	assert_float_equal(nats_after(&cusum, 500), 50, 1e-3);
	(void)rate_cusum_add(&cusum, 1, 50, 100 * US_PER_DAY);
	assert_int_equal(cusum.events, 1);
	assert_int_equal(cusum.since_us, 100 * US_PER_DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_rate_adds_nothing_up),
		cmocka_unit_test(the_more_come_the_sooner_it_is_seen),
		cmocka_unit_test(the_sum_has_a_cap_and_begins_anew_after_a_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
