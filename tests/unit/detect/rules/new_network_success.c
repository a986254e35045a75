/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mailboxes are opened at the first try, each from a new network. */
#include "unit/detect/scene.h"

#define HOURS (3 * 24)

static const char *home(unsigned int region, unsigned int i)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "%u.%u.%u.1", region, i / 250, i % 250);
	return text;
}

/* A tenant whose users log in from networks that it knows, until its hours are known. */
static struct scene scene_of_a_known_tenant(const struct detector *detector)
{
	struct scene scene = scene_open(detector);

	for (unsigned int i = 0; i < 500; i++) {
		scene_account(&scene, scene_name("user", i), ACCOUNT_ACTIVE, 1);
		scene_account(&scene, scene_name("old", i), ACCOUNT_DORMANT, 200);
	}
	for (unsigned int i = 0; i < 200; i++)
		scene_login(&scene, home(71 + i % 2, i), scene_name("user", i), 1, 0);
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

static void a_few_travellers_are_none(void **state)
{
	struct scene scene = scene_of_a_known_tenant(&new_network_success_detector);

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		scene_login(&scene, stranger(i), scene_name("user", i), 1, 0);
		scene_play(&scene, 2 * US_PER_HOUR);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void a_list_with_right_passwords_is_critical(void **state)
{
	struct scene scene = scene_of_a_known_tenant(&new_network_success_detector);
	unsigned int opened = 0;

	(void)state;
	while (!scene.findings.count && opened < 100) {
		scene_login(&scene, stranger(opened), scene_name("user", opened), 1, 0);
		opened++;
		scene_play(&scene, US_PER_MINUTE);
	}
	assert_in_range(opened, 3, 40);
	assert_int_equal(scene.findings.items[0].severity, SEVERITY_CRITICAL);
	assert_string_equal(scene.findings.items[0].subject, "example.org");
	scene_close(&scene);
}

/* All its customers get other addresses in one night: of most, in the same region. */
static void a_provider_that_renumbers_is_none(void **state)
{
	struct scene scene = scene_of_a_known_tenant(&new_network_success_detector);

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		scene_login(&scene, home(71 + (i + (i % 3 == 0)) % 2, 9000 + i),
			    scene_name("user", i), 1, 0);
		scene_play(&scene, US_PER_MINUTE);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

/* Thieves behind homes of the users' provider, which is not each user's. */
static void a_list_through_homes_is_critical(void **state)
{
	struct scene scene = scene_of_a_known_tenant(&new_network_success_detector);
	unsigned int opened = 0;

	(void)state;
	while (!scene.findings.count && opened < 150) {
		scene_login(&scene, home(71 + opened % 2, 9000 + opened),
			    scene_name("user", 200 + opened), 1, 0);
		opened++;
		scene_play(&scene, US_PER_MINUTE);
	}
	assert_in_range(opened, 3, 60);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_few_travellers_are_none),
		cmocka_unit_test(a_list_with_right_passwords_is_critical),
		cmocka_unit_test(a_provider_that_renumbers_is_none),
		cmocka_unit_test(a_list_through_homes_is_critical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
