/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passwords without encryption, counted by day. */
#include "unit/detect/scene.h"

static void clear_passwords_are_told_the_next_day(void **state)
{
	struct scene scene = scene_open(&legacy_login_detector);

	(void)state;
	scene_login(&scene, "198.51.100.7", "ann@example.org", 3, 0);
	scene_play(&scene, US_PER_DAY);
	scene_expect_none(&scene);
	scene_login(&scene, "198.51.100.7", "ann@example.org", 1, 0);
	scene_play(&scene, US_PER_SECOND);
	(void)scene_expect_one(&scene, SEVERITY_NOTICE, SUBJECT_TENANT, "example.org");
	scene_close(&scene);
}

static void encrypted_logins_and_failures_are_not_counted(void **state)
{
	struct scene scene = scene_open(&legacy_login_detector);

	(void)state;
	for (int day = 0; day < 3; day++) {
		scene_login(&scene, "198.51.100.7", "ann@example.org", 3, 0);
		scene.tick.attempts[0].transport = TRANSPORT_TLS;
		scene_login(&scene, "198.51.100.7", "bob@example.org", 0, 3);
		scene_play(&scene, US_PER_DAY);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clear_passwords_are_told_the_next_day),
		cmocka_unit_test(encrypted_logins_and_failures_are_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
