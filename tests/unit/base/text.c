/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which characters are shown, and how the others are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"

static void check_escape(const char *text, const char *expected)
{
	char escaped[256];

	text_escape(text, escaped, sizeof(escaped));
	assert_string_equal(escaped, expected);
	assert_true(text_is_printable(escaped));
	assert_int_equal(text_is_printable(text), strcmp(text, expected) == 0);
}

static void what_is_seen_stays(void **state)
{
	(void)state;
	check_escape("", "");
	check_escape("CORP\\alice", "CORP\\alice");
	check_escape("Grüße 日本 😀 e\u0301", "Grüße 日本 😀 e\u0301");
	check_escape("\\x1b", "\\x1b");
	check_escape("\"quoted\" 'too', = + - @", "\"quoted\" 'too', = + - @");
}

static void what_steers_a_terminal_is_escaped(void **state)
{
	(void)state;
	check_escape("a\033[31mb\r\n\t\x7f", "a\\x1b[31mb\\x0d\\x0a\\x09\\x7f");
	check_escape("\xc2\x9b", "\\xc2\\x9b");
	check_escape("\u2028\u2029", "\\xe2\\x80\\xa8\\xe2\\x80\\xa9");
}

static void what_hides_is_escaped(void **state)
{
	static const uint32_t points[] = {
		0xad,	0x34f,	0x600,	0x61c,	0x70f,	0x115f,	 0x180e,  0x200b,  0x200d,
		0x200e, 0x200f, 0x202a, 0x202e, 0x2060, 0x2064,	 0x2066,  0x2069,  0x206f,
		0x3164, 0xfe00, 0xfe0f, 0xfeff, 0xffa0, 0xfff9,	 0xfffe,  0xffff,  0xfdd0,
		0x110bd, 0x13430, 0x1bca0, 0x1d173, 0x1fffe, 0xe0001, 0xe0041, 0xe007f, 0xe0100,
		0xe01ef, 0x10ffff};

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		uint32_t point = points[i], decoded;
		char text[5] = "";

		if (point < 0x800) {
			text[0] = (char)(0xc0 | point >> 6);
			text[1] = (char)(0x80 | (point & 0x3f));
		} else if (point < 0x10000) {
			text[0] = (char)(0xe0 | point >> 12);
			text[1] = (char)(0x80 | (point >> 6 & 0x3f));
			text[2] = (char)(0x80 | (point & 0x3f));
		} else {
			text[0] = (char)(0xf0 | point >> 18);
			text[1] = (char)(0x80 | (point >> 12 & 0x3f));
			text[2] = (char)(0x80 | (point >> 6 & 0x3f));
			text[3] = (char)(0x80 | (point & 0x3f));
		}
		assert_int_equal(text_decode(text, strlen(text), &decoded), strlen(text));
		assert_int_equal(decoded, point);
		assert_int_equal(text_plain_length(text, strlen(text)), 0);
		assert_true(text_is_utf8(text));
		assert_false(text_is_printable(text));
	}
	check_escape("al\u200bice\u202e", "al\\xe2\\x80\\x8bice\\xe2\\x80\\xae");
	check_escape("\U000e0041", "\\xf3\\xa0\\x81\\x81");
}

static void neighbours_of_what_hides_are_seen(void **state)
{
	(void)state;
	check_escape("\u00ac\u00ae\u200a\u2010\u2027\u205f\u2070\ufe10\ufefe\ufffc\ufffd",
		     "\u00ac\u00ae\u200a\u2010\u2027\u205f\u2070\ufe10\ufefe\ufffc\ufffd");
}

static void broken_utf8_is_escaped_byte_by_byte(void **state)
{
	(void)state;
	check_escape("m\xfcller", "m\\xfcller");
	check_escape("\xc0\xaf", "\\xc0\\xaf");
	check_escape("\xed\xa0\x80", "\\xed\\xa0\\x80");
	check_escape("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	check_escape("\xe2\x80", "\\xe2\\x80");
	assert_false(text_is_utf8("\xe2\x80"));
}

static void what_does_not_fit_is_cut_whole(void **state)
{
	char text[8];

	(void)state;
	text_escape("abc\033d", text, sizeof(text));
	assert_string_equal(text, "abc\\x1b");
	text_escape("abcd\033", text, sizeof(text));
	assert_string_equal(text, "abcd");
	text_escape("abcdef\u00fc", text, sizeof(text));
	assert_string_equal(text, "abcdef");
	text_escape("\u200b", text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_seen_stays),
		cmocka_unit_test(what_steers_a_terminal_is_escaped),
		cmocka_unit_test(what_hides_is_escaped),
		cmocka_unit_test(neighbours_of_what_hides_are_seen),
		cmocka_unit_test(broken_utf8_is_escaped_byte_by_byte),
		cmocka_unit_test(what_does_not_fit_is_cut_whole),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
