/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has an account, from real folders and files of the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/census.h"

#define NOBODY 65534

struct host {
	char folder[32];
	sd_event *event;
	struct memory *memory;
	struct config config;
	struct words roots, last_logins, listings;
	struct census *census;
};

static int host_make(void **state)
{
	struct host *host = xcalloc(1, sizeof(*host));

	strcpy(host->folder, "/tmp/waxseal-census-XXXXXX");
	if (!mkdtemp(host->folder) || sd_event_default(&host->event) < 0)
		return -1;
	config_init(&host->config);
	host->memory = memory_new(1000);
	memory_advance(host->memory, time_now_us());
	*state = host;
	return 0;
}

static int host_remove(void **state)
{
	struct host *host = *state;
	_cleanup_free_ char *command =
		xasprintf("chmod -R u+rwx '%s'; rm -r '%s'", host->folder, host->folder);

	census_close(host->census);
	memory_free(host->memory);
	words_done(&host->roots);
	words_done(&host->last_logins);
	words_done(&host->listings);
	config_done(&host->config);
	sd_event_unref(host->event);
	free(host);
	return system(command);
}

/* A folder below the host's with all above it, changed so many days ago. */
static void host_put_folder(struct host *host, const char *path, int days)
{
	_cleanup_free_ char *command =
		xasprintf("mkdir -p '%s/%s' && touch -d '%d days ago' '%s/%s'", host->folder, path,
			  days, host->folder, path);

	assert_int_equal(system(command), 0);
}

