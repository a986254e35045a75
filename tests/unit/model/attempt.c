/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words, both ways, and classes of mechanisms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "model/attempt.h"

static void every_word_leads_back_to_its_meaning(void **state)
{
	(void)state;
	for (int i = 0; i < OUTCOME_MAX; i++)
		assert_int_equal(outcome_from_string(outcome_to_string(i)), i);
	for (int i = 0; i < MECHANISM_MAX; i++)
		assert_int_equal(mechanism_from_string(mechanism_to_string(i)), i);
	for (int i = 0; i < TRANSPORT_MAX; i++)
		assert_int_equal(transport_from_string(transport_to_string(i)), i);
	for (int i = 0; i < READER_MAX; i++)
		assert_int_equal(reader_from_string(reader_to_string(i)), i);
}

static void other_words_are_refused(void **state)
{
	(void)state;
	assert_int_equal(outcome_from_string("Success"), -EINVAL);
	assert_int_equal(mechanism_from_string(""), -EINVAL);
	assert_int_equal(transport_from_string("tls "), -EINVAL);
	assert_int_equal(reader_from_string("sess"), -EINVAL);
}

static void sasl_names_fall_into_classes(void **state)
{
	(void)state;
	assert_int_equal(mechanism_of_sasl_name("PLAIN"), MECHANISM_PASSWORD);
	assert_int_equal(mechanism_of_sasl_name("login"), MECHANISM_PASSWORD);
	assert_int_equal(mechanism_of_sasl_name("PLAINER"), MECHANISM_OTHER);
	assert_int_equal(mechanism_of_sasl_name("scram-sha-256-plus"),
			 MECHANISM_CHALLENGE_RESPONSE);
	assert_int_equal(mechanism_of_sasl_name("CRAM-MD5"), MECHANISM_CHALLENGE_RESPONSE);
	assert_int_equal(mechanism_of_sasl_name("OAUTHBEARER"), MECHANISM_TOKEN);
	assert_int_equal(mechanism_of_sasl_name("XOAUTH2"), MECHANISM_TOKEN);
	assert_int_equal(mechanism_of_sasl_name("EXTERNAL"), MECHANISM_CERTIFICATE);
	assert_int_equal(mechanism_of_sasl_name("ANONYMOUS"), MECHANISM_OTHER);
	assert_int_equal(mechanism_of_sasl_name(""), MECHANISM_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_word_leads_back_to_its_meaning),
		cmocka_unit_test(other_words_are_refused),
		cmocka_unit_test(sasl_names_fall_into_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
