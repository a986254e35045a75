/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Likelihood ratios and the one rule for thresholds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "base/time.h"
#include "detect/stats/evidence.h"

static void the_threshold_follows_from_updates_and_accepted_alarms(void **state)
{
	(void)state;
	assert_float_equal(evidence_threshold(1e6, .1), log(1e7), 1e-9);
	assert_float_equal(evidence_threshold(10, 1), EVIDENCE_FLOOR, 1e-9);
	assert_float_equal(evidence_threshold(0, 1000), EVIDENCE_FLOOR, 1e-9);
}

static void a_wrong_password_speaks_for_a_list_and_a_success_against_it(void **state)
{
	struct evidence evidence;

	(void)state;
	evidence_init(&evidence);
	for (int list = 0; list < LIST_MAX; list++) {
		double sum = 0;

		assert_true(evidence_weight(&evidence, list, CONTACT_BAD, true) > 2);
		assert_true(evidence_weight(&evidence, list, CONTACT_ACTIVE, true) < -1);
		for (int c = 0; c < CONTACT_MAX; c++)
			sum += evidence_share(list, c);
		assert_float_equal(sum, 1, 1e-9);
	}
	assert_true(evidence_weight(&evidence, LIST_OWN, CONTACT_UNKNOWN, true) <
		    evidence_weight(&evidence, LIST_OUTSIDE, CONTACT_UNKNOWN, true));
}

static void p_follows_what_is_seen_within_a_factor_of_four(void **state)
{
	struct evidence evidence;

	(void)state;
	evidence_init(&evidence);
	for (int i = 0; i < 200000; i++)
		evidence_learn(&evidence, CONTACT_BAD, US_PER_DAY);
	evidence_learn(&evidence, CONTACT_BAD, 2 * US_PER_DAY);
	assert_float_equal(evidence.benign[CONTACT_BAD], 4 * evidence_usual(CONTACT_BAD), 1e-9);
	assert_float_equal(evidence.benign[CONTACT_ACTIVE], evidence_usual(CONTACT_ACTIVE) / 4,
			   1e-9);
}

static void wrong_passwords_weigh_less_while_many_mistype_but_not_a_strangers(void **state)
{
	struct evidence evidence;
	double before;

	(void)state;
	evidence_init(&evidence);
	before = evidence_weight(&evidence, LIST_OUTSIDE, CONTACT_BAD, false);
	for (int i = 0; i < 1000; i++)
		evidence_note_recent(&evidence, true, US_PER_DAY);
	assert_true(evidence_weight(&evidence, LIST_OUTSIDE, CONTACT_BAD, false) < before - 1);
	assert_float_equal(evidence_weight(&evidence, LIST_OUTSIDE, CONTACT_BAD, true), before,
			   1e-9);
}

static void a_rate_is_per_day_and_fades(void **state)
{
	struct rate rate = {0};

	(void)state;
	for (int hour = 0; hour < 24 * 40; hour++)
		rate_add(&rate, hour * US_PER_HOUR, 10);
	assert_float_equal(rate_per_day(&rate, 40 * US_PER_DAY), 240, 15);
	assert_true(rate_per_day(&rate, 60 * US_PER_DAY) < 15);
}

static void a_report_has_the_sum_its_threshold_and_its_parts(void **state)
{
	json_t *evidence = json_object(), *part;

	(void)state;
	evidence_report(evidence, EVIDENCE_RATIO, 12.3456, 10);
	evidence_contribute(evidence, "wrong passwords", 3, 7.4);
	evidence_contribute(evidence, "nothing", 0, 1);
	assert_float_equal(json_number_value(json_object_get(evidence, "log_likelihood_ratio")),
			   12.35, 1e-9);
	assert_float_equal(json_number_value(json_object_get(evidence, "threshold")), 10, 1e-9);
	assert_int_equal(json_array_size(json_object_get(evidence, "contributions")), 1);
	part = json_array_get(json_object_get(evidence, "contributions"), 0);
	assert_float_equal(json_number_value(json_object_get(part, "adds")), 7.4, 1e-9);
	json_decref(evidence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_threshold_follows_from_updates_and_accepted_alarms),
		cmocka_unit_test(a_wrong_password_speaks_for_a_list_and_a_success_against_it),
		cmocka_unit_test(p_follows_what_is_seen_within_a_factor_of_four),
		cmocka_unit_test(wrong_passwords_weigh_less_while_many_mistype_but_not_a_strangers),
		cmocka_unit_test(a_rate_is_per_day_and_fades),
		cmocka_unit_test(a_report_has_the_sum_its_threshold_and_its_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