static void host_put_file(struct host *host, const char *path, const char *text)
{
	_cleanup_free_ char *place = xasprintf("%s/%s", host->folder, path);
	FILE *file = fopen(place, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void host_add_root(struct host *host, const char *template)
{
	words_addf(&host->roots, "%s/%s", host->folder, template);
}

static void host_set(struct host *host, const char *key, const char *value)
{
	char problem[CONFIG_REFUSAL_BYTES];

	assert_int_equal(config_set(&host->config, "detect", key, value, problem), 0);
}

static void host_set_roster(struct host *host, const char *text)
{
	_cleanup_free_ char *path = xasprintf("%s/roster", host->folder);

	host_put_file(host, "roster", text);
	host_set(host, "roster", path);
}

static const char *state_of_place(const json_t *status, const char *name)
{
	size_t i;
	json_t *place;

	json_array_foreach(
		json_object_get(status, "places"), i,
		place) if (strcmp(json_string_value(json_object_get(place, "name")), name) ==
			   0) return json_string_value(json_object_get(place, "state"));
	return NULL;
}

static bool host_is_busy(struct host *host)
{
	json_t *status = census_status(host->census), *place;
	bool is_busy = false;
	size_t i;

	json_array_foreach(json_object_get(status, "places"), i, place)
	{
		const char *word = json_string_value(json_object_get(place, "state"));

		is_busy = is_busy || strcmp(word, "waiting") == 0 || strcmp(word, "reading") == 0;
	}
	json_decref(status);
	return is_busy;
}

static void host_settle(struct host *host)
{
	for (int i = 0; i < 1000 && host_is_busy(host); i++)
		assert_true(sd_event_run(host->event, 20000) >= 0);
	assert_false(host_is_busy(host));
}

static void host_count(struct host *host)
{
	const struct census_settings settings = {
		.config = &host->config,
		.roots = &host->roots,
		.last_logins = &host->last_logins,
		.listings = &host->listings,
		.memory = host->memory,
	};

	assert_int_equal(census_open(&settings, host->event, &host->census), 0);
	host_settle(host);
}

static void expect(struct host *host, const char *account, enum account_state state)
{
	if (memory_account(host->memory, memory_name(host->memory, account)) != state)
		fail_msg("%s is not %d", account, state);
}

static void expect_problem(struct host *host, const char *end)
{
	struct words problems = {};
	size_t length = strlen(end);

	census_add_problems(host->census, &problems);
	assert_int_equal(problems.count, 1);
	assert_true(strlen(problems.items[0]) > length);
	assert_string_equal(problems.items[0] + strlen(problems.items[0]) - length, end);
	words_done(&problems);
}

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
	assert_int_equal(memory_accounts(host->memory), 3);
	assert_true(memory_is_complete(host->memory));
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
	assert_int_equal(memory_accounts(host->memory), 4);
	assert_true(memory_is_complete(host->memory));
}

static void without_any_mailbox_nothing_is_claimed(void **state)
{
	struct host *host = *state;

	host_put_folder(host, "vmail", 2);
	host_add_root(host, "vmail/%d/%n");
	host_count(host);
	assert_false(memory_is_complete(host->memory));
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
	assert_false(memory_is_complete(host->memory));
	status = census_status(host->census);
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
	census_tick(host->census, time_now_us() + 59 * US_PER_MINUTE);
	host_settle(host);
	expect(host, "new@isp1.example", ACCOUNT_UNSEEN);
	census_tick(host->census, time_now_us() + 61 * US_PER_MINUTE);
	host_settle(host);
	expect(host, "new@isp1.example", ACCOUNT_ACTIVE);
}

static void last_logins_of_dovecot_are_taken_over(void **state)
{
	struct host *host = *state;
	_cleanup_free_ char *path = xasprintf("%s/last-login", host->folder), *text = NULL;
	long long now = time_now_us() / US_PER_SECOND;
	struct address address = address_parse("192.0.2.9"), network = network_of(&address);
	uint64_t pair;

	text = xasprintf("shared/last-login/ann@isp1.example/imap/192.0.2.7\n%lld\n"
			 "shared/last-login/bob@isp1.example\n%lld000000\n"
			 "shared/last-login/old@isp1.example\n1600000000\n"
			 "shared/last-login/a\\|b\\\\c@isp1.example\n%lld\n"
			 "shared/last-login/bad@isp1.example\nyesterday\n"
			 "rubbish\n",
			 now - 86400 * 3, now - 86400 * 3, now);
	host_put_file(host, "last-login", text);
	words_add(&host->last_logins, path);
	host_count(host);
	expect(host, "ann@isp1.example", ACCOUNT_ACTIVE);
	expect(host, "bob@isp1.example", ACCOUNT_ACTIVE);
	expect(host, "old@isp1.example", ACCOUNT_DORMANT);
	expect(host, "a/b\\x5cc@isp1.example", ACCOUNT_ACTIVE);
	expect(host, "bad@isp1.example", ACCOUNT_UNSEEN);
	pair = memory_join(memory_hash(host->memory, &network, sizeof(network)),
			   memory_name(host->memory, "ann@isp1.example"));
	assert_int_equal(memory_pair(host->memory, pair), PAIR_KNOWN);
	/* who has not logged in yet may exist */
	assert_false(memory_is_complete(host->memory));
}

/* A program that stands for doveadm. */
static void host_put_listing(struct host *host, const char *name, const char *script)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", host->folder, name);
	_cleanup_free_ char *text = xasprintf("#!/bin/sh\n%s\n", script);

	host_put_file(host, name, text);
	assert_int_equal(chmod(path, 0700), 0);
	words_addf(&host->listings, "%s\t/etc/dovecot/dovecot.conf", path);
}

static void accounts_that_doveadm_lists_exist(void **state)
{
	struct host *host = *state;

	host_put_folder(host, "vmail/isp1.example/old/cur", 200);
	host_add_root(host, "vmail/%d/%n");
	host_put_listing(host, "doveadm",
			 "[ \"$*\" = '-c /etc/dovecot/dovecot.conf user *' ] || exit 89\n"
			 "echo ann@isp1.example; sleep .3; echo old@isp1.example; printf last");
	host_count(host);
	expect(host, "old@isp1.example", ACCOUNT_DORMANT);
	/* when they were used is not known, so they are not called unused */
	expect(host, "ann@isp1.example", ACCOUNT_ACTIVE);
	expect(host, "last", ACCOUNT_UNSEEN);
	assert_true(memory_is_complete(host->memory));
}

static void a_doveadm_that_fails_is_said_and_nothing_claimed(void **state)
{
	struct host *host = *state;

	host_put_listing(host, "doveadm", "echo ann@isp1.example; exit 75");
	host_count(host);
	expect(host, "ann@isp1.example", ACCOUNT_ACTIVE);
	assert_false(memory_is_complete(host->memory));
	expect_problem(host, "/doveadm -c /etc/dovecot/dovecot.conf user '*': failed; who may list "
			     "users is said in waxseal.conf(5)");
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
	expect(host, "ann@isp1.example", ACCOUNT_DORMANT);
	assert_true(memory_is_complete(host->memory));
}

