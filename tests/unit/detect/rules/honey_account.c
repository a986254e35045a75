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

static void log_in_everywhere(struct scene *scene, unsigned int prefix, uint64_t succeeded,
			      uint64_t failed)
{
	char source[32];

	for (unsigned int i = 0; i < 12; i++) {
		snprintf(source, sizeof(source), "%u.%u.100.7", prefix, i);
		scene_login(scene, source, "mallory@example.org", succeeded, failed);
	}
	scene_play(scene, US_PER_SECOND);
}

/* An account of one's own that fails wherever it was opened, at once or after days, looks like an outage. */
static void a_feigned_outage_hides_no_bait(void **state)
{
	static const int64_t waits_us[] = {3 * US_PER_MINUTE, 2 * US_PER_DAY};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(waits_us); i++) {
		struct scene scene = scene_open_with(&honey_account_detector, 7, NULL);

		scene_account(&scene, "bait@example.org", ACCOUNT_HONEY, 0);
		scene_account(&scene, "mallory@example.org", ACCOUNT_ACTIVE, 0);
		log_in_everywhere(&scene, 60, 1, 0);
		scene_play(&scene, waits_us[i]);
		log_in_everywhere(&scene, 60, 0, 1);
		scene_login(&scene, "198.51.100.7", "bait@example.org", 0, 1);
		scene_play(&scene, US_PER_SECOND);
		(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
				       "bait@example.org");
		scene_close(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_touched_honey_account_is_told_at_once),
		cmocka_unit_test(a_success_says_opened),
		cmocka_unit_test(a_feigned_outage_hides_no_bait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
