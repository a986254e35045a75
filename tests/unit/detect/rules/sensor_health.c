/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sensors that fall silent, say that they see less, or lose counts. */
#include "unit/detect/scene.h"

static void a_sensor_that_falls_silent_is_told_once(void **state)
{
	struct scene scene = scene_open(&sensor_health_detector);
	unsigned int told = 0;

	(void)state;
	for (unsigned int i = 0; i < 3000; i++) {
		scene_login(&scene, "192.0.2.1", "ann@example.org", 1, 0);
		scene_play(&scene, 30 * US_PER_SECOND);
		scene_expect_none(&scene);
	}
	for (unsigned int i = 0; i < 24 * 60; i++) {
		scene_play(&scene, US_PER_MINUTE);
		told += scene.findings.count;
	}
	assert_int_equal(told, 1);
	scene_close(&scene);
}

static void sense(struct scene *scene, const char *state_word, uint64_t lost)
{
	struct sensor_row *row = snapshot_add_sensor(&scene->tick);

	row->sensor = "mailbox";
	row->state = state_word;
	row->reason = "a blind spot is in use";
	row->lost = lost;
	scene_play(scene, US_PER_MINUTE);
}

static void a_sensor_that_sees_less_than_before_or_loses_counts_is_told(void **state)
{
	struct scene scene = scene_open(&sensor_health_detector);
	const struct finding *finding;

	(void)state;
	sense(&scene, "off", 7); /* nothing to watch yet, and losses of long ago */
	scene_expect_none(&scene);
	sense(&scene, "active", 7);
	scene_expect_none(&scene);
	sense(&scene, "degraded", 7);
	finding = scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_SENSOR, "mailbox");
	assert_non_null(strstr(finding->message, "a blind spot is in use"));
	sense(&scene, "active", 7);
	scene_expect_none(&scene);
	sense(&scene, "active", 9);
	finding = scene_expect_one(&scene, SEVERITY_NOTICE, SUBJECT_SENSOR, "mailbox");
	assert_int_equal(scene_number(finding, "lost"), 2);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sensor_that_falls_silent_is_told_once),
		cmocka_unit_test(a_sensor_that_sees_less_than_before_or_loses_counts_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
