/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has an account, from real folders and files of the test. */
#include "unit/accounts/inventory_host.h"

#define NOBODY 65534

static void who_has_a_mail_directory_exists(void **state)
{
	struct host *host = *state;

	host_put_folder(host, "vmail/isp1.example/ann/cur", 2);
	host_put_folder(host, "vmail/isp1.example/ann", 400);
	host_put_folder(host, "vmail/isp1.example/bob/cur", 200);
	host_put_folder(host, "vmail/isp1.example/bob/new", 1);
	host_put_folder(host, "vmail/isp2.example/cat", 3);
	host_put_folder(host, "vmail/isp2.example/.trash", 3);
	host_put_folder(host, "vmail/lost+found", 3);
	host_put_file(host, "vmail/isp2.example/dovecot-acl-list", "");
	host_add_root(host, "vmail/%d/%n");
	host_count(host);
	expect(host, "ann@isp1.example", ACCOUNT_ACTIVE);
	expect(host, "bob@isp1.example", ACCOUNT_DORMANT);
	expect(host, "cat@isp2.example", ACCOUNT_ACTIVE);
	expect(host, ".trash@isp2.example", ACCOUNT_UNSEEN);
	expect(host, "dovecot-acl-list@isp2.example", ACCOUNT_UNSEEN);
	assert_int_equal(history_accounts(host->history), 3);
	assert_true(history_is_complete(host->history));
}

static void mail_below_a_home_directory_dates_the_last_login(void **state)
{
	struct host *host = *state;

	host_put_folder(host, "vmail/isp1.example/ann/Maildir/cur", 200);
	host_put_folder(host, "vmail/isp1.example/bob/mdbox/mailboxes/INBOX/dbox-Mails", 0);
	host_put_folder(host,
			"vmail/isp1.example/bob/mdbox/mailboxes/INBOX/dbox-Mails/dovecot.index.log",
			200);
	host_add_root(host, "vmail/%d/%n");
	host_count(host);
	expect(host, "ann@isp1.example", ACCOUNT_DORMANT);
	expect(host, "bob@isp1.example", ACCOUNT_DORMANT);
}

static void each_form_of_template_is_walked(void **state)
{
	struct host *host = *state;

	host_put_folder(host, "home/ann/Maildir/cur", 2);
	host_put_folder(host, "home/bob", 2);
	host_put_folder(host, "spread/isp1.example/c/cat/cur", 2);
	host_put_folder(host, "spread/isp1.example/tmp/tom/cur", 2);
	host_put_folder(host, "whole/dan@isp2.example/mdbox/mailboxes/INBOX/dbox-Mails", 2);
	host_put_folder(host, "deep/isp3.example/mail/eve/box/in/cur", 2);
	host_add_root(host, "home/%n/Maildir");
	host_add_root(host, "spread/%d/%1n/%n");
	host_add_root(host, "whole/%u/mdbox/");
	host_add_root(host, "deep/%d/mail/%n/box/in");
	host_add_root(host, "nowhere/%u");
	host_count(host);
	expect(host, "ann", ACCOUNT_ACTIVE);
	expect(host, "bob", ACCOUNT_UNSEEN);
	expect(host, "cat@isp1.example", ACCOUNT_ACTIVE);
	expect(host, "dan@isp2.example", ACCOUNT_ACTIVE);
	expect(host, "eve@isp3.example", ACCOUNT_ACTIVE);
	assert_int_equal(history_accounts(host->history), 4);
	assert_true(history_is_complete(host->history));
}

static void mboxes_are_files_or_lie_in_a_folder(void **state)
{
	struct host *host = *state;

	host_put_folder(host, "var/mail", 2);
	host_put_file(host, "var/mail/ann", "");
	host_put_file(host, "var/mail/ann.lock", "");
	host_put_folder(host, "home/bob/mail", 2);
	host_add_mboxes(host, "var/mail/%n");
	host_add_mboxes(host, "home/%n/mail");
	host_count(host);
	expect(host, "ann", ACCOUNT_ACTIVE);
	expect(host, "ann.lock", ACCOUNT_UNSEEN);
	expect(host, "bob", ACCOUNT_ACTIVE);
	assert_int_equal(history_accounts(host->history), 2);
}

