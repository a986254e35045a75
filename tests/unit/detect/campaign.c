/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tenant with its usual mistyping, then a list worked through by networks seen once. */
#include "unit/detect/scene.h"

#define HOUR_STEP (US_PER_HOUR / 60)

static const char *address(unsigned int first, unsigned int number)
{
	static char texts[4][32];
	static unsigned int next;
	char *text = texts[next++ % 4];

	(void)snprintf(text, sizeof(texts[0]), "%u.%u.%u.9", first, number / 250 % 250,
		       number % 250);
	return text;
}

/* A minute: new devices of customers in the provider's networks, now and then a wrong password. */
static void live_a_minute(struct scene *scene, unsigned int minute)
{
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int n = minute * 4 + i;

		scene_login(scene, address(60, n * 7 % 500),
			    scene_name("user", (n * 7919 + n / 500) % 9000), 1, 0);
	}
	if (minute % 7 == 0)
		scene_login(scene, address(60, minute % 500),
			    scene_name("user", (minute * 13 + minute / 500) % 9000), 0, 1);
	if (minute % 40 == 0)
		scene_login(scene, address(110, minute), scene_name("typo", minute), 0, 1);
}

static void live_days(struct scene *scene, unsigned int days)
{
	for (unsigned int minute = 0; minute < days * 24 * 60; minute++) {
		live_a_minute(scene, minute);
		scene_play(scene, HOUR_STEP);
	}
}

static struct scene settled(const struct detector *detector)
{
	struct scene scene = scene_open_with(detector, 4, NULL);

	for (unsigned int i = 0; i < 9000; i++)
		scene_account(&scene, scene_name("user", i), ACCOUNT_ACTIVE, 1);
	for (unsigned int i = 0; i < 3000; i++)
		scene_account(&scene, scene_name("old", i), ACCOUNT_DORMANT, 200);
	live_days(&scene, 6);
	scene_expect_none(&scene);
	return scene;
}

static void the_usual_raises_nothing(void **state)
{
	struct scene scene = settled(&campaign_detector);
	uint64_t alarms = 0;

	(void)state;
	for (unsigned int minute = 0; minute < 2 * 24 * 60; minute++) {
		live_a_minute(&scene, minute + 9000);
		scene_play(&scene, HOUR_STEP);
		alarms += scene.findings.count;
	}
	assert_int_equal(alarms, 0);
	scene_close(&scene);
}

static void a_list_from_elsewhere_is_told_with_its_networks(void **state)
{
	struct scene scene = settled(&campaign_detector);
	const struct finding *finding;
	unsigned int tried = 0;

	(void)state;
	while (!scene.findings.count && tried < 100) {
		live_a_minute(&scene, tried + 9000);
		scene_login(&scene, address(120, 17 * tried),
			    scene_name(tried % 2 ? "user" : "nobody", tried), 0, 1);
		tried++;
		scene_play(&scene, HOUR_STEP);
	}
	assert_in_range(tried, 4, 60);
	finding = scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_TENANT, "example.org");
	assert_non_null(strstr(finding->message, "tried a mailbox or two each"));
	assert_true(json_array_size(json_object_get(finding->evidence, "sources")) >= tried / 2);
	assert_true(finding->n_accounts >= tried / 2);
	scene_close(&scene);
}

static void tried_mailboxes_that_nobody_uses_are_told(void **state)
{
	struct scene scene = settled(&dormant_hits_detector);
	unsigned int tried = 0;

	(void)state;
	while (!scene.findings.count && tried < 60) {
		live_a_minute(&scene, tried + 9000);
		scene_login(&scene, address(130, 17 * tried), scene_name("old", tried), 0, 1);
		tried++;
		scene_play(&scene, HOUR_STEP);
	}
	assert_in_range(tried, 3, 20);
	assert_int_equal(scene.findings.items[0].severity, SEVERITY_WARNING);
	assert_int_equal(scene.findings.items[0].subject_kind, SUBJECT_ACCOUNT);
	scene_close(&scene);
}

static void right_passwords_from_new_networks_are_told(void **state)
{
	struct scene scene = settled(&new_network_success_detector);
	unsigned int tried = 0;

	(void)state;
	while (!scene.findings.count && tried < 100) {
		live_a_minute(&scene, tried + 9000);
		scene_login(&scene, address(140, 17 * tried), scene_name("user", 31 * tried % 9000),
			    1, 0);
		tried++;
		scene_play(&scene, HOUR_STEP);
	}
	assert_in_range(tried, 3, 40);
	(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_TENANT, "example.org");
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_raises_nothing),
		cmocka_unit_test(a_list_from_elsewhere_is_told_with_its_networks),
		cmocka_unit_test(tried_mailboxes_that_nobody_uses_are_told),
		cmocka_unit_test(right_passwords_from_new_networks_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
