/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A listed program that reads a store beside the logins it serves, second by second. */
#include "unit/detect/scene.h"

#include <math.h>

#define STORE "/etc/dovecot/users"
#define READER "/usr/libexec/dovecot/auth"

static uint64_t dice = 1;

static unsigned int draw(unsigned int limit)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned int)(dice >> 33) % limit;
}

static void read_store(struct scene *scene, uint64_t bytes)
{
	struct store_row *row = snapshot_add_store(&scene->tick);

	row->path = STORE;
	row->actor = READER;
	row->allowed = true;
	row->bytes = bytes;
	row->first_us = row->last_us = scene->now_us;
}

/* A second: up to 20 logins of known people, 240 to 360 bytes each. */
static void live_a_second(struct scene *scene, uint64_t more)
{
	unsigned int logins = draw(21);
	uint64_t bytes = more;

	if (logins)
		scene_login(scene, "192.0.2.1", "ann@example.org", logins, 0);
	for (unsigned int i = 0; i < logins; i++)
		bytes += 240 + draw(121);
	if (bytes)
		read_store(scene, bytes);
	scene_play(scene, US_PER_SECOND);
}

static struct scene settled(void)
{
	struct scene scene = scene_open_with(&credential_volume_detector, 1, NULL);

	for (int i = 0; i < 50 * 3600; i++) {
		live_a_second(&scene, 0);
		scene_expect_none(&scene);
	}
	return scene;
}

static unsigned int seconds_until_told(struct scene *scene, uint64_t more)
{
	unsigned int seconds = 0;

	while (!scene->findings.count && seconds < 3600) {
		live_a_second(scene, more);
		seconds++;
	}
	return seconds;
}

static void a_fast_dump_is_told_in_its_first_second(void **state)
{
	struct scene scene = settled();

	(void)state;
	assert_int_equal(seconds_until_told(&scene, 15000), 1);
	(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, READER);
	scene_close(&scene);
}

static void a_slow_dump_is_told_within_some_rows(void **state)
{
	const struct finding *finding;
	struct scene scene = settled();

	(void)state;
	assert_in_range(seconds_until_told(&scene, 150), 3, 60);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, READER);
	assert_non_null(strstr(finding->message, "than its logins explain"));
	assert_in_range(scene_number(finding, "excess_bytes"), 300, 12000);
	scene_close(&scene);
}

static uint64_t budget(const struct scene *scene, const char *actor)
{
	return engine_read_budget(scene->engine, scene->now_us, STORE, actor);
}

static void what_a_program_may_read_before_it_is_looked_at_is_what_alarms(void **state)
{
	struct scene scene = settled();
	uint64_t most = budget(&scene, READER);

	(void)state;
	assert_in_range(most, 2048, 2048 + 24 * 320); /* and what the last logins may still read */
	assert_int_equal(budget(&scene, "/usr/bin/doveadm"), 2048);
	read_store(&scene, most - 1);
	scene_play(&scene, US_PER_SECOND / 100);
	scene_expect_none(&scene);
	assert_in_range(budget(&scene, READER), 1, 16);
	read_store(&scene, 32);
	scene_play(&scene, US_PER_SECOND / 100);
	(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, READER);
	assert_in_range(budget(&scene, READER), 2048, 2048);
	scene_close(&scene);
}

static void while_a_host_is_learnt_a_program_may_read_any_number(void **state)
{
	struct scene scene = scene_open_with(&credential_volume_detector, 1, NULL);

	(void)state;
	assert_true(budget(&scene, READER) == UINT64_MAX);
	live_a_second(&scene, 0);
	assert_true(budget(&scene, READER) == UINT64_MAX);
	scene_close(&scene);
}

static void without_learning_the_budget_is_there_before_the_first_tick(void **state)
{
	struct scene scene = scene_open(&credential_volume_detector);

	(void)state;
	assert_int_equal(budget(&scene, READER), 2048);
	scene_close(&scene);
}

/* The same seconds as always, each in ten parts. */
static void ticks_before_their_time_change_nothing_of_the_normal(void **state)
{
	struct scene scene = settled();

	(void)state;
	for (int i = 0; i < 6 * 3600; i++) {
		if (i % 10 == 0)
			scene_login(&scene, "192.0.2.1", "ann@example.org", 10, 0);
		read_store(&scene, 240 + draw(121));
		scene_play(&scene, US_PER_SECOND / 10);
		scene_expect_none(&scene);
	}
	assert_in_range(seconds_until_told(&scene, 150), 3, 60);
	scene_close(&scene);
}