static void without_any_mailbox_nothing_is_claimed(void **state)
{
	struct host *host = *state;

	host_put_folder(host, "vmail", 2);
	host_add_root(host, "vmail/%d/%n");
	host_count(host);
	assert_false(history_is_complete(host->history));
}

static void a_folder_that_cannot_be_read_is_said_and_nothing_claimed(void **state)
{
	struct host *host = *state;
	bool is_root = geteuid() == 0;
	json_t *status;

	host_put_folder(host, "vmail/isp1.example/ann/cur", 2);
	host_put_folder(host, "vmail/isp2.example", 2);
	{
		_cleanup_free_ char *path = xasprintf("%s/vmail/isp2.example", host->folder);

		assert_int_equal(chmod(path, 0), 0);
	}
	host_add_root(host, "vmail/%d/%n");
	/* root may read all */
	assert_int_equal(chmod(host->folder, 0755), 0);
	if (is_root)
		assert_int_equal(seteuid(NOBODY), 0);
	host_count(host);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	expect(host, "ann@isp1.example", ACCOUNT_ACTIVE);
	assert_false(history_is_complete(host->history));
	status = inventory_status(host->inventory);
	assert_string_equal(state_of_place(status, "mail_directories"), "problem");
	json_decref(status);
	expect_problem(host, "isp2.example: Permission denied");
}

static void new_accounts_are_found_when_looking_again(void **state)
{
	struct host *host = *state;

	host_put_folder(host, "vmail/isp1.example/ann/cur", 2);
	host_add_root(host, "vmail/%d/%n");
	host_count(host);
	host_put_folder(host, "vmail/isp1.example/new/cur", 0);
	inventory_tick(host->inventory, time_now_us() + 59 * US_PER_MINUTE);
	host_settle(host);
	expect(host, "new@isp1.example", ACCOUNT_UNSEEN);
	inventory_tick(host->inventory, time_now_us() + 61 * US_PER_MINUTE);
	host_settle(host);
	expect(host, "new@isp1.example", ACCOUNT_ACTIVE);
}

static void keys_and_roster_name_honey_and_cancelled_accounts(void **state)
{
	struct host *host = *state;

	host_put_folder(host, "vmail/isp1.example/bait/cur", 0);
	host_add_root(host, "vmail/%d/%n");
	host_set(host, "honey", "bait@isp1.example");
	host_set(host, "cancelled", "gone@isp1.example");
	host_set_roster(host, "# who\nann@isp1.example\tactive\t-\nbait2@isp1.example\thoney\t-\n"
			      "left@isp1.example\tcancelled\t1700000000");
	host_count(host);
	expect(host, "bait@isp1.example", ACCOUNT_HONEY);
	expect(host, "bait2@isp1.example", ACCOUNT_HONEY);
	expect(host, "gone@isp1.example", ACCOUNT_CANCELLED);
	expect(host, "left@isp1.example", ACCOUNT_CANCELLED);
	expect(host, "ann@isp1.example", ACCOUNT_UNUSED);
	assert_true(history_is_complete(host->history));
}

static void a_changed_roster_is_read_again(void **state)
{
	struct host *host = *state;

	host_set(host, "honey", "bait@isp1.example");
	host_set_roster(host, "left@isp1.example\tcancelled\t-\n");
	host_count(host);
	host_put_file(host, "roster", "new@isp1.example\thoney\t-\n");
	inventory_tick(host->inventory, time_now_us());
	host_settle(host);
	expect(host, "bait@isp1.example", ACCOUNT_HONEY);
	expect(host, "new@isp1.example", ACCOUNT_HONEY);
	expect(host, "left@isp1.example", ACCOUNT_DORMANT);
}

static void a_roster_of_honey_alone_is_no_list_of_all(void **state)
{
	struct host *host = *state;

	host_set_roster(host, "bait@isp1.example\thoney\t-\n");
	host_count(host);
	expect(host, "bait@isp1.example", ACCOUNT_HONEY);
	assert_false(history_is_complete(host->history));
	host_put_file(host, "roster", "bait@isp1.example\thoney\t-\nann@isp1.example\tactive\t-\n");
	inventory_look_again(host->inventory);
	host_settle(host);
	assert_true(history_is_complete(host->history));
	host_put_file(host, "roster", "");
	inventory_look_again(host->inventory);
	host_settle(host);
	expect(host, "bait@isp1.example", ACCOUNT_DORMANT);
	assert_false(history_is_complete(host->history));
}

