/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every detector that weighs evidence can be told to count instead. */
#include "unit/detect/scene.h"

static const char *address(unsigned int number)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "100.%u.%u.9", number / 250, number % 250);
	return text;
}

static void every_detector_that_weighs_has_a_plain_mode(void **state)
{
	(void)state;
	for (size_t i = 0; detectors[i]; i++) {
		bool is_plain = detectors[i]->keys && strcmp(detectors[i]->keys[0].name, "plain") == 0;

		if (detectors[i]->shares_alarms || detectors[i] == &source_guessing_detector ||
		    detectors[i] == &sensor_health_detector)
			assert_true(is_plain);
	}
}

/* Ticks until the detector speaks; each plays what act() adds. */
static unsigned int ticks_until_told(struct scene *scene, unsigned int most, int64_t step_us,
				     void (*act)(struct scene *scene, unsigned int tick))
{
	for (unsigned int tick = 0; tick < most; tick++) {
		act(scene, tick);
		scene_play(scene, step_us);
		if (scene_count(scene, scene->detector, NULL))
			return tick + 1;
	}
	return 0;
}

static void fail_on_ann(struct scene *scene, unsigned int tick)
{
	(void)tick;
	scene_login(scene, "198.51.100.7", "ann@example.org", 0, 1);
}

static void brute_force_counts_failures(void **state)
{
	struct scene scene = scene_open_with(&brute_force_detector, 7, (double[]){1, 12});

	(void)state;
	assert_int_equal(ticks_until_told(&scene, 50, US_PER_HOUR, fail_on_ann), 12);
	scene_close(&scene);
}

static void try_unknown_names(struct scene *scene, unsigned int tick)
{
	scene_login(scene, address(tick), scene_name("nobody", tick), 0, 1);
}

/* A tenant with accounts, of which all hours of a day are known. */
static struct scene settled(const struct detector *detector, double *settings)
{
	struct scene scene = scene_open_with(detector, 0, settings);

	for (unsigned int i = 0; i < 500; i++) {
		scene_account(&scene, scene_name("user", i), ACCOUNT_ACTIVE, 1);
		scene_account(&scene, scene_name("old", i), ACCOUNT_DORMANT, 200);
	}
	for (unsigned int hour = 0; hour < 3 * 24; hour++) {
		scene_login(&scene, "60.1.1.1", scene_name("user", hour), 1, 0);
		scene_play(&scene, US_PER_HOUR);
	}
	return scene;
}

static void campaign_counts_unknown_names(void **state)
{
	struct scene scene = settled(&campaign_detector, (double[]){1, 15});

	(void)state;
	assert_int_equal(ticks_until_told(&scene, 50, US_PER_SECOND, try_unknown_names), 16);
	scene_close(&scene);
}

static void try_old_mailboxes(struct scene *scene, unsigned int tick)
{
	scene_login(scene, address(tick), scene_name("old", tick), 0, 1);
}

static void dormant_hits_counts_mailboxes(void **state)
{
	struct scene scene = settled(&dormant_hits_detector, (double[]){1, 9});

	(void)state;
	assert_int_equal(ticks_until_told(&scene, 50, US_PER_SECOND, try_old_mailboxes), 10);
	scene_close(&scene);
}

static void open_from_anywhere(struct scene *scene, unsigned int tick)
{
	scene_login(scene, address(tick), scene_name("user", 100 + tick), 1, 0);
}

static void new_network_success_counts_networks(void **state)
{
	struct scene scene = settled(&new_network_success_detector, (double[]){1, 11});

	(void)state;
	assert_int_equal(ticks_until_told(&scene, 50, US_PER_SECOND, open_from_anywhere), 12);
	scene_close(&scene);
}

static void guess_then_hit(struct scene *scene, unsigned int tick)
{
	scene_login(scene, "198.51.100.7", scene_name("user", tick), tick == 6, tick != 6);
}

static void takeover_counts_other_mailboxes(void **state)
{
	struct scene scene = scene_open_with(&takeover_detector, 7, (double[]){1, 6, 100});

	(void)state;
	assert_int_equal(ticks_until_told(&scene, 50, US_PER_HOUR, guess_then_hit), 7);
	scene_close(&scene);
}

static void read_a_mailbox_each(struct scene *scene, unsigned int tick)
{
	scene_login(scene, "198.51.100.7", scene_name("user", tick), 1, 0);
	(void)scene_read(scene, "198.51.100.7", scene_name("user", tick), 900);
}

static void bulk_read_counts_mailboxes(void **state)
{
	struct scene scene = scene_open_with(&bulk_read_detector, 0, (double[]){1, 500, 20, 6});
	unsigned int ticks = 0;

	(void)state;
	do {
		read_a_mailbox_each(&scene, ticks++);
		scene_play(&scene, US_PER_MINUTE);
	} while (ticks < 20 && (!scene.findings.count ||
				scene.findings.items[0].severity < SEVERITY_WARNING));
	assert_int_equal(ticks, 6);
	scene_close(&scene);
}

static void read_the_store(struct scene *scene, unsigned int tick)
{
	struct store_row *row = snapshot_add_store(&scene->tick);

	(void)tick;
	row->path = "/etc/dovecot/users";
	row->actor = "/usr/lib/dovecot/auth";
	row->allowed = true;
	row->bytes = 1000;
	row->first_us = row->last_us = scene->now_us;
}

static void credential_volume_counts_bytes(void **state)
{
	struct scene scene = scene_open_with(&credential_volume_detector, 0, (double[]){1, 9500});

	(void)state;
	assert_int_equal(ticks_until_told(&scene, 50, US_PER_SECOND, read_the_store), 10);
	scene_close(&scene);
}

static void log_in_once(struct scene *scene, unsigned int tick)
{
	if (tick == 0)
		scene_login(scene, "192.0.2.1", "ann@example.org", 1, 0);
}

static void sensor_health_counts_minutes(void **state)
{
	struct scene scene = scene_open_with(&sensor_health_detector, 0, (double[]){1, 30});

	(void)state;
	assert_in_range(ticks_until_told(&scene, 90, US_PER_MINUTE, log_in_once), 31, 33);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_detector_that_weighs_has_a_plain_mode),
		cmocka_unit_test(brute_force_counts_failures),
		cmocka_unit_test(campaign_counts_unknown_names),
		cmocka_unit_test(dormant_hits_counts_mailboxes),
		cmocka_unit_test(new_network_success_counts_networks),
		cmocka_unit_test(takeover_counts_other_mailboxes),
		cmocka_unit_test(bulk_read_counts_mailboxes),
		cmocka_unit_test(credential_volume_counts_bytes),
		cmocka_unit_test(sensor_health_counts_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
