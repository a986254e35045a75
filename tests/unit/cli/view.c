/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of documents as cells: what is missing, of another type, or of a kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "cli/view.h"

/* 2026-07-01T12:00:00Z */
#define NOW INT64_C(1782907200000000)

static char *print(const char *text, const struct view_column *columns, bool as_rows)
{
	json_t *document = json_loads(text, 0, NULL);
	char *printed = NULL;
	size_t length;
	struct console console = {.out = open_memstream(&printed, &length), .now_us = NOW};

	assert_non_null(document);
	if (as_rows)
		view_print_rows(&console, document, columns, "Nothing.");
	else
		view_print_object(&console, document, columns);
	fclose(console.out);
	json_decref(document);
	return printed;
}

static void check_cell(const char *value, enum view_kind kind, const char *expected)
{
	const struct view_column columns[] = {{"x", "x", kind}, {NULL, NULL, VIEW_TEXT}};
	_cleanup_free_ char *document = xasprintf("{\"x\": %s}", value);
	_cleanup_free_ char *printed = print(document, columns, false);
	_cleanup_free_ char *line = xasprintf("x  %s\n", expected);

	assert_string_equal(printed, line);
}

static void each_kind_has_its_form(void **state)
{
	(void)state;
	check_cell("\"ann\"", VIEW_TEXT, "ann");
	check_cell("1234567", VIEW_COUNT, "1,234,567");
	check_cell("-1", VIEW_COUNT, "-1");
	check_cell("1536", VIEW_SIZE, "1.5 KiB");
	check_cell("2.55", VIEW_DECIMAL, "2.5");
	check_cell("true", VIEW_YES_NO, "yes");
	check_cell("[\"a\", \"b\"]", VIEW_LIST, "a, b");
	check_cell("\"2026-07-01T11:59:30Z\"", VIEW_TIME, "30 s ago");
}

/* So an older or newer daemon still gives a table. */
static void what_is_missing_or_of_another_type_is_a_hyphen(void **state)
{
	(void)state;
	check_cell("null", VIEW_TEXT, "-");
	check_cell("\"\"", VIEW_TEXT, "-");
	check_cell("7", VIEW_TEXT, "-");
	check_cell("\"7\"", VIEW_COUNT, "-");
	check_cell("1", VIEW_YES_NO, "-");
	check_cell("[]", VIEW_LIST, "-");
	check_cell("[7]", VIEW_LIST, "?");
	check_cell("\"soon\"", VIEW_TIME, "soon");
}

static void a_dot_leads_into_a_member(void **state)
{
	json_t *document = json_loads("{\"a\": {\"b\": \"c\", \"n\": null}}", 0, NULL);

	(void)state;
	assert_string_equal(view_text(document, "a.b"), "c");
	assert_string_equal(view_text(document, "a.x"), "-");
	assert_null(view_member(document, "a.n"));
	assert_null(view_member(document, "a.b.c"));
	json_decref(document);
}

static void an_empty_list_says_so(void **state)
{
	static const struct view_column columns[] = {{"X", "x", VIEW_TEXT},
						     {NULL, NULL, VIEW_TEXT}};
	_cleanup_free_ char *none = print("[]", columns, true);
	_cleanup_free_ char *one = print("[{\"x\": \"y\"}]", columns, true);

	(void)state;
	assert_string_equal(none, "Nothing.\n");
	assert_string_equal(one, "X\ny\n");
}

static void counts_are_joined_without_zeros(void **state)
{
	json_t *counts = json_loads("{\"a\": 1200, \"b\": 0, \"c\": 3}", 0, NULL);
	_cleanup_free_ char *text = view_join_counts(counts);
	_cleanup_free_ char *none = view_join_counts(NULL);

	(void)state;
	assert_string_equal(text, "a 1,200, c 3");
	assert_string_equal(none, "none");
	json_decref(counts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_form),
		cmocka_unit_test(what_is_missing_or_of_another_type_is_a_hyphen),
		cmocka_unit_test(a_dot_leads_into_a_member),
		cmocka_unit_test(an_empty_list_says_so),
		cmocka_unit_test(counts_are_joined_without_zeros),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
