/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What everyday's surges explain, and what they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "detect/stats/surge.h"

/* Hours that are by turns half and one and a half times as busy as expected. */
static struct surges learnt(double expected, double swing, int hours)
{
	struct surges surges = {0};

	for (int i = 0; i < hours; i++)
		surges_learn(&surges, expected * (1 + (i % 2 ? swing : -swing)), expected);
	return surges;
}

static void hours_that_differ_more_than_by_chance_are_learnt(void **state)
{
	struct surges even = learnt(40, .1, 200), uneven = learnt(40, .6, 200);

	(void)state;
	assert_true(surges_dispersion(&uneven, NULL) > 2 * surges_dispersion(&even, NULL));
	assert_true(surge_nats(100, 40, 1, surges_dispersion(&even, NULL)) >
		    1.3 * surge_nats(100, 40, 1, surges_dispersion(&uneven, NULL)));
}

static void one_who_makes_surges_cannot_make_all_usual(void **state)
{
	struct surges surges = learnt(5, 0, 100);

	(void)state;
	for (int i = 0; i < 1000; i++)
		surges_learn(&surges, 1000, 5);
	assert_true(surges_dispersion(&surges, NULL) <= 1);
	assert_true(surge_nats(40, 2, .5, surges_dispersion(&surges, NULL)) > 10);
}

static void little_that_was_seen_borrows(void **state)
{
	struct surges none = {0}, uneven = learnt(40, .6, 400), even = learnt(40, .1, 400);

	(void)state;
	assert_true(surges_dispersion(&none, &uneven) > surges_dispersion(&none, &even));
	for (int i = 0; i < 200; i++)
		surges_fade(&uneven);
	assert_true(fabs(surges_dispersion(&uneven, NULL) - surges_dispersion(&none, NULL)) < .01);
}

static void a_surge_is_likelier_than_chance_alone_would_have_it(void **state)
{
	(void)state;
	/* five times as many in an hour happen within weeks, as many within a minute do not */
	assert_true(surge_nats(25, 5, 1, .5) < 9);
	assert_true(surge_nats(25, .3, .06, .5) > 25);
	/* over a night, surges even out */
	assert_true(surge_nats(150, 50, 10, .5) > surge_nats(15, 5, 1, .5));
	assert_true(surge_nats(5, 5, 1, .5) == 0);
	assert_true(surge_nats(0, 0, 0, .5) == 0);
	for (int count = 6; count < 200; count++)
		assert_true(surge_nats(count + 1, 5, 1, .5) >= surge_nats(count, 5, 1, .5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_that_differ_more_than_by_chance_are_learnt),
		cmocka_unit_test(one_who_makes_surges_cannot_make_all_usual),
		cmocka_unit_test(little_that_was_seen_borrows),
		cmocka_unit_test(a_surge_is_likelier_than_chance_alone_would_have_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
