/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state survives exactly; single detectors that need few words. */
#include "unit/detect/scene.h"

#include <errno.h>

static const struct engine_settings settings = {0.1, 0, 2000};

/* The n-th minute of some traffic with an attacker in it. */
static void play(struct engine *engine, unsigned int n, struct finding_list *findings)
{
	struct snapshot tick = {0};
	struct scene pen = {.now_us = SCENE_START + n * US_PER_MINUTE};
	char source[32];

	snprintf(source, sizeof(source), "192.0.%u.%u", n % 7, n % 11);
	scene_login(&pen, source, scene_name("user", n % 90), n % 5 != 0, n % 5 == 0);
	scene_login(&pen, "198.51.100.7", scene_name("user", n), n % 9 == 8, n % 9 != 8);
	scene_read(&pen, "198.51.100.7", scene_name("user", n - n % 9 + 8), 100);
	tick = pen.tick;
	tick.from_us = pen.now_us;
	tick.until_us = pen.now_us + US_PER_SECOND;
	engine_observe(engine, &tick, findings);
	snapshot_done(&tick);
}

static void expect_same(const struct finding_list *one, const struct finding_list *other)
{
	assert_int_equal(one->count, other->count);
	for (size_t i = 0; i < one->count; i++) {
		assert_string_equal(one->items[i].message, other->items[i].message);
		assert_true(json_equal(one->items[i].evidence, other->items[i].evidence));
		assert_int_equal(one->items[i].n_accounts, other->items[i].n_accounts);
	}
}

static void a_restart_changes_nothing(void **state)
{
	struct engine *whole = engine_new(&settings, NULL, 0), *first, *second;
	struct finding_list one = {0}, other = {0};
	unsigned char *bytes;
	size_t length;

	(void)state;
	first = engine_new(&settings, NULL, 0);
	for (unsigned int n = 0; n < 300; n++) {
		play(whole, n, &one);
		play(first, n, &other);
	}
	bytes = engine_encode(first, &length);
	second = engine_new(&settings, NULL, 0);
	assert_int_equal(engine_decode(second, bytes, length), 0);
	for (unsigned int n = 300; n < 600; n++) {
		play(whole, n, &one);
		play(second, n, &other);
	}
	assert_true(one.count > 20);
	expect_same(&one, &other);
	free(bytes);
	finding_list_done(&one);
	finding_list_done(&other);
	engine_free(whole);
	engine_free(first);
	engine_free(second);
}

static void damaged_or_foreign_states_are_refused(void **state)
{
	struct engine *engine = engine_new(&settings, NULL, 0), *other;
	const struct engine_settings larger = {0.1, 0, 3000000};
	struct finding_list findings = {0};
	unsigned char *bytes;
	size_t length;

	(void)state;
	for (unsigned int n = 0; n < 50; n++)
		play(engine, n, &findings);
	bytes = engine_encode(engine, &length);
	for (size_t cut = 0; cut < length; cut += 1 + length / 50) {
		other = engine_new(&settings, NULL, 0);
		assert_int_equal(engine_decode(other, bytes, cut), -EINVAL);
		engine_free(other);
	}
	other = engine_new(&larger, NULL, 0);
	assert_int_equal(engine_decode(other, bytes, length), -EINVAL);
	engine_free(other);
	free(bytes);
	finding_list_done(&findings);
	engine_free(engine);
}

static void guessers_are_on_the_block_list(void **state)
{
	struct engine *engine = engine_new(&settings, NULL, 0);
	struct finding_list findings = {0};
	json_t *list, *source;

	(void)state;
	for (unsigned int n = 0; n < 8; n++)
		play(engine, n, &findings);
	list = engine_blocklist(engine, SCENE_START + US_PER_HOUR, US_PER_DAY);
	source = json_array_get(json_object_get(list, "sources"), 0);
	assert_non_null(source);
	assert_string_equal(json_string_value(json_object_get(source, "block")), "198.51.100.7");
	json_decref(list);
	finding_list_done(&findings);
	engine_free(engine);
}

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

static void read_store(struct scene *scene, uint64_t bytes)
{
	struct store_row *row = snapshot_add_store(&scene->tick);

	row->path = "/etc/dovecot/users";
	row->actor = "/usr/lib/dovecot/auth";
	row->allowed = true;
	row->opens = 1;
	row->bytes = bytes;
	row->first_us = row->last_us = scene->now_us;
}

static void what_logins_explain_is_quiet_and_a_dump_is_not(void **state)
{
	struct scene scene = scene_open(&credential_volume_detector);

	(void)state;
	for (unsigned int i = 0; i < 2000; i++) {
		scene_login(&scene, "192.0.2.1", scene_name("user", i % 50), 3, 0);
		read_store(&scene, 700 + i * 7919 % 400);
		scene_play(&scene, US_PER_SECOND);
		scene_expect_none(&scene);
	}
	read_store(&scene, 40000);
	scene_play(&scene, US_PER_SECOND);
	(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/lib/dovecot/auth");
	scene_close(&scene);
}

/* The verdict is counted in one tick, what was read for it in the next. */
static void reading_may_come_a_second_after_its_login(void **state)
{
	struct scene scene = scene_open(&credential_volume_detector);

	(void)state;
	scene_login(&scene, "192.0.2.1", "ann@example.org", 1, 0);
	read_store(&scene, 300);
	scene_play(&scene, US_PER_MINUTE);
	for (unsigned int i = 0; i < 500; i++) {
		scene_login(&scene, "192.0.2.1", "ann@example.org", 40, 0);
		scene_play(&scene, US_PER_SECOND);
		scene_expect_none(&scene);
		read_store(&scene, 40 * 300);
		scene_play(&scene, US_PER_MINUTE);
		scene_expect_none(&scene);
	}
	read_store(&scene, 40 * 300);
	scene_play(&scene, US_PER_SECOND);
	(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/lib/dovecot/auth");
	scene_close(&scene);
}

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
		cmocka_unit_test(a_restart_changes_nothing),
		cmocka_unit_test(damaged_or_foreign_states_are_refused),
		cmocka_unit_test(guessers_are_on_the_block_list),
		cmocka_unit_test(a_touched_honey_account_is_told_at_once),
		cmocka_unit_test(clear_passwords_are_told_the_next_day),
		cmocka_unit_test(what_logins_explain_is_quiet_and_a_dump_is_not),
		cmocka_unit_test(reading_may_come_a_second_after_its_login),
		cmocka_unit_test(a_sensor_that_falls_silent_is_told_once),
		cmocka_unit_test(a_sensor_that_sees_less_than_before_or_loses_counts_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
