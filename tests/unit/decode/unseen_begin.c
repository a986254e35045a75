/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection that is taken over in the middle of a line, which may be a secret's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "auth_protocol.h"

static struct auth_decoder feed(__u8 protocol, enum auth_side side, const char *bytes)
{
	struct auth_decoder decoder = {.speaker = {.side = side}, .protocol = protocol};

	for (const char *byte = bytes; *byte; byte++)
		(void)auth_protocol_step(&decoder, *byte);
	return decoder;
}

/* In either byte order, as the words of a decoder hold it. */
static bool holds(const struct auth_decoder *decoder, const char *text)
{
	const unsigned char *bytes = (const unsigned char *)decoder;
	size_t length = strlen(text);

	for (size_t at = 0; at + length <= sizeof(*decoder); at++) {
		size_t forward = 0, backward = 0;

		for (size_t i = 0; i < length; i++) {
			forward += bytes[at + i] == (unsigned char)text[i];
			backward += bytes[at + i] == (unsigned char)text[length - 1 - i];
		}
		if (forward == length || backward == length)
			return true;
	}
	return false;
}

static void the_end_of_a_secret_stays_nowhere(void **state)
{
	static const char *const ends[] = {"c2VjcmV0", "hunter2", "AHNlY3JldA==", "p4ssWORDxyz",
					   "LONGSECRETWORD"};

#define PROTOCOL_NUMBER(number, name) number,
	static const __u8 protocols[] = {AUTH_PROTOCOLS(PROTOCOL_NUMBER)};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		for (size_t protocol = 0; protocol < sizeof(protocols); protocol++)
			for (int side = AUTH_SIDE_CLIENT; side <= AUTH_SIDE_SERVER; side++) {
				struct auth_decoder decoder =
					feed(protocols[protocol], side, ends[i]);

				assert_false(holds(&decoder, ends[i] + strlen(ends[i]) - 4));
			}
}

static void the_search_finds_what_is_there(void **state)
{
	struct auth_decoder decoder = feed(AUTH_PROTOCOL_DOVECOT, AUTH_SIDE_SERVER, "FAIL");

	(void)state;
	assert_true(holds(&decoder, "FAIL"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_a_secret_stays_nowhere),
		cmocka_unit_test(the_search_finds_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
