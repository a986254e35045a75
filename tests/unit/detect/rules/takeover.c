/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guess that hit. */
#include "unit/detect/scene.h"

#define ATTACKER "198.51.100.7"
#define VICTIM "ann@example.org"

static void a_success_after_failures_elsewhere_is_told(void **state)
{
	struct scene scene = scene_open(&takeover_detector);
	const struct finding *finding;

	(void)state;
	for (unsigned int i = 0; i < 11; i++) {
		scene_login(&scene, ATTACKER, scene_name("user", i), 0, 1);
		scene_play(&scene, 10 * US_PER_SECOND);
		scene_expect_none(&scene);
	}
	scene_login(&scene, ATTACKER, VICTIM, 1, 1);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, VICTIM);
	assert_string_equal(finding->message,
			    "ann@example.org was opened for the first time by 198.51.100.7, which "
			    "failed on 11 other mailboxes within 110 s. Normal: an owner's new "
			    "device or network does not try other people's mailboxes.");
	assert_int_equal(finding->n_accounts, 1);
	assert_string_equal(finding->accounts[0].name, VICTIM);
	scene_login(&scene, ATTACKER, VICTIM, 1, 0); /* known by now */
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void failures_and_success_join_within_one_snapshot(void **state)
{
	struct scene scene = scene_open(&takeover_detector);

	(void)state;
	scene_login(&scene, ATTACKER, VICTIM, 1, 0); /* rows have no order in time */
	for (unsigned int i = 0; i < 4; i++)
		scene_login(&scene, ATTACKER, scene_name("user", i), 0, 1);
	scene_play(&scene, US_PER_SECOND);
	(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, VICTIM);
	scene_close(&scene);
}

static void two_other_accounts_are_not_enough(void **state)
{
	struct scene scene = scene_open(&takeover_detector);

	(void)state;
	for (unsigned int i = 0; i < 2; i++)
		scene_login(&scene, ATTACKER, scene_name("user", i), 0, 1);
	scene_login(&scene, ATTACKER, VICTIM, 1, 5);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void a_success_after_failures_on_the_account_is_told(void **state)
{
	struct scene scene = scene_open(&takeover_detector);
	const struct finding *finding;

	(void)state;
	for (unsigned int i = 0; i < 15; i++) {
		scene_login(&scene, "198.51.100.7", VICTIM, 0, 2);
		scene_play(&scene, US_PER_SECOND);
	}
	scene_login(&scene, "192.0.2.99", VICTIM, 1, 0);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, VICTIM);
	assert_non_null(strstr(finding->message, "by 192.0.2.99, after 30 failed logins"));
	scene_close(&scene);
}

static void one_row_with_many_failures_and_success_is_judged_by_its_failures(void **state)
{
	struct scene scene = scene_open(&takeover_detector);

	(void)state;
	scene_login(&scene, ATTACKER, VICTIM, 1, 29);
	scene_play(&scene, US_PER_SECOND);
	(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, VICTIM);
	scene_close(&scene);
}

