/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source against many accounts. */
#include "unit/detect/scene.h"

#define ATTACKER "198.51.100.7"

static void a_source_failing_on_eight_accounts_is_told_once_it_reaches_them(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);
	const struct finding *finding;

	(void)state;
	for (unsigned int i = 0; i < 7; i++) {
		scene_login(&scene, ATTACKER, scene_name("user", i), 0, 1);
		scene_play(&scene, 10 * US_PER_SECOND);
		scene_expect_none(&scene);
	}
	scene_login(&scene, ATTACKER, "user7@example.org", 0, 1);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_SOURCE, ATTACKER);
	assert_string_equal(finding->message,
			    "198.51.100.7 tried 8 mailboxes it never opened before in 71 s and "
			    "failed on all of them; of the mailboxes that a household or an office "
			    "opens for the first time, about 1 in 20 fails.");
	assert_int_equal(scene_number(finding, "accounts_failed"), 8);
	assert_int_equal(scene_number(finding, "accounts_opened"), 0);
	assert_int_equal(finding->n_accounts, 0);
	scene_close(&scene);
}

static void repeats_on_the_same_accounts_are_no_more_accounts(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);

	(void)state;
	for (unsigned int i = 0; i < 500; i++) {
		scene_login(&scene, ATTACKER, scene_name("user", i % 7), 0, 3);
		scene_play(&scene, US_PER_MINUTE);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void all_accounts_in_one_tick_are_one_finding(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);
	const struct finding *finding;

	(void)state;
	for (unsigned int i = 0; i < 30; i++)
		scene_login(&scene, ATTACKER, scene_name("user", i), i == 29, i != 29);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_SOURCE, ATTACKER);
	assert_non_null(strstr(finding->message, "tried 30 mailboxes"));
	assert_non_null(strstr(finding->message, "failed on 29 of them"));
	scene_play(&scene, US_PER_SECOND); /* nothing new */
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void a_large_office_with_mistyping_people_is_quiet(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);

	(void)state;
	for (unsigned int i = 0; i < 400; i++) {
		scene_login(&scene, "203.0.113.1", scene_name("clerk", i), i % 20 != 0,
			    i % 20 == 0);
		scene_play(&scene, US_PER_MINUTE);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void typing_errors_that_end_well_are_taken_back(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);

	(void)state;
	for (unsigned int i = 0; i < 7; i++)
		scene_login(&scene, "203.0.113.1", scene_name("clerk", i), 0, 2);
	scene_play(&scene, US_PER_MINUTE);
	for (unsigned int i = 0; i < 7; i++)
		scene_login(&scene, "203.0.113.1", scene_name("clerk", i), 1, 0);
	scene_play(&scene, US_PER_MINUTE);
	for (unsigned int i = 7; i < 14; i++)
		scene_login(&scene, "203.0.113.1", scene_name("clerk", i), 0, 1);
	scene_play(&scene, US_PER_MINUTE);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void passwords_changed_for_a_whole_office_alarm_nobody(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);

	(void)state;
	for (unsigned int i = 0; i < 50; i++)
		scene_login(&scene, "203.0.113.1", scene_name("clerk", i), 1, 0);
	scene_play(&scene, 3 * US_PER_DAY);
	for (unsigned int hour = 0; hour < 72; hour++) {
		for (unsigned int i = 0; i < 50; i++)
			scene_login(&scene, "203.0.113.1", scene_name("clerk", i), 0, 4);
		scene_play(&scene, US_PER_HOUR);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void failures_that_name_nobody_are_no_accounts(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		scene_login(&scene, ATTACKER, "", 0, 1);
		scene_play(&scene, US_PER_SECOND);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void what_lies_outside_the_window_is_forgotten(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);

	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		scene_login(&scene, ATTACKER, scene_name("user", i), 0, 1);
		scene_play(&scene, 5 * US_PER_HOUR);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void an_unknown_source_is_never_a_subject(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		scene_login(&scene, "", scene_name("user", i), 0, 1);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void a_million_invented_names_do_not_make_a_known_device_suspicious(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);
	uint64_t alarms = 0;

	(void)state;
	for (unsigned int i = 0; i < 20; i++)
		scene_login(&scene, "203.0.113.1", scene_name("clerk", i), 1, 0);
	scene_play(&scene, US_PER_SECOND);
	for (unsigned int i = 0; i < 1000000; i++) {
		scene_login(&scene, ATTACKER, scene_name("invented", i), 0, 1);
		if (i % 10000 == 9999) {
			scene_play(&scene, US_PER_SECOND);
			alarms += scene.findings.count;
		}
	}
	assert_int_equal(alarms, 100);
	for (unsigned int i = 0; i < 20; i++)
		scene_login(&scene, "203.0.113.1", scene_name("clerk", i), 0, 1);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_failing_on_eight_accounts_is_told_once_it_reaches_them),
		cmocka_unit_test(repeats_on_the_same_accounts_are_no_more_accounts),
		cmocka_unit_test(all_accounts_in_one_tick_are_one_finding),
		cmocka_unit_test(a_large_office_with_mistyping_people_is_quiet),
		cmocka_unit_test(typing_errors_that_end_well_are_taken_back),
		cmocka_unit_test(passwords_changed_for_a_whole_office_alarm_nobody),
		cmocka_unit_test(failures_that_name_nobody_are_no_accounts),
		cmocka_unit_test(what_lies_outside_the_window_is_forgotten),
		cmocka_unit_test(an_unknown_source_is_never_a_subject),
		cmocka_unit_test(a_million_invented_names_do_not_make_a_known_device_suspicious),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
