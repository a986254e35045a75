/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strangers at the credential store. */
#include "unit/detect/scene.h"

#define STORE "/etc/dovecot/users"

static void add_event(struct scene *scene)
{
	struct event_row *event = snapshot_add_event(&scene->tick);

	event->kind = EVENT_CREDENTIAL_READER;
	event->was_opened = true;
	event->actor = "/usr/bin/cp";
	event->parent = "bash";
	event->uid = 0;
	event->login_uid = 1000;
	event->unit = "session-5.scope";
	event->pid = 4711;
	event->object = STORE;
	event->time_us = scene->now_us;
}

static void add_row(struct scene *scene, bool allowed, uint64_t opens)
{
	struct store_row *row = snapshot_add_store(&scene->tick);

	row->actor = "/usr/bin/cp";
	row->path = STORE;
	row->allowed = allowed;
	row->opens = opens;
	row->first_us = row->last_us = scene->now_us;
}

static void an_event_is_told_and_its_count_is_no_second_finding(void **state)
{
	struct scene scene = scene_open(&credential_reader_detector);
	const struct finding *finding;

	(void)state;
	add_event(&scene);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/bin/cp");
	assert_string_equal(finding->message,
			    "/usr/bin/cp (pid 4711, uid 0, login uid 1000, in session-5.scope, "
			    "started by bash) opened the credential store /etc/dovecot/users. Normal: "
			    "only the listed programs read it.");
	add_row(&scene, /* allowed= */ false, 1);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void a_lost_event_is_made_up_for_by_the_count(void **state)
{
	struct scene scene = scene_open(&credential_reader_detector);
	const struct finding *finding;

	(void)state;
	add_event(&scene);
	add_row(&scene, /* allowed= */ false, 3);
	scene_play(&scene, US_PER_SECOND);
	assert_int_equal(scene.findings.count, 2);
	finding = &scene.findings.items[1];
	assert_string_equal(finding->subject, "/usr/bin/cp");
	assert_int_equal(scene_number(finding, "opens"), 2);
	scene_close(&scene);
}

static void what_is_read_through_anothers_descriptor_is_told_once(void **state)
{
	struct scene scene = scene_open(&credential_reader_detector);
	const struct finding *finding;

	(void)state;
	add_event(&scene);
	scene.tick.events[0].was_opened = false;
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/bin/cp");
	assert_string_equal(finding->message,
			    "/usr/bin/cp (pid 4711, uid 0, login uid 1000, in session-5.scope, "
			    "started by bash) read the credential store /etc/dovecot/users, which another process had opened for it. "
			    "Normal: only the listed programs read it.");
	for (int i = 0; i < 3; i++) {
		add_row(&scene, /* allowed= */ false, 0);
		scene.tick.stores[0].bytes = 4096;
		scene_play(&scene, US_PER_SECOND);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void bytes_without_any_event_are_told_once(void **state)
{
	struct scene scene = scene_open(&credential_reader_detector);

	(void)state;
	for (int i = 0; i < 3; i++) {
		add_row(&scene, /* allowed= */ false, 0);
		scene.tick.stores[0].bytes = 4096;
		scene_play(&scene, US_PER_SECOND);
		if (i == 0)
			scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/bin/cp");
		else
			scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void listed_programs_may_read(void **state)
{
	struct scene scene = scene_open(&credential_reader_detector);

	(void)state;
	add_row(&scene, /* allowed= */ true, 1000);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_told_and_its_count_is_no_second_finding),
		cmocka_unit_test(a_lost_event_is_made_up_for_by_the_count),
		cmocka_unit_test(what_is_read_through_anothers_descriptor_is_told_once),
		cmocka_unit_test(bytes_without_any_event_are_told_once),
		cmocka_unit_test(listed_programs_may_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
