/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables: aligned in any script, cut on terminals only, and safe to look at. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>

#include "cli/listing.h"
#include "responder.h"

static const struct listing_column columns[] = {
	{ "NAME", .shrinkable = true },
	{ "COUNT", .right = true },
};

/* Prints one row of two cells; owned by the caller. */
static char *print_row(const char *name, const char *count, unsigned int width, bool color)
{
	struct listing listing = { .columns = columns, .n_columns = 2 };
	char *text = NULL;
	size_t size;
	struct console console = { .out = open_memstream(&text, &size), .width = width,
				   .color = color };

	listing_add(&listing, name, TONE_PLAIN);
	listing_add(&listing, count, TONE_BAD);
	listing_print(&listing, &console);
	fclose(console.out);
	listing_done(&listing);
	return text;
}

static void assert_prints(const char *name, unsigned int width, const char *expected)
{
	_cleanup_free_ char *text = print_row(name, "12", width, false);

	assert_string_equal(text, expected);
}

static void columns_are_aligned(void **state)
{
	(void)state;
	assert_prints("alice", 0, "NAME   COUNT\nalice     12\n");
}

static void wide_characters_count_as_they_look(void **state)
{
	(void)state;
	assert_prints("日本@例.jp", 0, "NAME        COUNT\n日本@例.jp     12\n");
	assert_prints("müller", 0, "NAME    COUNT\nmüller     12\n");
}

static void only_a_terminal_cuts(void **state)
{
	(void)state;
	assert_prints("a-very-long-name@b.example", 0,
		      "NAME                        COUNT\na-very-long-name@b.example     12\n");
	assert_prints("a-very-long-name@b.example", 20, "NAME           COUNT\na-very-long-…     12\n");
	assert_prints("日本日本日本日本", 16, "NAME       COUNT\n日本日本…     12\n");
}

static void what_steers_a_terminal_is_escaped(void **state)
{
	(void)state;
	assert_prints("a\033[2Jb", 0, "NAME       COUNT\na\\x1b[2Jb     12\n");
	assert_prints("a\u202eb\xff", 0, "NAME                COUNT\na\\xe2\\x80\\xaeb\\xff     12\n");
}

static void color_is_for_terminals(void **state)
{
	_cleanup_free_ char *text = print_row("a", "12", 0, true);

	(void)state;
	assert_non_null(strstr(text, "\033[1;31m12\033[0m"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned),
		cmocka_unit_test(wide_characters_count_as_they_look),
		cmocka_unit_test(only_a_terminal_cuts),
		cmocka_unit_test(what_steers_a_terminal_is_escaped),
		cmocka_unit_test(color_is_for_terminals),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
