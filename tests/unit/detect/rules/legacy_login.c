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

/* A webmail on the same host: nothing crosses a network. */
static void logins_from_this_host_are_not_counted(void **state)
{
	static const char *const sources[] = {"127.0.0.1", "::1", "203.0.113.5"};
	struct scene scene = scene_open(&legacy_login_detector);
	struct network_list own = {0};
	struct network_range range;

	(void)state;
	assert_int_equal(network_range_parse("203.0.113.5", &range), 0);
	network_list_add(&own, &range);
	engine_set_own_addresses(scene.engine, &own);
	for (int day = 0; day < 3; day++) {
		for (size_t i = 0; i < ARRAY_LENGTH(sources); i++)
			scene_login(&scene, sources[i], "ann@example.org", 3, 0);
		scene_play(&scene, US_PER_DAY);
		scene_expect_none(&scene);
	}
	/* one that crosses it is, alone */
	scene_login(&scene, "203.0.113.6", "ann@example.org", 3, 0);
	scene_login(&scene, "127.0.0.1", "ann@example.org", 3, 0);
	scene_play(&scene, US_PER_DAY);
	scene_login(&scene, "203.0.113.6", "ann@example.org", 3, 0);
	scene_play(&scene, US_PER_DAY);
	assert_int_equal(scene_number(scene_expect_one(&scene, SEVERITY_NOTICE, SUBJECT_TENANT,
						       "example.org"),
				      "cleartext_logins"),
			 3);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clear_passwords_are_told_the_next_day),
		cmocka_unit_test(encrypted_logins_and_failures_are_not_counted),
		cmocka_unit_test(logins_from_this_host_are_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
