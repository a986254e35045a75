/* SPDX-License-Identifier: GPL-2.0-or-later */
/* [detector NAME], as the daemon and replay read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "detect/detector_choice.h"

static void every_detector_has_a_choice_with_its_defaults(void **state)
{
	size_t count;
	struct detector_choice *choices = detector_choices_new(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct detector_key *keys = detectors[i]->keys;

		assert_ptr_equal(choices[i].detector, detectors[i]);
		assert_true(choices[i].enabled);
		for (size_t k = 0; keys && keys[k].name; k++)
			assert_true(choices[i].settings[k] == keys[k].initial);
	}
	assert_null(detectors[count]);
	detector_choices_free(choices, count);
}

static void a_key_is_set_in_its_range_and_nowhere_else(void **state)
{
	char problem[200] = "";
	size_t count;
	struct detector_choice *choices = detector_choices_new(&count);
	struct detector_choice *choice = detector_choices_find(choices, count, "brute_force");

	(void)state;
	assert_int_equal(detector_choice_set(choice, "failures", "25", problem, sizeof(problem)),
			 0);
	assert_true(choice->settings[1] == 25);
	assert_int_equal(detector_choice_set(choice, "failures", "2", problem, sizeof(problem)),
			 -EINVAL);
	assert_string_equal(problem, "failures: '2' is out of range; allowed: 3 to 1000000");
	assert_int_equal(detector_choice_set(choice, "failures", "some", problem, sizeof(problem)),
			 -EINVAL);
	assert_string_equal(problem, "failures: 'some' is not a whole number; allowed: 3 to 1000000");
	assert_int_equal(detector_choice_set(choice, "failures", "25.5", problem, sizeof(problem)),
			 -EINVAL);
	assert_string_equal(problem, "failures: '25.5' is not a whole number; allowed: 3 to 1000000");
	assert_int_equal(detector_choice_set(choice, "plain", "0.5", problem, sizeof(problem)),
			 -EINVAL);
	assert_true(choice->settings[1] == 25);
	choice = detector_choices_find(choices, count, "source_guessing");
	assert_int_equal(detector_choice_set(choice, "failed_share", "0.75", problem, sizeof(problem)),
			 0);
	assert_int_equal(detector_choice_set(choice, "failed_share", "x", problem, sizeof(problem)),
			 -EINVAL);
	assert_string_equal(problem, "failed_share: 'x' is not a number; allowed: 0.1 to 0.99");
	detector_choices_free(choices, count);
}

static void unknown_names_are_refused_with_the_known_ones(void **state)
{
	char problem[200] = "";
	size_t count;
	struct detector_choice *choices = detector_choices_new(&count);
	struct detector_choice *choice = detector_choices_find(choices, count, "brute_force");

	(void)state;
	assert_null(detector_choices_find(choices, count, "magic"));
	assert_int_equal(detector_choice_set(choice, "failure", "25", problem, sizeof(problem)),
			 -EINVAL);
	assert_string_equal(problem, "failure: unknown key; allowed: enabled, plain, failures");
	assert_int_equal(detector_choice_set(choice, "enabled", "no", problem, sizeof(problem)), 0);
	assert_false(choice->enabled);
	assert_int_equal(detector_choice_set(choice, "enabled", "sure", problem, sizeof(problem)),
			 -EINVAL);
	assert_string_equal(problem, "enabled: 'sure' is neither yes nor no; allowed: yes | no");
	detector_choices_free(choices, count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_detector_has_a_choice_with_its_defaults),
		cmocka_unit_test(a_key_is_set_in_its_range_and_nowhere_else),
		cmocka_unit_test(unknown_names_are_refused_with_the_known_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
