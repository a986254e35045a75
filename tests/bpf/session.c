/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session sensor on this kernel: what a mail process opens and sends counts for whom it serves.
 */
#include "mail_process.h"

static void bytes_and_messages_of_a_session_count_for_its_account(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "send", "100", "body", own_message, "sendfile", "1000", "body",
	    own_message, "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n");
	add_up(OWN, &sums);
	assert_int_equal(sums.session_bytes, 1100);
	assert_int_equal(sums.session_messages, 2);
	assert_int_equal(sums.other_messages, 0);
}

static void before_connect_bytes_count_and_messages_are_delivered_to_nobody(void **state)
{
	struct sums sums;

	(void)state;
	RUN("send", "16", "body", own_message, "body", own_message, "say", CONNECT_OWN, "send", "4",
	    "body", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_bytes, 20);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.scanned, 2);
	assert_int_equal(sums.other_messages, 0);
	assert_int_equal(sums.foreign_in_session, 0);
}

static void what_is_searched_is_delivered_to_nobody(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "search", own_message, "search", large_message, "send", "100",
	    "header", own_message, "send", "100", "body", own_message, "send", "100");
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.scanned, 3);
	assert_int_equal(sums.session_bytes, 300);
}

static void what_waits_when_the_client_leaves_was_not_delivered(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "search", own_message, "say",
	    "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "say", CONNECT_OWN, "search", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 0);
	assert_int_equal(sums.scanned, 2);
}

static void a_body_that_went_out_without_a_word_was_delivered(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "search", large_message, "send", "4096", "sendfile", "4904", "send",
	    "9");
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.scanned, 0);
}

static void pop3_opens_what_it_sends(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", "CONNECT\t1\tpop3/192.0.2.9/" OWN "\n", "search", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.scanned, 0);
}

/* INBOX=/var/mail/%u and folders at home, or an ALT storage. */
static void an_account_may_lie_in_two_places(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "body", own_message, "body", second_message, "body", own_message,
	    "body", mbox);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 3);
	assert_int_equal(sums.mailbox_files, 1);
	assert_int_equal(sums.foreign_in_session, 0);
}

static void a_mail_program_that_never_says_whose_it_is_reads_as_a_stranger(void **state)
{
	struct sums sums;

	(void)state;
	RUN("body", own_message, "body", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 0);
	assert_int_equal(sums.other_messages, 2);
}

static void another_mailbox_than_the_one_named_is_told(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "body", own_message, "body", other_message);
	add_up(OTHER, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.foreign_in_session, 1);
}

static void a_file_of_many_messages_of_another_is_told(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "search", mbox, "search", other_mbox);
	add_up(OTHER, &sums);
	assert_int_equal(sums.mailbox_files, 1);
	assert_int_equal(sums.foreign_in_session, 1);
}

static void a_process_may_serve_one_account_after_the_other(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "send", "10", "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n",
	    "say", CONNECT_OTHER, "send", "7", "body", other_message);
	add_up(OTHER, &sums);
	assert_int_equal(sums.session_bytes, 7);
	assert_int_equal(sums.session_messages, 1);
	/* lmtp and imap-hibernate have no logins */
	assert_int_equal(sums.foreign_in_session, 0);
}

/* ---- Who is believed ---- */

static void who_only_runs_the_program_is_a_stranger(void **state)
{
	const enum executed_by all[] = {BY_NOBODYS_MASTER, BY_ANYBODY};
	struct sums sums;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		RUN_BY(all[i], "say", CONNECT_OWN, "send", "100", "body", own_message, "body",
		       own_message, "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "body",
		       own_message);
		add_up(OWN, &sums);
		assert_int_equal(sums.session_bytes, 0);
		assert_int_equal(sums.session_messages, 0);
		assert_int_equal(sums.scanned, 0);
		assert_int_equal(sums.other_messages, 3);
	}
}

static void disconnect_takes_nothing_back(void **state)
{
	struct sums sums;

	(void)state;
	RUN("body", own_message, "body", own_message, "say",
	    "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "body", own_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 0);
	assert_int_equal(sums.other_messages, 3);
}

/* autoexpunge, with a plugin that logs what is expunged */
static void what_is_opened_after_the_client_left_went_to_nobody(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "search",
	    own_message, "header", large_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 0);
	assert_int_equal(sums.scanned, 2);
	assert_int_equal(sums.other_messages, 0);
	assert_int_equal(sums.foreign_in_session, 0);
	RUN("say", CONNECT_OWN, "body", own_message, "say",
	    "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "search", own_message, "search",
	    other_message);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages, 1);
	assert_int_equal(sums.scanned, 1);
}

static void after_the_client_left_another_mailbox_is_a_strangers(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "say", "DISCONNECT\t1\timap/192.0.2.9/" OWN "\n", "search",
	    other_message);
	add_up(OTHER, &sums);
	assert_int_equal(sums.scanned, 0);
	assert_int_equal(sums.other_messages, 1);
}

static void a_name_excuses_only_the_mail_servers_own_programs(void **state)
{
	struct sums sums;

	(void)state;
	RUN("say", CONNECT_OWN, "search", renamed);
	add_up(OWN, &sums);
	assert_int_equal(sums.session_messages + sums.scanned + sums.other_messages, 0);
	assert_int_equal(sums.mailbox_files, 0);
	RUN_BY(BY_ANYBODY, "search", renamed);
	add_up(OWN, &sums);
	assert_int_equal(sums.mailbox_files, 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_and_messages_of_a_session_count_for_its_account),
		cmocka_unit_test(before_connect_bytes_count_and_messages_are_delivered_to_nobody),
		cmocka_unit_test(what_is_searched_is_delivered_to_nobody),
		cmocka_unit_test(what_waits_when_the_client_leaves_was_not_delivered),
		cmocka_unit_test(a_body_that_went_out_without_a_word_was_delivered),
		cmocka_unit_test(pop3_opens_what_it_sends),
		cmocka_unit_test(an_account_may_lie_in_two_places),
		cmocka_unit_test(a_file_of_many_messages_of_another_is_told),
		cmocka_unit_test(a_mail_program_that_never_says_whose_it_is_reads_as_a_stranger),
		cmocka_unit_test(another_mailbox_than_the_one_named_is_told),
		cmocka_unit_test(a_process_may_serve_one_account_after_the_other),
		cmocka_unit_test(who_only_runs_the_program_is_a_stranger),
		cmocka_unit_test(disconnect_takes_nothing_back),
		cmocka_unit_test(what_is_opened_after_the_client_left_went_to_nobody),
		cmocka_unit_test(after_the_client_left_another_mailbox_is_a_strangers),
		cmocka_unit_test(a_name_excuses_only_the_mail_servers_own_programs),
	};

	return mail_process_main(argc, argv, tests, sizeof(tests) / sizeof(*tests));
}
