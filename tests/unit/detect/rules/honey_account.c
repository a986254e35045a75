/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bait that nobody knows is touched. */
#include "unit/detect/scene.h"

static void a_touched_honey_account_is_told_at_once(void **state)
{
	struct scene scene = scene_open_with(&honey_account_detector, 7, NULL);

	(void)state;
	scene_account(&scene, "bait@example.org", ACCOUNT_HONEY, 0);
	scene_login(&scene, "198.51.100.7", "bait@example.org", 0, 1);
	scene_play(&scene, US_PER_SECOND);
	(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, "bait@example.org");
	scene_close(&scene);
}

static void a_success_says_opened(void **state)
{
	struct scene scene = scene_open_with(&honey_account_detector, 7, NULL);
	const struct finding *finding;

	(void)state;
	scene_account(&scene, "bait@example.org", ACCOUNT_HONEY, 0);
	scene_account(&scene, "ann@example.org", ACCOUNT_ACTIVE, 0);
	scene_login(&scene, "198.51.100.7", "ann@example.org", 1, 0);
	scene_login(&scene, "198.51.100.7", "bait@example.org", 1, 0);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, "bait@example.org");
	assert_non_null(strstr(finding->message, "was opened by 198.51.100.7"));
	assert_true(json_is_true(json_object_get(finding->evidence, "succeeded")));
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_touched_honey_account_is_told_at_once),
		cmocka_unit_test(a_success_says_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
