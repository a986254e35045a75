/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations, counts and odds as people read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/text/alert_text.h"
#include "model/snapshot.h"

static void durations_are_rounded_to_a_unit_that_suits(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = {
		{0, "less than 1 s"},
		{US_PER_SECOND, "1 s"},
		{120 * US_PER_SECOND, "120 s"},
		{125 * US_PER_SECOND, "2 min"},
		{120 * US_PER_MINUTE, "120 min"},
		{150 * US_PER_MINUTE, "3 h"},
		{72 * US_PER_HOUR, "72 h"},
		{100 * US_PER_HOUR, "4 days"},
	};
	char text[ALERT_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		alert_text_duration(cases[i].us, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void counts_have_their_number(void **state)
{
	char text[ALERT_TEXT_BYTES];

	(void)state;
	alert_text_count(1, "mailbox", "mailboxes", text);
	assert_string_equal(text, "1 mailbox");
	alert_text_count(0, "mailbox", "mailboxes", text);
	assert_string_equal(text, "0 mailboxes");
}

static void odds_have_two_digits(void **state)
{
	char text[ALERT_TEXT_BYTES];

	(void)state;
	alert_text_odds(log(7.4), text);
	assert_string_equal(text, "7");
	alert_text_odds(log(21626), text);
	assert_string_equal(text, "22000");
	alert_text_odds(log(3.2e6), text);
	assert_string_equal(text, "3 million");
	alert_text_odds(60, text);
	assert_string_equal(text, "more than a billion");
}

static void an_actor_is_what_is_known_of_it(void **state)
{
	_cleanup_free_ char *all = alert_text_actor(7, 0, 1000, "session-5.scope", "", "bash");
	_cleanup_free_ char *little = alert_text_actor(0, 33, UID_NONE, "", "", "");

	(void)state;
	assert_string_equal(all,
			    "(pid 7, uid 0, login uid 1000, in session-5.scope, started by bash)");
	assert_string_equal(little, "(uid 33)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_rounded_to_a_unit_that_suits),
		cmocka_unit_test(counts_have_their_number),
		cmocka_unit_test(odds_have_two_digits),
		cmocka_unit_test(an_actor_is_what_is_known_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
