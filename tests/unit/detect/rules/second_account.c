/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One session, two accounts. */
#include "unit/detect/scene.h"

static void the_event_names_session_and_opened_account(void **state)
{
	struct scene scene = scene_open(&second_account_detector);
	struct event_row *event = snapshot_add_event(&scene.tick);
	const struct finding *finding;

	(void)state;
	event->kind = EVENT_SECOND_ACCOUNT;
	event->actor = "/usr/lib/dovecot/imap";
	event->pid = 4711;
	event->account = "ann@example.org";
	event->source = "198.51.100.7";
	event->object = "bob@example.org";
	event->time_us = scene.now_us;
	scene_play(&scene, US_PER_SECOND);
	finding =
		scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/lib/dovecot/imap");
	assert_string_equal(
		finding->message,
		"/usr/lib/dovecot/imap (pid 4711, uid 0), serving ann@example.org from "
		"198.51.100.7, opened mail of bob@example.org. Normal: a session reads only the "
		"mailbox that it logged in to.");
	assert_int_equal(finding->n_accounts, 1);
	assert_string_equal(finding->accounts[0].name, "bob@example.org");
	scene_close(&scene);
}

static void an_account_that_did_not_log_in_is_told(void **state)
{
	struct scene scene = scene_open(&second_account_detector);
	struct event_row *event = snapshot_add_event(&scene.tick);

	(void)state;
	event->kind = EVENT_OTHER_LOGIN;
	event->actor = "/usr/lib/dovecot/imap";
	event->pid = 4711;
	event->account = "";
	event->source = "198.51.100.7";
	event->object = "bob@example.org";
	event->time_us = scene.now_us;
	scene_play(&scene, US_PER_SECOND);
	assert_string_equal(scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR,
					     "/usr/lib/dovecot/imap")
				    ->message,
			    "/usr/lib/dovecot/imap (pid 4711, uid 0) says that it serves "
			    "bob@example.org from 198.51.100.7, but that account did not log in for "
			    "it. Normal: a session serves the account that logged in.");
	scene_close(&scene);
}

static void a_login_that_may_have_been_missed_is_a_warning(void **state)
{
	struct scene scene = scene_open(&second_account_detector);
	struct event_row *event = snapshot_add_event(&scene.tick);

	(void)state;
	event->kind = EVENT_OTHER_LOGIN;
	event->actor = "/usr/lib/dovecot/imap";
	event->object = "bob@example.org";
	event->may_have_logged_in = true;
	event->time_us = scene.now_us;
	scene_play(&scene, US_PER_SECOND);
	assert_non_null(strstr(scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_ACTOR,
						"/usr/lib/dovecot/imap")
				       ->message,
			       "may have missed the login"));
	scene_close(&scene);
}

static void other_events_are_not_its_business(void **state)
{
	struct scene scene = scene_open(&second_account_detector);

	(void)state;
	snapshot_add_event(&scene.tick)->kind = EVENT_CREDENTIAL_READER;
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_event_names_session_and_opened_account),
		cmocka_unit_test(an_account_that_did_not_log_in_is_told),
		cmocka_unit_test(a_login_that_may_have_been_missed_is_a_warning),
		cmocka_unit_test(other_events_are_not_its_business),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
