/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that open mail beside the server. */
#include "unit/detect/scene.h"

static void open_mail(struct scene *scene, const char *actor, const char *account,
		      uint64_t messages, enum reader reader)
{
	struct read_row *row = scene_read(scene, "", account, messages);

	row->actor = snapshot_string(&scene->tick, actor);
	row->reader = reader;
	row->uid = 33;
}

static void one_open_is_told_at_once(void **state)
{
	struct scene scene = scene_open(&foreign_reader_detector);
	const struct finding *finding;

	(void)state;
	open_mail(&scene, "/usr/bin/cat", "ann@example.org", 1, READER_OTHER);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/bin/cat");
	assert_string_equal(
		finding->message,
		"/usr/bin/cat (uid 33) opened 1 message of ann@example.org without the "
		"mail server. Normal: only mail sessions and the listed helpers read mail here.");
	scene_close(&scene);
}

/* A program of the mail server's sessions that the mail server started, without a session. */
static const struct finding *without_a_login(struct scene *scene, bool may_be, bool is_alone)
{
	open_mail(scene, "/usr/lib/dovecot/pop3", "ann@example.org", 2, READER_OTHER);
	scene->tick.reads[0].may_be_session = may_be;
	if (!is_alone)
		open_mail(scene, "/usr/lib/dovecot/pop3", "bob@example.org", 1, READER_OTHER);
	scene_play(scene, US_PER_SECOND);
	return scene->findings.count ? &scene->findings.items[0] : NULL;
}

static void a_login_that_may_have_been_missed_is_a_warning(void **state)
{
	static const struct {
		bool may_be, is_alone;
		enum severity severity;
	} cases[] = {{true, true, SEVERITY_WARNING},
		     {false, true, SEVERITY_CRITICAL},
		     {true, false, SEVERITY_CRITICAL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct scene scene = scene_open(&foreign_reader_detector);
		const struct finding *finding =
			without_a_login(&scene, cases[i].may_be, cases[i].is_alone);

		assert_non_null(finding);
		assert_int_equal(finding->severity, cases[i].severity);
		assert_true(cases[i].severity == SEVERITY_CRITICAL ||
			    strstr(finding->message, "may have missed the login"));
		scene_close(&scene);
	}
}

static void who_it_was_is_told_as_far_as_it_is_known(void **state)
{
	struct scene scene = scene_open(&foreign_reader_detector);
	const struct finding *finding;
	struct read_row *row;

	(void)state;
	open_mail(&scene, "/usr/bin/cat", "ann@example.org", 1, READER_OTHER);
	row = &scene.tick.reads[0];
	row->login_uid = 1000;
	row->unit = "session-5.scope";
	row->parent = "bash";
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/bin/cat");
	assert_non_null(strstr(finding->message,
			       "/usr/bin/cat (uid 33, login uid 1000, in session-5.scope, started "
			       "by bash) opened 1 message"));
	assert_int_equal(scene_number(finding, "uid"), 33);
	assert_int_equal(scene_number(finding, "login_uid"), 1000);
	assert_string_equal(json_string_value(json_object_get(finding->evidence, "unit")),
			    "session-5.scope");
	assert_string_equal(json_string_value(json_object_get(finding->evidence, "parent")),
			    "bash");
	scene_close(&scene);
}

static void one_program_is_one_finding_with_all_its_accounts(void **state)
{
	struct scene scene = scene_open(&foreign_reader_detector);
	const struct finding *finding;

	(void)state;
	for (unsigned int i = 0; i < 214; i++) {
		open_mail(&scene, "/usr/bin/rsync", scene_name("user", i), 2, READER_OTHER);
		open_mail(&scene, "/usr/bin/rsync", scene_name("user", i), 1, READER_OTHER);
	}
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/bin/rsync");
	assert_int_equal(finding->n_accounts, 214);
	assert_int_equal(scene_number(finding, "messages"), 642);
	assert_non_null(strstr(finding->message,
			       "opened 642 messages of user0@example.org, user1@example.org, "
			       "user2@example.org and 211 more without"));
	scene_close(&scene);
}

static void a_file_of_many_messages_is_told_like_a_message(void **state)
{
	struct scene scene = scene_open(&foreign_reader_detector);
	const struct finding *finding;

	(void)state;
	open_mail(&scene, "/usr/bin/cat", "ann@example.org", 0, READER_OTHER);
	scene.tick.reads[0].mailbox_files = 2;
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/bin/cat");
	assert_non_null(strstr(finding->message, "opened 2 files of many messages of ann@"));
	assert_true(json_is_null(json_object_get(finding->evidence, "messages")));
	assert_int_equal(scene_number(finding, "mailbox_files"), 2);
	open_mail(&scene, "/usr/bin/cat", "ann@example.org", 3, READER_OTHER);
	scene.tick.reads[0].mailbox_files = 1;
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "/usr/bin/cat");
	assert_non_null(strstr(finding->message,
			       "opened 3 messages and 1 file of many messages of ann@"));
	scene_close(&scene);
}