static void a_changed_roster_is_read_again(void **state)
{
	struct host *host = *state;

	host_set(host, "honey", "bait@isp1.example");
	host_set_roster(host, "left@isp1.example\tcancelled\t-\n");
	host_count(host);
	host_put_file(host, "roster", "new@isp1.example\thoney\t-\n");
	census_tick(host->census, time_now_us());
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
	assert_false(memory_is_complete(host->memory));
	host_put_file(host, "roster", "bait@isp1.example\thoney\t-\nann@isp1.example\tactive\t-\n");
	census_look_again(host->census);
	host_settle(host);
	assert_true(memory_is_complete(host->memory));
	host_put_file(host, "roster", "");
	census_look_again(host->census);
	host_settle(host);
	expect(host, "bait@isp1.example", ACCOUNT_DORMANT);
	assert_false(memory_is_complete(host->memory));
}

static void a_bad_row_refuses_the_file_and_what_it_said_before_stands(void **state)
{
	struct host *host = *state;

	host_set_roster(host, "left@isp1.example\tcancelled\t-\n");
	host_count(host);
	host_put_file(host, "roster", "ann@isp1.example\tactive\t-\nleft@isp1.example\tactiv\t-\n");
	census_look_again(host->census);
	host_settle(host);
	expect(host, "left@isp1.example", ACCOUNT_CANCELLED);
	expect(host, "ann@isp1.example", ACCOUNT_UNSEEN);
	assert_false(memory_is_complete(host->memory)); /* it had none but cancelled ones */
	expect_problem(host, "/roster:2: STATE; allowed: active, cancelled, honey");
}

static void each_mistake_of_a_roster_is_named(void **state)
{
	static const struct {
		const char *text, *problem;
	} cases[] = {
		{"ann\tactive\n", ":1: allowed: ACCOUNT, STATE and LAST_LOGIN, separated by tabs"},
		{"ann\tactive\t-\tx\n",
		 ":1: allowed: ACCOUNT, STATE and LAST_LOGIN, separated by tabs"},
		{"\tactive\t-\n", ":1: ACCOUNT is missing; allowed: text"},
		{"#\n\nann\tactive\ttoday\n", ":3: LAST_LOGIN; allowed: Unix seconds, or -"},
		{"a\033n\tactive\t-\n", ":1: a control character; allowed: text and tabs"},
		{"a\xffn\tactive\t-\n", ":1: ACCOUNT has a byte that is not UTF-8; allowed: text"},
	};
	struct host *host = *state;
	char problem[RESIDENT_PROBLEM_BYTES];

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		host_set_roster(host, cases[i].text);
		problem[0] = '\0';
		assert_int_equal(census_check_roster(host->config.roster, problem), -EINVAL);
		assert_string_equal(problem + strlen(host->config.roster), cases[i].problem);
	}
	host_set_roster(host, "");
	assert_int_equal(census_check_roster(host->config.roster, problem), 0);
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
	census_observe(host->census, &snapshot);
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
	assert_true(memory_is_complete(host->memory));
	log_in(host, 29, 1);
	assert_false(memory_is_complete(host->memory));
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
	assert_false(memory_is_complete(host->memory));
}

#define on_host(test) cmocka_unit_test_setup_teardown(test, host_make, host_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_host(who_has_a_mail_directory_exists),
		on_host(mail_below_a_home_directory_dates_the_last_login),
		on_host(each_form_of_template_is_walked),
		on_host(without_any_mailbox_nothing_is_claimed),
		on_host(a_folder_that_cannot_be_read_is_said_and_nothing_claimed),
		on_host(new_accounts_are_found_when_looking_again),
		on_host(last_logins_of_dovecot_are_taken_over),
		on_host(accounts_that_doveadm_lists_exist),
		on_host(a_doveadm_that_fails_is_said_and_nothing_claimed),
		on_host(keys_and_roster_name_honey_and_cancelled_accounts),
		on_host(a_changed_roster_is_read_again),
		on_host(a_roster_of_honey_alone_is_no_list_of_all),
		on_host(a_bad_row_refuses_the_file_and_what_it_said_before_stands),
		on_host(each_mistake_of_a_roster_is_named),
		on_host(strangers_who_log_in_show_that_directories_do_not_say_all),
		on_host(a_cold_start_reads_lists_only),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("daemon/census", tests, NULL, NULL);
}