static void a_bad_row_refuses_the_file_and_what_it_said_before_stands(void **state)
{
	struct host *host = *state;

	host_set_roster(host, "left@isp1.example\tcancelled\t-\n");
	host_count(host);
	host_put_file(host, "roster", "ann@isp1.example\tactive\t-\nleft@isp1.example\tactiv\t-\n");
	inventory_look_again(host->inventory);
	host_settle(host);
	expect(host, "left@isp1.example", ACCOUNT_CANCELLED);
	expect(host, "ann@isp1.example", ACCOUNT_UNSEEN);
	assert_false(history_is_complete(host->history)); /* it had none but cancelled ones */
	expect_problem(host, "/roster:2: STATE; allowed: active, cancelled, honey");
}

static void log_in(struct host *host, int first, int count)
{
	struct snapshot snapshot = {};
	char name[32];

	for (int i = first; i < first + count; i++) {
		struct attempt_row *row = snapshot_add_attempt(&snapshot);

		snprintf(name, sizeof(name), "u%d@isp1.example", i);
		row->account = snapshot_string(&snapshot, name);
		row->count[OUTCOME_SUCCESS] = 1;
	}
	inventory_observe(host->inventory, &snapshot);
	snapshot_done(&snapshot);
}

static void strangers_who_log_in_show_that_directories_do_not_say_all(void **state)
{
	struct host *host = *state;
	char path[64];

	for (int i = 0; i < 10; i++) {
		snprintf(path, sizeof(path), "vmail/isp1.example/u%d/cur", i);
		host_put_folder(host, path, 1);
	}
	host_add_root(host, "vmail/%d/%n");
	host_count(host);
	log_in(host, 0, 10);
	log_in(host, 10, 19);
	assert_true(history_is_complete(host->history));
	log_in(host, 29, 1);
	assert_false(history_is_complete(host->history));
}

/* Beside it the directories of another root are not all accounts. */
static void a_root_without_accounts_leaves_the_list_open(void **state)
{
	struct host *host = *state;

	host_put_folder(host, "vmail/isp1.example/ann/cur", 2);
	host_put_folder(host, "tree/0a1b/cur", 2);
	host_add_root(host, "vmail/%d/%n");
	host_add_root(host, "tree");
	host_count(host);
	expect(host, "ann@isp1.example", ACCOUNT_ACTIVE);
	assert_false(history_is_complete(host->history));
}

static void a_cold_start_reads_lists_only(void **state)
{
	struct host *host = *state;

	host_put_folder(host, "vmail/isp1.example/ann/cur", 2);
	host_add_root(host, "vmail/%d/%n");
	host_set(host, "warm_start", "no");
	host_set(host, "honey", "bait@isp1.example");
	host_count(host);
	expect(host, "ann@isp1.example", ACCOUNT_UNSEEN);
	expect(host, "bait@isp1.example", ACCOUNT_HONEY);
	assert_false(history_is_complete(host->history));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_host(who_has_a_mail_directory_exists),
		on_host(mail_below_a_home_directory_dates_the_last_login),
		on_host(each_form_of_template_is_walked),
		on_host(mboxes_are_files_or_lie_in_a_folder),
		on_host(without_any_mailbox_nothing_is_claimed),
		on_host(a_folder_that_cannot_be_read_is_said_and_nothing_claimed),
		on_host(new_accounts_are_found_when_looking_again),
		on_host(keys_and_roster_name_honey_and_cancelled_accounts),
		on_host(a_changed_roster_is_read_again),
		on_host(a_roster_of_honey_alone_is_no_list_of_all),
		on_host(a_bad_row_refuses_the_file_and_what_it_said_before_stands),
		on_host(strangers_who_log_in_show_that_directories_do_not_say_all),
		on_host(a_root_without_accounts_leaves_the_list_open),
		on_host(a_cold_start_reads_lists_only),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("accounts/inventory", tests, NULL, NULL);
}