static void the_owner_may_log_in_while_strangers_guess(void **state)
{
	struct scene scene = scene_open(&takeover_detector);

	(void)state;
	scene_login(&scene, "203.0.113.5", VICTIM, 1, 0);
	scene_play(&scene, US_PER_DAY);
	scene_login(&scene, ATTACKER, VICTIM, 0, 500);
	scene_play(&scene, US_PER_SECOND);
	scene_login(&scene, "203.0.113.5", VICTIM, 1, 0);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void a_device_with_a_stale_password_is_no_attack_on_its_account(void **state)
{
	struct scene scene = scene_open(&takeover_detector);

	(void)state;
	scene_login(&scene, "203.0.113.5", VICTIM, 1, 0);
	scene_play(&scene, US_PER_DAY);
	for (int i = 0; i < 5 * 288; i++) {
		scene_login(&scene, "203.0.113.5", VICTIM, 0, 4);
		scene_play(&scene, 5 * US_PER_MINUTE);
		scene_expect_none(&scene);
	}
	scene_login(&scene, "203.0.113.77", VICTIM, 1, 1); /* the new phone */
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

/* Four times a minute, in a home that was given another address; then the owner logs in there. */
static void play_a_device_in_a_new_home(struct scene *scene)
{
	scene_login(scene, "203.0.113.5", VICTIM, 1, 0);
	scene_login(scene, "192.0.2.1", "bob@example.org", 1, 0);
	for (int day = 0; day < 3; day++) {
		scene_login(scene, "203.0.113.5", VICTIM, 1, 0);
		scene_play(scene, US_PER_DAY);
	}
	for (int i = 0; i < 240; i++) {
		scene_login(scene, "203.7.7.7", VICTIM, 0, 2);
		scene_play(scene, 30 * US_PER_SECOND);
		scene_expect_none(scene);
	}
	scene_login(scene, "203.7.7.7", VICTIM, 1, 0);
	scene_play(scene, US_PER_MINUTE);
	(void)scene_expect_one(scene, SEVERITY_NOTICE, SUBJECT_ACCOUNT, VICTIM);
}

static void who_moved_is_a_notice(void **state)
{
	struct scene scene = scene_open(&takeover_detector);

	(void)state;
	play_a_device_in_a_new_home(&scene);
	for (int hour = 0; hour < 72; hour++) {
		scene_login(&scene, "203.7.7.7", VICTIM, 1, 0);
		scene_login(&scene, "192.0.2.1", VICTIM, 1, 0); /* the office */
		scene_play(&scene, US_PER_HOUR);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

/* A guesser who came from the owner's provider, while the owner stayed where he was. */
static void who_did_not_move_was_taken_over(void **state)
{
	struct scene scene = scene_open(&takeover_detector);
	const struct finding *finding;

	(void)state;
	play_a_device_in_a_new_home(&scene);
	scene_login(&scene, "203.0.113.5", VICTIM, 1, 0);
	scene_play(&scene, US_PER_HOUR);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, VICTIM);
	assert_non_null(strstr(finding->message, "The owner did not move: 203.0.113.5"));
	scene_login(&scene, "203.0.113.5", VICTIM, 1, 0);
	scene_play(&scene, US_PER_HOUR);
	scene_expect_none(&scene);
	scene_close(&scene);
}

/* He fails elsewhere, and the owner logs in where he always is, or next day. */
static void an_owner_who_comes_by_did_not_guess(void **state)
{
	struct scene scene = scene_open(&takeover_detector);

	(void)state;
	for (int day = 0; day < 3; day++) {
		scene_login(&scene, "203.0.113.5", VICTIM, 1, 0);
		scene_play(&scene, US_PER_DAY);
	}
	scene_login(&scene, ATTACKER, VICTIM, 0, 20);
	scene_play(&scene, US_PER_MINUTE);
	scene_login(&scene, "203.7.7.7", VICTIM, 1, 0);
	scene_play(&scene, US_PER_MINUTE);
	scene_expect_none(&scene);
	scene_login(&scene, ATTACKER, VICTIM, 0, 15);
	scene_play(&scene, 20 * US_PER_HOUR);
	scene_login(&scene, "100.1.1.1", VICTIM, 1, 0);
	scene_play(&scene, US_PER_MINUTE);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void a_household_with_five_mailboxes_never_alarms(void **state)
{
	struct scene scene = scene_open(&takeover_detector);

	(void)state;
	for (unsigned int day = 0; day < 100; day++) {
		const char *home = scene_name("home", day / 20); /* the provider renumbers it */

		for (unsigned int i = 0; i < 5; i++)
			scene_login(&scene, home, scene_name("member", i), 20, day % 7 == i);
		scene_play(&scene, US_PER_DAY);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void a_large_network_with_some_failures_is_no_guesser(void **state)
{
	struct scene scene = scene_open(&takeover_detector);

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		scene_login(&scene, "203.0.113.1", scene_name("subscriber", i), i % 10 != 9,
			    i % 10 == 9);
		scene_play(&scene, US_PER_MINUTE);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void a_success_that_names_nobody_is_passed_over(void **state)
{
	struct scene scene = scene_open(&takeover_detector);

	(void)state;
	for (unsigned int i = 0; i < 20; i++)
		scene_login(&scene, ATTACKER, scene_name("user", i), 0, 1);
	scene_login(&scene, ATTACKER, "", 1, 0);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_success_after_failures_elsewhere_is_told),
		cmocka_unit_test(failures_and_success_join_within_one_snapshot),
		cmocka_unit_test(two_other_accounts_are_not_enough),
		cmocka_unit_test(a_success_after_failures_on_the_account_is_told),
		cmocka_unit_test(one_row_with_many_failures_and_success_is_judged_by_its_failures),
		cmocka_unit_test(the_owner_may_log_in_while_strangers_guess),
		cmocka_unit_test(a_device_with_a_stale_password_is_no_attack_on_its_account),
		cmocka_unit_test(who_moved_is_a_notice),
		cmocka_unit_test(who_did_not_move_was_taken_over),
		cmocka_unit_test(an_owner_who_comes_by_did_not_guess),
		cmocka_unit_test(a_household_with_five_mailboxes_never_alarms),
		cmocka_unit_test(a_large_network_with_some_failures_is_no_guesser),
		cmocka_unit_test(a_success_that_names_nobody_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
