/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tenant with its usual mistyping, then a list worked through by networks seen once. */
#include "unit/detect/scene.h"

#include <stdlib.h>

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
	if (minute % 10 == 0) /* abroad */
		scene_login(scene, address(150, minute), scene_name("user", minute * 3 % 9000), 1,
			    0);
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

static struct scene settled_beside(const struct detector *detector, const struct detector *other)
{
	struct scene scene = scene_open_beside(detector, other, 4, NULL);

	for (unsigned int i = 0; i < 9000; i++)
		scene_account(&scene, scene_name("user", i), ACCOUNT_ACTIVE, 1);
	for (unsigned int i = 0; i < 3000; i++)
		scene_account(&scene, scene_name("old", i), ACCOUNT_DORMANT, 200);
	live_days(&scene, 6);
	scene_expect_none(&scene);
	return scene;
}

static struct scene settled(const struct detector *detector)
{
	return settled_beside(detector, NULL);
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

/* Everyday's bots: at all hours, but in one hour in six five times as many. */
static void live_with_surges(struct scene *scene, unsigned int minute)
{
	unsigned int hour = minute / 60;
	unsigned int pause = hour * 2654435761U % 6 == 0 ? 6 : 30;

	live_a_minute(scene, minute);
	if (minute % pause == 0)
		scene_login(scene, address(170 + minute / 60000, minute),
			    scene_name(minute % 5 < 3 ? "nobody" : "user", minute % 9000), 0, 1);
	scene_play(scene, HOUR_STEP);
}

static void a_surge_of_everyday_guessers_is_no_campaign(void **state)
{
	struct scene scene = scene_open_beside(&campaign_detector, NULL, 4, NULL);
	unsigned int minute = 0, tried = 0;
	uint64_t alarms = 0;

	(void)state;
	for (unsigned int i = 0; i < 9000; i++)
		scene_account(&scene, scene_name("user", i), ACCOUNT_ACTIVE, 1);
	for (; minute < 12 * 24 * 60; minute++) {
		live_with_surges(&scene, minute);
		alarms += scene.findings.count;
	}
	assert_int_equal(alarms, 0);
	/* and a list is told nevertheless */
	while (!scene.findings.count && tried < 100) {
		scene_login(&scene, address(120, 17 * tried),
			    scene_name(tried % 2 ? "user" : "nobody", tried), 0, 1);
		tried++;
		live_with_surges(&scene, minute++);
	}
	assert_in_range(tried, 3, 60);
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
	assert_in_range(tried, 3, 60);
	finding = scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_TENANT, "example.org");
	assert_non_null(strstr(finding->message, "tried one or two mailboxes each"));
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

/* As after a breach: many devices in the provider's networks still send the old password. */
static void a_wave_of_changed_passwords_is_no_campaign(void **state)
{
	struct scene scene = settled(&campaign_detector);

	(void)state;
	for (unsigned int minute = 0; minute < 240; minute++) {
		live_a_minute(&scene, minute + 9000);
		for (unsigned int i = 0; i < 3; i++)
			scene_login(&scene, address(60, (minute * 3 + i) * 11 % 500),
				    scene_name("user", (minute * 3 + i) * 31 % 9000), 0, 2);
		scene_play(&scene, HOUR_STEP);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void play_a_theft(struct scene *scene, unsigned int number)
{
	live_a_minute(scene, number + 9000);
	scene_login(scene, address(120, 17 * number), scene_name("old", number), number % 2,
		    number % 2 == 0);
	scene_play(scene, US_PER_MINUTE / 4);
}

static void what_a_campaign_opened_before_it_was_known_is_told_with_it(void **state)
{
	struct scene scene = settled_beside(&takeover_detector, &campaign_detector);
	size_t told = 0;

	(void)state;
	for (unsigned int i = 0; i < 40 && !scene_count(&scene, &campaign_detector, NULL); i++)
		play_a_theft(&scene, i);
	told = scene_count(&scene, &takeover_detector, NULL);
	assert_true(told >= 1);
	assert_true(scene_count(&scene, &takeover_detector, "old1@example.org") == 1);
	scene_close(&scene);
}

/* A stranger's login alone says little; that he reads on and on amid a campaign says more. */
static void a_mailbox_is_told_of_in_the_tick_in_which_it_is_read(void **state)
{
	struct scene scene = settled_beside(&takeover_detector, &campaign_detector);
	const char *victim = "user4444@example.org", *thief = "121.9.9.9";
	unsigned int i = 0;

	(void)state;
	for (; i < 60 && !scene_count(&scene, &campaign_detector, NULL); i++) {
		live_a_minute(&scene, i + 9000);
		scene_login(&scene, address(120, 17 * i), scene_name("nobody", i), 0, 1);
		scene_play(&scene, US_PER_MINUTE);
	}
	scene_login(&scene, thief, victim, 1, 0);
	(void)scene_read(&scene, thief, victim, 5);
	scene_play(&scene, US_PER_SECOND);
	assert_int_equal(scene_count(&scene, &takeover_detector, victim), 0);
	(void)scene_read(&scene, thief, victim, 900);
	scene_play(&scene, US_PER_SECOND);
	assert_int_equal(scene_count(&scene, &takeover_detector, victim), 1);
	(void)scene_read(&scene, thief, victim, 900);
	scene_play(&scene, US_PER_SECOND);
	assert_int_equal(scene_count(&scene, &takeover_detector, victim), 0);
	scene_close(&scene);
}

/* Strangers who open a mailbox in use each; until an alarm, but 30 at the most. */
static unsigned int strangers_until_told(struct scene *scene, uint64_t messages)
{
	unsigned int opened = 0;

	while (!scene_count(scene, &campaign_detector, NULL) && opened < 30) {
		const char *thief, *victim;

		live_a_minute(scene, opened + 9000);
		thief = address(122, 17 * opened);
		victim = scene_name("user", 4000 + 3 * opened);
		scene_login(scene, thief, victim, 1, 0);
		(void)scene_read(scene, thief, victim, messages);
		scene_play(scene, US_PER_MINUTE);
		opened++;
	}
	return opened;
}

static void strangers_who_copy_what_they_open_are_a_campaign(void **state)
{
	struct scene scene = settled_beside(&takeover_detector, &campaign_detector);

	(void)state;
	assert_in_range(strangers_until_told(&scene, 500), 3, 8);
	/* This one and those before; of a single one nobody could have told. */
	assert_true(scene_count(&scene, &takeover_detector, NULL) >= 3);
	scene_close(&scene);
}

static void copy(struct scene *scene, const char *thief, const char *victim)
{
	scene_login(scene, thief, victim, 1, 0);
	scene_play(scene, 2 * US_PER_SECOND);
	(void)scene_read(scene, thief, victim, 300);
	scene_play(scene, US_PER_MINUTE);
}

static void one_takeover_makes_the_next_one_plain(void **state)
{
	struct scene scene = settled(&takeover_detector);

	(void)state;
	copy(&scene, "122.1.1.1", "user11@example.org");
	scene_expect_none(&scene);
	copy(&scene, "122.2.2.2", "old7@example.org");
	(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, "old7@example.org");
	copy(&scene, "122.3.3.3", "user4001@example.org");
	(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, "user4001@example.org");
	scene.now_us += 2 * US_PER_HOUR;
	copy(&scene, "122.4.4.4", "user4002@example.org");
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void strangers_who_only_look_are_travellers(void **state)
{
	struct scene scene = settled(&campaign_detector);

	(void)state;
	assert_int_equal(strangers_until_told(&scene, 15), 30);
	scene_close(&scene);
}

static void an_alarm_survives_a_restart(void **state)
{
	const struct engine_settings settings = {0.1, 4, 10000, NULL, NULL};
	struct scene scene = settled(&dormant_hits_detector);
	struct detector_choice choices[32] = {{0}};
	struct engine *next;
	unsigned char *bytes;
	size_t length, n = 0;

	(void)state;
	for (unsigned int i = 0; i < 30; i++)
		play_a_theft(&scene, i);
	bytes = engine_encode(scene.engine, &length);
	for (; detectors[n]; n++)
		choices[n] = (struct detector_choice){
			detectors[n], detectors[n] == &dormant_hits_detector, NULL};
	next = engine_new(&settings, choices, n);
	engine_free(scene.engine); /* nothing of it may be reached from the bytes */
	scene.engine = next;
	assert_int_equal(engine_decode(next, bytes, length), 0);
	scene.now_us += US_PER_MINUTE;
	play_a_theft(&scene, 31);
	assert_true(scene.findings.count > 0);
	free(bytes);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_raises_nothing),
		cmocka_unit_test(a_surge_of_everyday_guessers_is_no_campaign),
		cmocka_unit_test(a_list_from_elsewhere_is_told_with_its_networks),
		cmocka_unit_test(tried_mailboxes_that_nobody_uses_are_told),
		cmocka_unit_test(right_passwords_from_new_networks_are_told),
		cmocka_unit_test(a_wave_of_changed_passwords_is_no_campaign),
		cmocka_unit_test(what_a_campaign_opened_before_it_was_known_is_told_with_it),
		cmocka_unit_test(a_mailbox_is_told_of_in_the_tick_in_which_it_is_read),
		cmocka_unit_test(strangers_who_copy_what_they_open_are_a_campaign),
		cmocka_unit_test(one_takeover_makes_the_next_one_plain),
		cmocka_unit_test(strangers_who_only_look_are_travellers),
		cmocka_unit_test(an_alarm_survives_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