static void sessions_and_helpers_are_no_strangers(void **state)
{
	struct scene scene = scene_open(&foreign_reader_detector);

	(void)state;
	open_mail(&scene, "/usr/lib/dovecot/imap", "ann@example.org", 9, READER_SESSION);
	open_mail(&scene, "/usr/bin/borg", "ann@example.org", 9, READER_HELPER);
	open_mail(&scene, "/usr/bin/cat", "ann@example.org", 0, READER_OTHER);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void a_tick_of_fifty_thousand_mailboxes_is_judged_in_time(void **state)
{
	struct scene scene = scene_open(&foreign_reader_detector);

	(void)state;
	for (unsigned int i = 0; i < 50000; i++)
		open_mail(&scene, "/usr/bin/tar", scene_name("user", i), 1, READER_OTHER);
	scene_play(&scene, US_PER_SECOND);
	assert_int_equal(scene.findings.items[0].n_accounts, 50000);
	scene_close(&scene);
}

static void programs_and_accounts_without_a_name_are_told_too(void **state)
{
	struct scene scene = scene_open(&foreign_reader_detector);
	const struct finding *finding;

	(void)state;
	open_mail(&scene, "", "", 1, READER_OTHER);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACTOR, "(unknown)");
	assert_int_equal(finding->n_accounts, 0);
	assert_non_null(strstr(finding->message, "(uid 33) opened 1 message without"));
	assert_true(json_is_null(json_object_get(finding->evidence, "mailboxes")));
	scene_close(&scene);
}

static void help(struct scene *scene, unsigned int mailboxes)
{
	for (unsigned int i = 0; i < mailboxes; i++) {
		struct read_row *row = scene_read(scene, "", scene_name("user", i), 3);

		row->actor = "/usr/bin/borg";
		row->reader = READER_HELPER;
	}
	scene_play(scene, US_PER_MINUTE);
}

static void a_helper_that_reads_far_more_than_ever_is_told_once_an_hour(void **state)
{
	struct scene scene = scene_open(&foreign_reader_detector);
	size_t told = 0;

	(void)state;
	for (unsigned int day = 0; day < 5; day++) {
		help(&scene, 200);
		scene_expect_none(&scene);
		scene.now_us += US_PER_DAY - US_PER_MINUTE;
	}
	for (unsigned int i = 0; i < 5; i++) {
		help(&scene, 700);
		told += scene.findings.count;
	}
	assert_int_equal(told, 1);
	scene_close(&scene);
}

static void plainly_a_number_of_mailboxes_is_enough_for_a_helper(void **state)
{
	double settings[] = {1, 50, 3};
	struct scene scene = scene_open_with(&foreign_reader_detector, 7, settings);

	(void)state;
	help(&scene, 49);
	scene_expect_none(&scene);
	help(&scene, 60);
	(void)scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_ACTOR, "/usr/bin/borg");
	scene_close(&scene);
}

#define DOVEADM "/usr/bin/doveadm"

static void help_as(struct scene *scene, const char *actor, unsigned int mailboxes,
		    uint64_t messages)
{
	for (unsigned int i = 0; i < mailboxes; i++)
		open_mail(scene, actor, scene_name("user", i), messages, READER_HELPER);
	scene_play(scene, US_PER_MINUTE);
}

/* In the first days, and later again: it never becomes the normal. */
static void an_own_program_has_a_floor_from_the_first_minute(void **state)
{
	struct scene scene = scene_open_with(&foreign_reader_detector, 7, NULL);

	(void)state;
	for (unsigned int day = 0; day < 12; day++) {
		const struct finding *finding;

		help_as(&scene, DOVEADM, 300, 40);
		finding = scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_ACTOR, DOVEADM);
		assert_int_equal(finding->n_accounts, 296);
		assert_non_null(strstr(finding->message,
				       DOVEADM " (uid 33), a program of the mail server, read far "
					       "into 300 mailboxes within this hour"));
		assert_int_equal(scene_number(finding, "floor"), 5);
		scene.now_us += US_PER_DAY - US_PER_MINUTE;
	}
	scene_close(&scene);
}

