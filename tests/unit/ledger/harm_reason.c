/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons, as they stand in the list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "ledger/harm_reason.h"

static void assert_reason(enum account_harm harm, const char *detector, const char *subject,
			  const char *evidence, const char *expected)
{
	_cleanup_free_ char *reason = harm_reason(harm, detector, subject, evidence);

	assert_string_equal(reason, expected);
}

static void a_reader_is_named_with_its_user(void **state)
{
	(void)state;
	assert_reason(HARM_READ, "foreign_reader", "/usr/bin/tar", "{\"uid\": 0}",
		      "read by /usr/bin/tar, root");
	assert_reason(HARM_READ, "foreign_reader", "/usr/bin/python3",
		      "{\"uid\": 33, \"script\": \"/srv/x.py\", \"unit\": \"cron.service\"}",
		      "read by /usr/bin/python3 /srv/x.py, uid 33, cron.service");
	assert_reason(HARM_READ, "second_account", "/usr/lib/dovecot/imap",
		      "{\"uid\": 1000, \"session_account\": \"eve@one.example\"}",
		      "read in the session of eve@one.example, by /usr/lib/dovecot/imap, uid 1000");
	assert_reason(HARM_READ, "foreign_reader", "/usr/bin/tar", NULL, "read by /usr/bin/tar");
}

static void a_password_was_guessed_or_leaked(void **state)
{
	(void)state;
	assert_reason(HARM_OPENED, "takeover", "ann@one.example",
		      "{\"source\": \"192.0.2.1\", \"failures_on_account\": 40}",
		      "password guessed by 192.0.2.1");
	assert_reason(HARM_OPENED, "takeover", "ann@one.example",
		      "{\"source\": \"192.0.2.1\", \"other_accounts_failed\": 4}",
		      "password guessed by 192.0.2.1, which tried other accounts too");
	assert_reason(HARM_OPENED, "takeover", "ann@one.example", "{\"source\": \"192.0.2.1\"}",
		      "password leaked or guessed: opened by 192.0.2.1");
	assert_reason(HARM_OPENED, "campaign", "one.example", NULL,
		      "password leaked or guessed: opened in a campaign against the tenant");
	assert_reason(HARM_OPENED, "later_detector", "x", "not JSON",
		      "password leaked or guessed: opened");
}

static void nothing_was_lost(void **state)
{
	(void)state;
	assert_reason(HARM_TRIED, "campaign", "one.example", NULL, "wrong password, not opened");
	assert_reason(HARM_NONEXISTENT, "campaign", "one.example", NULL,
		      "there is no such account");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_is_named_with_its_user),
		cmocka_unit_test(a_password_was_guessed_or_leaked),
		cmocka_unit_test(nothing_was_lost),
	};

	return cmocka_run_group_tests_name("ledger harm reason", tests, NULL, NULL);
}
