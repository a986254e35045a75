/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mailboxes that nobody uses are tried. */
#include "unit/detect/scene.h"

#define HOURS (3 * 24)

/* A tenant whose users log in from networks that it knows, until its hours are known. */
static struct scene scene_of_a_known_tenant(const struct detector *detector)
{
	struct scene scene = scene_open(detector);

	for (unsigned int i = 0; i < 500; i++) {
		scene_account(&scene, scene_name("user", i), ACCOUNT_ACTIVE, 1);
		scene_account(&scene, scene_name("old", i), ACCOUNT_DORMANT, 200);
	}
	for (unsigned int hour = 0; hour < HOURS; hour++) {
		for (unsigned int i = 0; i < 20; i++)
			scene_login(&scene, "192.0.2.1", scene_name("user", (hour * 20 + i) % 500),
				    1, 0);
		scene_play(&scene, US_PER_HOUR);
		scene_expect_none(&scene);
	}
	return scene;
}

static const char *stranger(unsigned int i)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "100.%u.%u.1", 64 + i / 256, i % 256);
	return text;
}

static void one_that_a_stranger_opens_is_a_notice(void **state)
{
	struct scene scene = scene_of_a_known_tenant(&dormant_hits_detector);
	const struct finding *finding;

	(void)state;
	scene_login(&scene, stranger(1), scene_name("old", 3), 1, 0);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_NOTICE, SUBJECT_ACCOUNT, "old3@example.org");
	assert_non_null(strstr(finding->message, "unused for 90 days"));
	scene_close(&scene);
}

static void one_that_its_owner_opens_from_a_known_network_is_none(void **state)
{
	struct scene scene = scene_of_a_known_tenant(&dormant_hits_detector);

	(void)state;
	scene_login(&scene, "192.0.2.1", scene_name("old", 3), 1, 0);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void many_within_minutes_are_a_warning_that_names_all(void **state)
{
	struct scene scene = scene_of_a_known_tenant(&dormant_hits_detector);
	const struct finding *finding;
	unsigned int tried = 0;

	(void)state;
	while (!scene.findings.count && tried < 100) {
		scene_login(&scene, stranger(tried), scene_name("old", tried), 0, 1);
		tried++;
		scene_play(&scene, 30 * US_PER_SECOND);
	}
	assert_in_range(tried, 3, 20);
	finding = &scene.findings.items[0];
	assert_int_equal(finding->severity, SEVERITY_WARNING);
	assert_int_equal(finding->n_accounts, tried);
	assert_true(json_number_value(json_object_get(finding->evidence, EVIDENCE_RATIO)) >=
		    json_number_value(json_object_get(finding->evidence, "threshold")));
	scene_close(&scene);
}

/* Payslips: one in twenty mistypes the password first. */
static void owners_who_remember_theirs_are_no_warning(void **state)
{
	struct scene scene = scene_of_a_known_tenant(&dormant_hits_detector);

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		scene_login(&scene, stranger(i), scene_name("old", i), 1, i % 20 == 9);
		scene_play(&scene, 2 * US_PER_MINUTE);
		for (size_t n = 0; n < scene.findings.count; n++)
			assert_int_equal(scene.findings.items[n].severity, SEVERITY_NOTICE);
	}
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_a_stranger_opens_is_a_notice),
		cmocka_unit_test(one_that_its_owner_opens_from_a_known_network_is_none),
		cmocka_unit_test(many_within_minutes_are_a_warning_that_names_all),
		cmocka_unit_test(owners_who_remember_theirs_are_no_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
