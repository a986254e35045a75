/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many failures on one account. */
#include "unit/detect/scene.h"

#define VICTIM "ann@example.org"

static void quick_failures_of_strangers_are_told(void **state)
{
	struct scene scene = scene_open(&brute_force_detector);
	const struct finding *finding;

	(void)state;
	for (int i = 0; i < 23; i++) {
		scene_login(&scene, "198.51.100.7", VICTIM, 0, 1);
		scene_play(&scene, 2 * US_PER_SECOND);
		scene_expect_none(&scene);
	}
	scene_login(&scene, "203.0.113.8", VICTIM, 0, 1);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_ACCOUNT, VICTIM);
	assert_string_equal(finding->message,
			    "ann@example.org had 24 failed logins in 46 s from 2 networks that "
			    "never opened it. Normal: people who mistype succeed or give up "
			    "sooner, and a device with an old password opened it before.");
	/* tried, and not opened: no list of resets has it */
	assert_int_equal(finding->n_accounts, 1);
	assert_int_equal(finding->accounts[0].harm, HARM_TRIED);
	scene_close(&scene);
}

static size_t told_of_typing(struct scene *scene, const char *source, unsigned int times)
{
	size_t told = 0;

	for (unsigned int i = 0; i < times; i++) {
		scene_login(scene, source, VICTIM, 0, 1);
		scene_play(scene, 7 * US_PER_SECOND);
		told += scene->findings.count;
	}
	scene_play(scene, US_PER_DAY * 2);
	return told;
}

static void who_types_where_the_tenant_is_at_home_is_given_more_time(void **state)
{
	struct scene scene = scene_open(&brute_force_detector);

	(void)state;
	scene_login(&scene, "203.0.113.77", "bob@example.org", 1, 0);
	scene_play(&scene, 2 * US_PER_DAY);
	assert_int_equal(told_of_typing(&scene, "203.0.113.5", 36), 0);
	assert_true(told_of_typing(&scene, "198.51.100.7", 36) > 0);
	assert_true(told_of_typing(&scene, "203.0.113.6", 50) > 0);
	scene_close(&scene);
}