/* It reads .forward and delivers, but it is not one of the mail server's folders. */
static void exim_has_a_floor_like_the_mail_servers_own(void **state)
{
	static const char *const programs[] = {"/usr/sbin/exim4", "/usr/sbin/exim"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(programs); i++) {
		struct scene scene = scene_open_with(&foreign_reader_detector, 7, NULL);

		help_as(&scene, programs[i], 300, 40);
		(void)scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_ACTOR, programs[i]);
		scene_close(&scene);
		scene = scene_open_with(&foreign_reader_detector, 7, NULL);
		help_as(&scene, "/usr/sbin/exim-backup", 300, 40);
		scene_expect_none(&scene);
		scene_close(&scene);
	}
}

/* Some messages of each, on a host that is not known yet. */
static void a_little_of_all_mailboxes_is_told_too(void **state)
{
	struct scene scene = scene_open_with(&foreign_reader_detector, 7, NULL);

	(void)state;
	help_as(&scene, "/usr/lib/dovecot/indexer-worker", 99, 1);
	scene_expect_none(&scene);
	help_as(&scene, "/usr/lib/dovecot/indexer-worker", 120, 1);
	(void)scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_ACTOR,
			       "/usr/lib/dovecot/indexer-worker");
	scene_close(&scene);
}

/* Who listed it knows what it reads: its first full run is expected. */
static void the_administrators_word_counts(void **state)
{
	struct watch_entries listed = {0};
	struct scene scene;
	struct watch_list list = {0};

	(void)state;
	watch_list_add(&list, WATCH_MAIL_HELPER, 0, DOVEADM);
	listed = list.of[WATCH_MAIL_HELPER];
	scene_listed = &listed;
	scene = scene_open_with(&foreign_reader_detector, 7, NULL);
	scene_listed = NULL;
	for (unsigned int day = 0; day < 12; day++) {
		help_as(&scene, DOVEADM, 300, 40);
		scene_expect_none(&scene);
		scene.now_us += US_PER_DAY - US_PER_MINUTE;
	}
	scene_close(&scene);
	watch_list_done(&list);
}

/* A night of three times as much is told, and the same again is still too much. */
static void what_was_told_is_not_learnt(void **state)
{
	struct scene scene = scene_open(&foreign_reader_detector);
	size_t told = 0;

	(void)state;
	for (unsigned int day = 0; day < 5; day++) {
		help(&scene, 110);
		scene_expect_none(&scene);
		scene.now_us += US_PER_DAY - US_PER_MINUTE;
	}
	for (unsigned int day = 0; day < 2; day++) {
		help(&scene, 2000);
		told += scene.findings.count;
		scene.now_us += US_PER_DAY - US_PER_MINUTE;
	}
	assert_int_equal(told, 2);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_helper_that_reads_far_more_than_ever_is_told_once_an_hour),
		cmocka_unit_test(plainly_a_number_of_mailboxes_is_enough_for_a_helper),
		cmocka_unit_test(one_open_is_told_at_once),
		cmocka_unit_test(a_login_that_may_have_been_missed_is_a_warning),
		cmocka_unit_test(who_it_was_is_told_as_far_as_it_is_known),
		cmocka_unit_test(one_program_is_one_finding_with_all_its_accounts),
		cmocka_unit_test(a_file_of_many_messages_is_told_like_a_message),
		cmocka_unit_test(sessions_and_helpers_are_no_strangers),
		cmocka_unit_test(a_tick_of_fifty_thousand_mailboxes_is_judged_in_time),
		cmocka_unit_test(programs_and_accounts_without_a_name_are_told_too),
		cmocka_unit_test(an_own_program_has_a_floor_from_the_first_minute),
		cmocka_unit_test(exim_has_a_floor_like_the_mail_servers_own),
		cmocka_unit_test(a_little_of_all_mailboxes_is_told_too),
		cmocka_unit_test(the_administrators_word_counts),
		cmocka_unit_test(what_was_told_is_not_learnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
