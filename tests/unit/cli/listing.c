/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables: aligned in any script, cut on terminals only, and safe to look at. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>

#include "cli/follow.h"
#include "cli/utf8.h"
#include "cli/format.h"
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

static void what_steers_a_terminal_is_shown_as_a_question_mark(void **state)
{
	(void)state;
	assert_prints("a\033[2Jb", 0, "NAME    COUNT\na?[2Jb     12\n");
	assert_prints("a\u202eb\xff", 0, "NAME  COUNT\na?b?     12\n");
}

static void color_is_for_terminals(void **state)
{
	_cleanup_free_ char *text = print_row("a", "12", 0, true);

	(void)state;
	assert_non_null(strstr(text, "\033[1;31m12\033[0m"));
}

static void numbers_read_well(void **state)
{
	char text[HUMAN_BYTES];

	(void)state;
	assert_string_equal(format_count(0, text), "0");
	assert_string_equal(format_count(999, text), "999");
	assert_string_equal(format_count(14200000, text), "14,200,000");
	assert_string_equal(format_count(UINT64_MAX, text), "18,446,744,073,709,551,615");
	assert_string_equal(format_size(1023, text), "1023 B");
	assert_string_equal(format_size(1536, text), "1.5 KiB");
	assert_string_equal(format_size(UINT64_MAX, text), "15.9 EiB");
	assert_string_equal(format_duration(59, text), "59 s");
	assert_string_equal(format_duration(90061, text), "1 d 1 h");
}

static void times_are_near_or_dated(void **state)
{
	const int64_t now = INT64_C(1782907200000000);
	char text[HUMAN_BYTES];

	(void)state;
	setenv("TZ", "UTC", 1);
	assert_string_equal(format_time(now - 5000000, now, text), "5 s ago");
	assert_string_equal(format_time(now - INT64_C(7200000000), now, text), "2 h ago");
	assert_string_equal(format_time(now - INT64_C(86400000000), now, text),
			    "2026-06-30 12:00:00");
	assert_string_equal(format_time(now + 1000000, now, text), "2026-07-01 12:00:01");
}

static void only_new_and_changed_alerts_are_news(void **state)
{
	struct follow follow = { 0 };
	json_t *alerts = json_loads("[{\"id\":\"1\",\"count\":1},{\"id\":\"2\",\"count\":1}]", 0, NULL);
	json_t *news = follow_news(&follow, alerts);

	(void)state;
	assert_int_equal(json_array_size(news), 2);
	json_decref(news);
	news = follow_news(&follow, alerts);
	assert_int_equal(json_array_size(news), 0);
	json_decref(news);
	json_decref(alerts);
	alerts = json_loads("[{\"id\":\"1\",\"count\":1},{\"id\":\"2\",\"count\":5}]", 0, NULL);
	news = follow_news(&follow, alerts);
	assert_int_equal(json_array_size(news), 1);
	json_decref(news);
	json_decref(alerts);
	follow_done(&follow);
}

static void the_next_question_reaches_back_to_what_may_change(void **state)
{
	struct follow follow = { 0 };
	json_t *alerts = json_loads("[{\"id\":\"1\",\"time\":\"2026-01\",\"state\":\"over\"},"
				    "{\"id\":\"2\",\"time\":\"2026-03\",\"state\":\"active\"},"
				    "{\"id\":\"3\",\"time\":\"2026-02\",\"state\":\"active\"}]",
				    0, NULL);

	(void)state;
	assert_string_equal(follow_since(&follow, "2026-05", NULL), "2026-05");
	json_decref(follow_news(&follow, alerts));
	assert_string_equal(follow_since(&follow, "2026-05", NULL), "2026-02");
	assert_string_equal(follow_since(&follow, "2026-05", "2026-04"), "2026-04");
	json_decref(alerts);
	follow_done(&follow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned),
		cmocka_unit_test(wide_characters_count_as_they_look),
		cmocka_unit_test(only_a_terminal_cuts),
		cmocka_unit_test(what_steers_a_terminal_is_shown_as_a_question_mark),
		cmocka_unit_test(color_is_for_terminals),
		cmocka_unit_test(numbers_read_well),
		cmocka_unit_test(times_are_near_or_dated),
		cmocka_unit_test(only_new_and_changed_alerts_are_news),
		cmocka_unit_test(the_next_question_reaches_back_to_what_may_change),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