static void a_device_with_a_stale_password_never_alarms(void **state)
{
	struct scene scene = scene_open(&brute_force_detector);

	(void)state;
	scene_login(&scene, "203.0.113.5", VICTIM, 1, 0);
	scene_play(&scene, US_PER_DAY);
	for (int i = 0; i < 30 * 288; i++) {
		scene_login(&scene, "203.0.113.5", VICTIM, 0, 4);
		scene_play(&scene, 5 * US_PER_MINUTE);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void mistyping_before_the_right_password_is_taken_back(void **state)
{
	struct scene scene = scene_open(&brute_force_detector);

	(void)state;
	for (int day = 0; day < 4; day++) {
		const char *source = scene_name("host", (unsigned int)day);

		scene_login(&scene, source, VICTIM, 0, 8);
		scene_play(&scene, US_PER_MINUTE);
		scene_expect_none(&scene);
		scene_login(&scene, source, VICTIM, 1, 0);
		scene_play(&scene, US_PER_HOUR);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void failures_that_name_nobody_find_no_subject(void **state)
{
	struct scene scene = scene_open(&brute_force_detector);

	(void)state;
	scene_login(&scene, "198.51.100.7", "", 0, 1000);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void old_failures_are_forgotten(void **state)
{
	struct scene scene = scene_open(&brute_force_detector);

	(void)state;
	for (int i = 0; i < 200; i++) {
		scene_login(&scene, "198.51.100.7", VICTIM, 0, 1);
		scene_play(&scene, 2 * US_PER_HOUR);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

/* One failure from each of many networks, until something is found. */
static const struct finding *try_from_many_networks(struct scene *scene, enum severity severity)
{
	for (unsigned int i = 0; i < 40 && !scene->findings.count; i++) {
		char source[32];

		snprintf(source, sizeof(source), "198.51.%u.7", i);
		scene_login(scene, source, VICTIM, 0, 1);
		scene_play(scene, US_PER_MINUTE);
	}
	return scene_expect_one(scene, severity, SUBJECT_ACCOUNT, VICTIM);
}

static void many_networks_with_one_failure_each_are_told(void **state)
{
	struct scene scene = scene_open(&brute_force_detector);

	(void)state;
	scene_login(&scene, "203.0.113.5", VICTIM, 1, 0);
	scene_play(&scene, US_PER_DAY);
	assert_in_range(scene_number(try_from_many_networks(&scene, SEVERITY_WARNING), "networks"),
			12, 39);
	scene_close(&scene);
}

/* One every two hours: its alert would end in between, and begin anew each time. */
static void a_slow_siege_is_told_once_a_day_and_when_it_has_doubled(void **state)
{
	struct scene scene = scene_open(&brute_force_detector);
	size_t told = 0;

	(void)state;
	scene_login(&scene, "203.0.113.5", VICTIM, 1, 0);
	scene_play(&scene, US_PER_DAY);
	try_from_many_networks(&scene, SEVERITY_WARNING);
	scene_play(&scene, 2 * US_PER_HOUR);
	for (unsigned int i = 40; i < 100; i++) {
		char source[32];

		snprintf(source, sizeof(source), "198.51.%u.7", i);
		scene_login(&scene, source, VICTIM, 0, 1);
		scene_play(&scene, 2 * US_PER_HOUR);
		told += scene.findings.count;
	}
	assert_in_range(told, 4, 5); /* in five days */
	told = 0;
	for (unsigned int i = 100; i < 200 && !told; i++) {
		char source[32];

		snprintf(source, sizeof(source), "198.51.%u.7", i);
		scene_login(&scene, source, VICTIM, 0, 1);
		scene_play(&scene, 20 * US_PER_MINUTE);
		told += scene.findings.count;
	}
	assert_int_equal(told, 1);
	scene_close(&scene);
}

/* sales@, scan@: on every list of names, and nobody's. */
static void many_networks_at_a_name_that_may_not_exist_are_a_notice(void **state)
{
	struct scene scene = scene_open(&brute_force_detector);

	(void)state;
	try_from_many_networks(&scene, SEVERITY_NOTICE);
	scene_close(&scene);
}

static void a_trusted_address_is_no_excuse(void **state)
{
	struct network_list trusted = {0};
	struct network_range range;
	struct scene scene;
	size_t told = 0;

	(void)state;
	assert_int_equal(network_range_parse("192.0.2.1", &range), 0);
	network_list_add(&trusted, &range);
	scene_trusted = &trusted;
	scene = scene_open(&brute_force_detector);
	scene_trusted = NULL;
	for (int i = 0; i < 300 && !told; i++) {
		scene_login(&scene, "192.0.2.1", "ann@example.org", 0, 5);
		scene_play(&scene, US_PER_SECOND);
		told += scene.findings.count;
	}
	assert_true(told > 0);
	scene_close(&scene);
	network_list_done(&trusted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quick_failures_of_strangers_are_told),
		cmocka_unit_test(who_types_where_the_tenant_is_at_home_is_given_more_time),
		cmocka_unit_test(a_device_with_a_stale_password_never_alarms),
		cmocka_unit_test(mistyping_before_the_right_password_is_taken_back),
		cmocka_unit_test(failures_that_name_nobody_find_no_subject),
		cmocka_unit_test(old_failures_are_forgotten),
		cmocka_unit_test(many_networks_with_one_failure_each_are_told),
		cmocka_unit_test(a_slow_siege_is_told_once_a_day_and_when_it_has_doubled),
		cmocka_unit_test(many_networks_at_a_name_that_may_not_exist_are_a_notice),
		cmocka_unit_test(a_trusted_address_is_no_excuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