/* Mail is delivered all the time, and each delivery asks whose mailbox it is. */
static void what_is_always_read_without_a_login_is_normal(void **state)
{
	struct scene scene = scene_open_with(&credential_volume_detector, 1, NULL);

	(void)state;
	for (int i = 0; i < 60 * 3600; i++) {
		live_a_second(&scene, 300 * draw(5));
		scene_expect_none(&scene);
	}
	assert_in_range(seconds_until_told(&scene, 1200), 2, 60);
	scene_close(&scene);
}

/* A passwd-file is read as a whole when it changed. */
static void a_file_that_changes_each_hour_raises_nothing(void **state)
{
	struct scene scene = scene_open_with(&credential_volume_detector, 1, NULL);

	(void)state;
	for (int i = 0; i < 70 * 3600; i++) {
		live_a_second(&scene, i % 3600 == 1800 ? 1500000 : 0);
		scene_expect_none(&scene);
	}
	assert_in_range(seconds_until_told(&scene, 300), 2, 60);
	scene_close(&scene);
}

static void read_some(struct scene *scene, uint64_t bytes)
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
		read_some(&scene, 700 + i * 7919 % 400);
		scene_play(&scene, US_PER_SECOND);
		scene_expect_none(&scene);
	}
	read_some(&scene, 40000);
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
	read_some(&scene, 300);
	scene_play(&scene, US_PER_MINUTE);
	for (unsigned int i = 0; i < 500; i++) {
		scene_login(&scene, "192.0.2.1", "ann@example.org", 40, 0);
		scene_play(&scene, US_PER_SECOND);
		scene_expect_none(&scene);
		read_some(&scene, 40 * 300);
		scene_play(&scene, US_PER_MINUTE);
		scene_expect_none(&scene);
	}
	read_some(&scene, 40 * 300);
	scene_play(&scene, US_PER_SECOND);
	(void)scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/lib/dovecot/auth");
	scene_close(&scene);
}

/* 4 MB of a database, in the first hours, and once more when all is learnt. */
static void a_dump_while_learning_is_told_and_not_learnt(void **state)
{
	struct scene scene = scene_open_with(&credential_volume_detector, 1, NULL);
	struct store_row *row;

	(void)state;
	for (int i = 0; i < 50 * 3600; i++) {
		bool is_dump = i == 7200 || i == 49 * 3600;

		if (is_dump) {
			read_store(&scene, 4000000);
			scene.tick.stores[0].path = "inet:192.0.2.9:5432";
		}
		live_a_second(&scene, 0);
		if (scene.findings.count != is_dump)
			fail_msg("second %d: %s", i,
				 scene.findings.count ? scene.findings.items[0].message : "nothing");
		if (i == 49 * 3600)
			break;
		/* what logins of the database cost */
		row = i % 5 ? NULL : snapshot_add_store(&scene.tick);
		if (row)
			*row = (struct store_row){.path = "inet:192.0.2.9:5432",
						  .actor = READER,
						  .unit = "",
						  .allowed = true,
						  .bytes = 300,
						  .first_us = scene.now_us,
						  .last_us = scene.now_us};
	}
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_logins_explain_is_quiet_and_a_dump_is_not),
		cmocka_unit_test(reading_may_come_a_second_after_its_login),
		cmocka_unit_test(a_fast_dump_is_told_in_its_first_second),
		cmocka_unit_test(a_slow_dump_is_told_within_some_rows),
		cmocka_unit_test(what_a_program_may_read_before_it_is_looked_at_is_what_alarms),
		cmocka_unit_test(while_a_host_is_learnt_a_program_may_read_any_number),
		cmocka_unit_test(without_learning_the_budget_is_there_before_the_first_tick),
		cmocka_unit_test(ticks_before_their_time_change_nothing_of_the_normal),
		cmocka_unit_test(what_is_always_read_without_a_login_is_normal),
		cmocka_unit_test(a_file_that_changes_each_hour_raises_nothing),
		cmocka_unit_test(a_dump_while_learning_is_told_and_not_learnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
