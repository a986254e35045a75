/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mailboxes that are emptied. */
#include "unit/detect/scene.h"

#define READER "198.51.100.7"
#define VICTIM "ann@example.org"

static void a_thousand_messages_of_one_account_are_a_notice(void **state)
{
	struct scene scene = scene_open(&bulk_read_detector);
	const struct finding *finding;

	(void)state;
	for (int i = 0; i < 9; i++) {
		scene_read(&scene, READER, VICTIM, 100);
		scene_play(&scene, 10 * US_PER_SECOND);
		scene_expect_none(&scene);
	}
	scene_read(&scene, READER, VICTIM, 100);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_NOTICE, SUBJECT_ACCOUNT, VICTIM);
	assert_string_equal(
		finding->message,
		"ann@example.org had 1000 messages read by 198.51.100.7 in 90 s, from a network "
		"that first opened it that day. Normal: a mail program reads so many only when it copies "
		"the whole mailbox to a new device.");
	assert_string_equal(finding->accounts[0].name, VICTIM);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void several_mailboxes_emptied_by_one_source_are_its_alert(void **state)
{
	struct scene scene = scene_open(&bulk_read_detector);
	const struct finding *finding;

	(void)state;
	scene_read(&scene, READER, "ann@example.org", 1500);
	scene_play(&scene, US_PER_MINUTE);
	scene_read(&scene, READER, "bob@example.org", 1000);
	scene_play(&scene, US_PER_MINUTE);
	(void)scene_expect_one(&scene, SEVERITY_NOTICE, SUBJECT_ACCOUNT, "bob@example.org");
	scene_read(&scene, READER, "cay@example.org", 1000);
	scene_play(&scene, US_PER_MINUTE);
	finding = scene_expect_one(&scene, SEVERITY_WARNING, SUBJECT_SOURCE, READER);
	assert_int_equal(finding->n_accounts, 3);
	assert_int_equal(scene_number(finding, "mailboxes"), 3);
	assert_int_equal(scene_number(finding, "messages"), 3500);
	assert_non_null(strstr(finding->message, "read 3500 messages from 3 mailboxes in 120 s"));
	scene_close(&scene);
}

static void twenty_messages_suffice_for_a_source_that_guesses(void **state)
{
	struct scene scene = scene_open(&bulk_read_detector);
	const struct finding *finding;

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		scene_login(&scene, READER, scene_name("user", i), 0, 1);
	scene_login(&scene, READER, VICTIM, 1, 0);
	scene_read(&scene, READER, VICTIM, 20);
	scene_play(&scene, US_PER_SECOND);
	finding = scene_expect_one(&scene, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, VICTIM);
	assert_int_equal(scene_number(finding, "accounts_failed"), 4);
	scene_close(&scene);
}

static void an_owner_behind_the_address_of_a_guesser_may_read(void **state)
{
	struct scene scene = scene_open(&bulk_read_detector);

	(void)state;
	scene_login(&scene, READER, VICTIM, 1, 0);
	scene_play(&scene, 2 * US_PER_DAY);
	for (unsigned int i = 0; i < 10; i++)
		scene_login(&scene, READER, scene_name("user", i), 0, 1);
	scene_read(&scene, READER, VICTIM, 100);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void a_daily_reader_below_the_limit_never_alarms(void **state)
{
	struct scene scene = scene_open(&bulk_read_detector);

	(void)state;
	for (int hour = 0; hour < 24 * 30; hour++) {
		scene_read(&scene, READER, VICTIM, 41);
		scene_play(&scene, US_PER_HOUR);
		scene_expect_none(&scene);
	}
	scene_close(&scene);
}

static void programs_and_nameless_mailboxes_are_not_judged_here(void **state)
{
	struct scene scene = scene_open(&bulk_read_detector);

	(void)state;
	scene_read(&scene, "", VICTIM, 5000)->reader = READER_HELPER;
	scene_read(&scene, "", VICTIM, 5000)->reader = READER_OTHER;
	scene_read(&scene, READER, "", 5000);
	scene_play(&scene, US_PER_SECOND);
	scene_expect_none(&scene);
	scene_close(&scene);
}

static void sessions_without_an_address_are_judged_by_account(void **state)
{
	struct scene scene = scene_open(&bulk_read_detector);

	(void)state;
	scene_read(&scene, "", "ann@example.org", 5000);
	scene_read(&scene, "", "bob@example.org", 5000);
	scene_play(&scene, US_PER_SECOND);
	assert_int_equal(scene.findings.count, 2);
	assert_int_equal(scene.findings.items[1].subject_kind, SUBJECT_ACCOUNT);
	assert_non_null(strstr(scene.findings.items[1].message, "an unknown source"));
	scene_close(&scene);
}

static void a_source_emptying_many_mailboxes_stays_bounded(void **state)
{
	struct scene scene = scene_open(&bulk_read_detector);

	(void)state;
	for (unsigned int i = 0; i < 3000; i++) {
		scene_read(&scene, READER, scene_name("user", i), 1000);
		scene_play(&scene, US_PER_SECOND);
		assert_int_equal(scene.findings.count, 1);
	}
	assert_int_equal(scene_number(scene.findings.items, "mailboxes"), 3000);
	assert_true(scene.findings.items[0].n_accounts <= 1025);
	scene_close(&scene);
}

static size_t told_of_reading(const char *source)
{
	struct scene scene = scene_open(&bulk_read_detector);
	size_t told = 0;

	for (unsigned int i = 0; i < 30; i++) {
		scene_login(&scene, source, scene_name("user", i), 1, 0);
		scene_read(&scene, source, scene_name("user", i), 500);
		scene_play(&scene, 10 * US_PER_SECOND);
		told += scene_count(&scene, &bulk_read_detector, source);
	}
	scene_close(&scene);
	return told;
}

static void a_trusted_webmail_is_no_thief(void **state)
{
	struct network_list trusted = {0};
	struct network_range range;

	(void)state;
	assert_true(told_of_reading("198.51.100.7") > 0);
	assert_int_equal(network_range_parse("198.51.100.0/24", &range), 0);
	network_list_add(&trusted, &range);
	scene_trusted = &trusted;
	assert_int_equal(told_of_reading("198.51.100.7"), 0);
	scene_trusted = NULL;
	network_list_done(&trusted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_messages_of_one_account_are_a_notice),
		cmocka_unit_test(several_mailboxes_emptied_by_one_source_are_its_alert),
		cmocka_unit_test(twenty_messages_suffice_for_a_source_that_guesses),
		cmocka_unit_test(an_owner_behind_the_address_of_a_guesser_may_read),
		cmocka_unit_test(a_daily_reader_below_the_limit_never_alarms),
		cmocka_unit_test(programs_and_nameless_mailboxes_are_not_judged_here),
		cmocka_unit_test(sessions_without_an_address_are_judged_by_account),
		cmocka_unit_test(a_source_emptying_many_mailboxes_stays_bounded),
		cmocka_unit_test(a_trusted_webmail_is_no_thief),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
