/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single places that know accounts: Dovecot's last logins, doveadm, the rows of a roster. */
#include "unit/accounts/inventory_host.h"

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
	strlist_add(&host->last_logins, path);
	host_count(host);
	expect(host, "ann@isp1.example", ACCOUNT_ACTIVE);
	expect(host, "bob@isp1.example", ACCOUNT_ACTIVE);
	expect(host, "old@isp1.example", ACCOUNT_DORMANT);
	expect(host, "a/b\\c@isp1.example", ACCOUNT_ACTIVE);
	expect(host, "bad@isp1.example", ACCOUNT_UNSEEN);
	pair = history_join(history_hash(host->history, &network, sizeof(network)),
			   history_name(host->history, "ann@isp1.example"));
	assert_int_equal(history_pair(host->history, pair), PAIR_KNOWN);
	/* who has not logged in yet may exist */
	assert_false(history_is_complete(host->history));
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
	assert_true(history_is_complete(host->history));
}

static void a_doveadm_that_fails_is_said_and_nothing_claimed(void **state)
{
	struct host *host = *state;

	host_put_listing(host, "doveadm", "echo ann@isp1.example; exit 75");
	host_count(host);
	expect(host, "ann@isp1.example", ACCOUNT_ACTIVE);
	assert_false(history_is_complete(host->history));
	expect_problem(host, "/doveadm -c /etc/dovecot/dovecot.conf user '*': failed; who may list "
			     "users is said in waxseal.conf(5)");
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
	char problem[ACCOUNT_SOURCE_PROBLEM_BYTES];

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		host_set_roster(host, cases[i].text);
		problem[0] = '\0';
		assert_int_equal(inventory_check_roster(host->config.roster, problem), -EINVAL);
		assert_string_equal(problem + strlen(host->config.roster), cases[i].problem);
	}
	host_set_roster(host, "");
	assert_int_equal(inventory_check_roster(host->config.roster, problem), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_host(last_logins_of_dovecot_are_taken_over),
		on_host(accounts_that_doveadm_lists_exist),
		on_host(a_doveadm_that_fails_is_said_and_nothing_claimed),
		on_host(each_mistake_of_a_roster_is_named),
	};

	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("accounts/account_source", tests, NULL, NULL);
}
