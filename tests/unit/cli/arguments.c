/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that are not allowed are refused in one line before anything is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "responder.h"

static void assert_refuses(const char *command, const char *words, const char *part)
{
	struct spoken spoken = speak("/nonexistent/sock", command, words, false, 0);

	assert_int_equal(spoken.code, 2);
	assert_string_equal(spoken.out, "");
	if (!strstr(spoken.err, part))
		fail_msg("'%s' is not in: %s", part, spoken.err);
	assert_ptr_equal(strchr(spoken.err, '\n'), spoken.err + strlen(spoken.err) - 1);
	spoken_done(&spoken);
}

static void top_has_a_range(void **state)
{
	(void)state;
	assert_refuses("accounts", "--top 0", "1 to 100000");
	assert_refuses("accounts", "--top 100001", "1 to 100000");
	assert_refuses("accounts", "--top -1", "1 to 100000");
	assert_refuses("accounts", "--top 1x", "1 to 100000");
	assert_refuses("accounts", "--top=", "1 to 100000");
}

static void words_of_by_depend_on_the_command(void **state)
{
	(void)state;
	assert_refuses("accounts", "--by unanswered",
		       "unknown word 'unanswered'; allowed: failures, successes, messages or bytes");
	assert_refuses("sources", "--by bytes", "allowed: failures, accounts or unanswered");
}

static void options_belong_to_commands(void **state)
{
	(void)state;
	assert_refuses("tenants", "--top 5", "unknown option '--top'");
	assert_refuses("accounts", "--to 5", "unknown option '--to'");
	assert_refuses("accounts", "-t", "unknown option '-t'");
}

static void values_are_needed_or_refused(void **state)
{
	(void)state;
	assert_refuses("accounts", "--top", "--top needs a value");
	assert_refuses("alerts", "--follow=yes", "--follow takes no value");
	assert_refuses("alerts", "--since yesterday", "'yesterday' is not a time");
	assert_refuses("ledger", "--until tomorrow", "--until: 'tomorrow' is not a time");
	assert_refuses("ledger", "--csv --json", "--csv or --json, not both");
	assert_refuses("ledger", "--since -1h --until -2h", "is not after --since");
	assert_refuses("ledger", "--account=", "--account: empty");
	assert_refuses("alerts", "--detector nobody", "allowed: honey_account, source_guessing, ");
}

static void operands_are_counted(void **state)
{
	(void)state;
	assert_refuses("account", "", "account needs an argument: NAME");
	assert_refuses("account", "a b", "takes one NAME");
	assert_refuses("status", "now", "status takes no argument");
}

static void a_name_may_begin_with_a_hyphen(void **state)
{
	struct spoken spoken = speak("/nonexistent/sock", "account", "-- -x@b.example", false, 0);

	(void)state;
	assert_int_equal(spoken.code, 1);
	assert_non_null(strstr(spoken.err, "not running"));
	spoken_done(&spoken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(top_has_a_range),
		cmocka_unit_test(words_of_by_depend_on_the_command),
		cmocka_unit_test(options_belong_to_commands),
		cmocka_unit_test(values_are_needed_or_refused),
		cmocka_unit_test(operands_are_counted),
		cmocka_unit_test(a_name_may_begin_with_a_hyphen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
