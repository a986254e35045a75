/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One source against many accounts. */
#include "unit/detect/scene.h"

#define ATTACKER "198.51.100.7"

static void a_few_wrong_passwords_on_different_mailboxes_are_told(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);
	const struct finding *finding;
	unsigned int tried = 0;

	(void)state;
	while (!scene.findings.count && tried < 8) {
		scene_login(&scene, ATTACKER, scene_name("user", tried++), 0, 1);
		scene_play(&scene, 10 * US_PER_SECOND);
	}
	assert_in_range(tried, 3, 6);
	finding = scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_SOURCE, ATTACKER);
	assert_non_null(strstr(finding->message, "that it never opened before"));
	assert_non_null(strstr(finding->message, "wrong passwords"));
	assert_int_equal(scene_number(finding, "accounts_failed"), tried);
	assert_int_equal(finding->n_accounts, tried);
	assert_int_equal(finding->accounts[0].harm, HARM_TRIED);
	assert_non_null(json_object_get(finding->evidence, "contributions"));
	scene_close(&scene);
}

/* What others tried meanwhile is not its; what it tries later is named then. */
static void each_account_is_named_once_and_only_its_own(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);
	size_t named = 0;

	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		scene_login(&scene, ATTACKER, scene_name("user", i), 0, 1);
		scene_login(&scene, i % 2 ? "203.0.114.1" : "203.0.115.1",
			    scene_name("other", i % 2), 0, 1);
		scene_play(&scene, 10 * US_PER_SECOND);
		for (size_t k = 0; k < scene.findings.count; k++) {
			const struct finding *finding = &scene.findings.items[k];

			for (size_t n = 0; n < finding->n_accounts; n++)
				assert_non_null(strstr(finding->accounts[n].name, "user"));
			named += finding->n_accounts;
		}
	}
	assert_int_equal(named, 20);
	scene_close(&scene);
}

static void names_that_never_existed_weigh_more(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);

	(void)state;
	scene_account(&scene, "ann@example.org", ACCOUNT_ACTIVE, 1);
	for (unsigned int i = 0; i < 3; i++)
		scene_login(&scene, ATTACKER, scene_name("invented", i), 0, 1);
	scene_play(&scene, US_PER_SECOND);
	(void)scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_SOURCE, ATTACKER);
	scene_close(&scene);
}

static void where_guessing_is_usual_it_is_a_notice(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);
	char source[32];

	(void)state;
	for (unsigned int k = 0; k < 5; k++) {
		snprintf(source, sizeof(source), "198.51.%u.7", k);
		for (unsigned int i = 0; i < 8; i++)
			scene_login(&scene, source, scene_name("user", 8 * k + i), 0, 1);
		scene_play(&scene, US_PER_HOUR);
		(void)scene_expect_one(&scene, k ? SEVERITY_NOTICE : SEVERITY_WARNING,
				       SUBJECT_SOURCE, source);
	}
	scene_close(&scene);
}

static void repeats_on_the_same_accounts_are_no_more_accounts(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);

	(void)state;
	for (unsigned int i = 0; i < 500; i++) {
		scene_login(&scene, ATTACKER, scene_name("user", i % 3), 0, 3);
		scene_play(&scene, US_PER_MINUTE);
		scene_expect_none(&scene);
	}
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

static void evidence_fades_within_days(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);

	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		scene_login(&scene, ATTACKER, scene_name("user", i), 0, 1);
		scene_play(&scene, 2 * US_PER_DAY);
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

static void plainly_eight_accounts_are_needed(void **state)
{
	double settings[] = {1, 8, .8};
	struct scene scene = scene_open_with(&source_guessing_detector, 0, settings);

	(void)state;
	for (unsigned int i = 0; i < 7; i++)
		scene_login(&scene, ATTACKER, scene_name("user", i), 0, 1);
	scene_play(&scene, US_PER_MINUTE);
	scene_expect_none(&scene);
	scene_login(&scene, ATTACKER, "user7@example.org", 0, 1);
	scene_play(&scene, US_PER_MINUTE);
	(void)scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_SOURCE, ATTACKER);
	scene_close(&scene);
}

/* 8 wrong passwords on 8 accounts, through the webmail. */
static void a_trusted_webmail_is_no_guesser(void **state)
{
	struct network_list trusted = {0};
	struct network_range range;

	(void)state;
	assert_int_equal(network_range_parse(ATTACKER, &range), 0);
	network_list_add(&trusted, &range);
	for (int trusts = 0; trusts < 2; trusts++) {
		struct scene scene;
		size_t told = 0;
		json_t *list;

		scene_trusted = trusts ? &trusted : NULL;
		scene = scene_open(&source_guessing_detector);
		for (unsigned int i = 0; i < 8; i++) {
			scene_login(&scene, ATTACKER, scene_name("user", i), 0, 1);
			scene_play(&scene, US_PER_SECOND);
			told += scene.findings.count;
		}
		list = engine_blocklist(scene.engine, scene.now_us, US_PER_DAY);
		assert_int_equal(told > 0, !trusts);
		assert_int_equal(json_array_size(json_object_get(list, "sources")) > 0, !trusts);
		json_decref(list);
		scene_close(&scene);
	}
	scene_trusted = NULL;
	network_list_done(&trusted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_few_wrong_passwords_on_different_mailboxes_are_told),
		cmocka_unit_test(names_that_never_existed_weigh_more),
		cmocka_unit_test(where_guessing_is_usual_it_is_a_notice),
		cmocka_unit_test(each_account_is_named_once_and_only_its_own),
		cmocka_unit_test(repeats_on_the_same_accounts_are_no_more_accounts),
		cmocka_unit_test(a_large_office_with_mistyping_people_is_quiet),
		cmocka_unit_test(passwords_changed_for_a_whole_office_alarm_nobody),
		cmocka_unit_test(failures_that_name_nobody_are_no_accounts),
		cmocka_unit_test(evidence_fades_within_days),
		cmocka_unit_test(an_unknown_source_is_never_a_subject),
		cmocka_unit_test(plainly_eight_accounts_are_needed),
		cmocka_unit_test(a_trusted_webmail_is_no_guesser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
