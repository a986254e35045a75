/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands against a subject before there is an alert; its terms add up. */
#include "unit/detect/scene.h"

static void expect_sums_add_up(const json_t *now)
{
	const json_t *sums = json_object_get(now, "sums"), *sum, *term;
	double before = 1e9;
	size_t i, j;

	json_array_foreach(sums, i, sum) {
		double whole = json_number_value(json_object_get(sum, "sum"));
		double strength = whole / json_number_value(json_object_get(sum, "threshold"));
		double parts = 0;

		json_array_foreach(json_object_get(sum, "contributions"), j, term)
			parts += json_number_value(json_object_get(term, "adds"));
		assert_float_equal(parts, whole, .011);
		assert_true(strength <= before);
		before = strength;
		assert_true(strlen(json_string_value(json_object_get(sum, "needs"))) > 0);
	}
}

static void a_source_has_evidence_before_its_alert(void **state)
{
	struct scene scene = scene_open(&source_guessing_detector);
	double sum = 0, threshold = 0;
	json_t *now;

	(void)state;
	assert_false(engine_source_evidence(scene.engine, "192.0.2.7", SCENE_START, &sum, &threshold));
	scene_login(&scene, "192.0.2.7", "one@example.org", 0, 1);
	scene_login(&scene, "192.0.2.7", "two@example.org", 0, 1);
	scene_play(&scene, US_PER_HOUR);
	assert_true(engine_source_evidence(scene.engine, "192.0.2.7", scene.now_us, &sum, &threshold));
	assert_true(sum > 0 && sum < threshold);
	now = engine_standing(scene.engine, SUBJECT_SOURCE, "192.0.2.7", scene.now_us);
	assert_int_equal(json_array_size(json_object_get(now, "sums")), 1);
	assert_false(json_is_true(json_object_get(now, "raised")));
	expect_sums_add_up(now);
	json_decref(now);
	scene_close(&scene);
}

static void an_account_shows_the_sum_nearest_to_its_threshold_first(void **state)
{
	struct scene scene = scene_open(&brute_force_detector);
	json_t *now;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		char source[32];

		(void)snprintf(source, sizeof(source), "198.51.%u.7", i);
		scene_login(&scene, source, "one@example.org", 0, 3);
		scene_play(&scene, US_PER_HOUR);
	}
	now = engine_standing(scene.engine, SUBJECT_ACCOUNT, "one@example.org", scene.now_us);
	assert_int_equal(json_array_size(json_object_get(now, "sums")), 2);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(now, "sums"), 0), "measure")),
			    EVIDENCE_NETWORKS);
	expect_sums_add_up(now);
	json_decref(now);
	now = engine_standing(scene.engine, SUBJECT_ACCOUNT, "two@example.org", scene.now_us);
	assert_int_equal(json_array_size(json_object_get(now, "sums")), 0);
	json_decref(now);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_has_evidence_before_its_alert),
		cmocka_unit_test(an_account_shows_the_sum_nearest_to_its_threshold_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
