/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has logged in at Courier, as the environment of its programs says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "decode/courier_environment.h"

/* Without the NUL that the compiler adds: the last value may be cut. */
#define DECODE(text) decode(text, sizeof(text) - 1)

static struct environment_decoder decoder;

static struct identity decode(const char *text, size_t bytes)
{
	struct identity who = {};

	memset(&decoder, 0, sizeof(decoder));
	for (size_t i = 0; i < bytes; i++)
		environment_step(&decoder, &who, text[i]);
	return who;
}

static void account_address_and_service_are_taken(void **state)
{
	struct identity who = DECODE("PATH=/bin\0AUTHENTICATED=alice@isp1.example\0"
				     "TCPREMOTEIP=192.0.2.7\0PROTOCOL=IMAP\0HOME=/srv\0");

	(void)state;
	assert_string_equal(who.account, "alice@isp1.example");
	assert_string_equal(who.source, "192.0.2.7");
	assert_string_equal(who.service, "imap");
}

static void an_ipv4_address_loses_the_mark_of_ipv6(void **state)
{
	struct identity who = DECODE("TCPREMOTEIP=::ffff:192.0.2.7\0"), shorter = {};

	(void)state;
	strcpy(shorter.source, "192.0.2.7");
	assert_memory_equal(&who, &shorter, sizeof(who)); /* padded, too */
	who = DECODE("TCPREMOTEIP=2001:db8::ffff:7\0");
	assert_string_equal(who.source, "2001:db8::ffff:7");
}

static void of_a_name_that_stands_there_twice_the_first_counts(void **state)
{
	struct identity who = DECODE("AUTHENTICATED=alice\0AUTHENTICATED=bobby\0");

	(void)state;
	assert_string_equal(who.account, "alice");
}

static void longer_and_shorter_names_are_others(void **state)
{
	struct identity who = DECODE("XAUTHENTICATED=a\0AUTHENTICATE=b\0TCPREMOTEIPX=c\0"
				     "PROTOCOLS=d\0REMOTEIP=e\0");
	static const struct identity nobody;

	(void)state;
	assert_memory_equal(&who, &nobody, sizeof(who));
}

static void a_value_may_hold_what_looks_like_a_name(void **state)
{
	struct identity who = DECODE("OPTIONS=AUTHENTICATED=bobby\0AUTHENTICATED=a=b\0");

	(void)state;
	assert_string_equal(who.account, "a=b");
}

static void values_of_other_names_stay_nowhere(void **state)
{
	struct identity who = DECODE("DBPASS=hunter2");
	static const struct identity nobody;

	(void)state;
	assert_memory_equal(&who, &nobody, sizeof(who));
	assert_memory_not_equal((const char *)&decoder.word, "2retnuh", 7);
	assert_int_equal(decoder.word, WORD6('D', 'B', 'P', 'A', 'S', 'S'));
}

static void a_long_account_is_marked_as_cut(void **state)
{
	char text[200] = "AUTHENTICATED=";
	struct identity who;

	(void)state;
	memset(text + 14, 'a', sizeof(text) - 15);
	who = decode(text, sizeof(text));
	assert_true(who.account[ACCOUNT_BYTES - 1] != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(account_address_and_service_are_taken),
		cmocka_unit_test(an_ipv4_address_loses_the_mark_of_ipv6),
		cmocka_unit_test(of_a_name_that_stands_there_twice_the_first_counts),
		cmocka_unit_test(longer_and_shorter_names_are_others),
		cmocka_unit_test(a_value_may_hold_what_looks_like_a_name),
		cmocka_unit_test(values_of_other_names_stay_nowhere),
		cmocka_unit_test(a_long_account_is_marked_as_cut),
	};

	return cmocka_run_group_tests_name("decode/courier_environment", tests, NULL, NULL);
}
