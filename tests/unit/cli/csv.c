/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comma-separated values as RFC 4180 has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"
#include "cli/csv.h"

static const char *const keys[] = {"name", "count", "note", NULL};

/* The row of a JSON object. Owned by the caller. */
static char *row_of(const char *object)
{
	json_t *row = json_loads(object, 0, NULL);
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(row);
	csv_print_row(out, row, keys);
	fclose(out);
	json_decref(row);
	return text;
}

static void check_row(const char *object, const char *expected)
{
	_cleanup_free_ char *text = row_of(object);

	assert_string_equal(text, expected);
}

static void the_header_has_the_keys(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	csv_print_header(out, keys);
	fclose(out);
	assert_string_equal(text, "name,count,note\r\n");
}

static void a_row_has_its_values_in_the_order_of_the_keys(void **state)
{
	(void)state;
	check_row("{\"note\":\"x\",\"count\":-3,\"name\":\"ann\"}", "ann,-3,x\r\n");
}

static void a_field_is_quoted_where_it_must_be(void **state)
{
	(void)state;
	check_row("{\"name\":\"a,b\",\"count\":1,\"note\":\"say \\\"hi\\\"\"}",
		  "\"a,b\",1,\"say \"\"hi\"\"\"\r\n");
	check_row("{\"name\":\"two\\nlines\",\"count\":1,\"note\":\"two words\"}",
		  "\"two\nlines\",1,two words\r\n");
}

static void a_formula_is_marked_as_text(void **state)
{
	(void)state;
	check_row("{\"name\":\"=1+1\",\"count\":-3,\"note\":\"+1\"}", "'=1+1,-3,'+1\r\n");
	check_row("{\"name\":\"-1\",\"note\":\"@SUM(A1)\"}", "'-1,,'@SUM(A1)\r\n");
	check_row("{\"name\":\"=a,\\\"b\"}", "\"'=a,\"\"b\",,\r\n");
	check_row("{\"name\":\"\\t=1\",\"note\":\"\\r=1\"}", "'\t=1,,\"'\r=1\"\r\n");
	check_row("{\"name\":\"  =1\",\"note\":\"\uff1d1\"}", "'  =1,,'\uff1d1\r\n");
	/* no formula */
	check_row("{\"name\":\"-\",\"note\":\"a=b\"}", "-,,a=b\r\n");
	check_row("{\"name\":\"CORP\\\\alice\",\"note\":\"'x\"}", "CORP\\alice,,'x\r\n");
}

static void what_is_null_or_missing_is_empty(void **state)
{
	(void)state;
	check_row("{\"name\":null}", ",,\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_has_the_keys),
		cmocka_unit_test(a_row_has_its_values_in_the_order_of_the_keys),
		cmocka_unit_test(a_field_is_quoted_where_it_must_be),
		cmocka_unit_test(a_formula_is_marked_as_text),
		cmocka_unit_test(what_is_null_or_missing_is_empty),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
