/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of strangers on a terminal: its width, and nothing that steers it. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "cli/utf8.h"

static void check_print(const char *text, unsigned int width, const char *expected)
{
	_cleanup_free_ char *printed = NULL;
	size_t length;
	FILE *out = open_memstream(&printed, &length);
	unsigned int columns = utf8_print(out, text, width);

	fclose(out);
	assert_string_equal(printed, expected);
	assert_int_equal(columns, utf8_width(expected));
}

static void width_counts_columns(void **state)
{
	(void)state;
	assert_int_equal(utf8_width(""), 0);
	assert_int_equal(utf8_width("ann"), 3);
	assert_int_equal(utf8_width("Grüße"), 5);
	assert_int_equal(utf8_width("日本"), 4);
	assert_int_equal(utf8_width("e\u0301"), 1);
}

static void bytes_that_are_not_utf8_are_escaped(void **state)
{
	static const char *const wrong[] = {"\xff",	    "\xc3",	    "\xc0\xaf",
					    "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
	unsigned int columns;
	bool is_escaped;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		assert_int_equal(utf8_next(wrong[i], &is_escaped, &columns), 1);
		assert_true(is_escaped);
		assert_int_equal(columns, 4);
	}
}

static void controls_and_overrides_are_escaped(void **state)
{
	(void)state;
	check_print("a\033[31mb", 99, "a\\x1b[31mb");
	check_print("a\r\nb\x7f", 99, "a\\x0d\\x0ab\\x7f");
	check_print("a\u202eb\u2066c\xc2\x85", 99, "a\\xe2\\x80\\xaeb\\xe2\\x81\\xa6c\\xc2\\x85");
}

static void a_text_that_is_too_wide_ends_with_an_ellipsis(void **state)
{
	(void)state;
	check_print("abcdef", 6, "abcdef");
	check_print("abcdef", 5, "abcd…");
	/* half of a wide character is not printed */
	check_print("日本語", 4, "日…");
	check_print("abc", 0, "");
	/* nor is half of an escape */
	check_print("a\033b", 5, "a…");
	check_print("a?b", 3, "a?b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(width_counts_columns),
		cmocka_unit_test(bytes_that_are_not_utf8_are_escaped),
		cmocka_unit_test(controls_and_overrides_are_escaped),
		cmocka_unit_test(a_text_that_is_too_wide_ends_with_an_ellipsis),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
