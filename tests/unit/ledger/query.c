/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns as values of the contract. */
#include <errno.h>

#include "bench.h"
#include "ledger/query.h"

static json_t *object_of(struct bench *bench, const char *text, const char *types)
{
	static const char *const keys[] = {"a", "b", "c", "d", "e"};
	_cleanup_statement_ sqlite3_stmt *row = NULL;

	assert_int_equal(query_open(bench->ledger, text, &row, ""), 0);
	assert_int_equal(query_next(bench->ledger, row), 1);
	return query_object(row, types, keys);
}

static void each_type_has_its_value(void **state)
{
	json_t *object = object_of(*state, "SELECT 7, 'x', '', '', 1782909296000000", "ittnu");

	check_json(object, "{\"a\": 7, \"b\": \"x\", \"c\": \"\", \"d\": null,"
			   " \"e\": \"2026-07-01T12:34:56.000Z\"}");
}

static void what_is_unknown_is_null(void **state)
{
	json_t *object = object_of(*state, "SELECT NULL, NULL, NULL, 0, -5", "itnuu");

	check_json(object, "{\"a\": null, \"b\": null, \"c\": null, \"d\": null, \"e\": null}");
}

static void bytes_that_are_not_utf8_are_null(void **state)
{
	check_json(object_of(*state, "SELECT CAST(x'ff' AS TEXT)", "t"), "{\"a\": null}");
}

static void values_are_bound_in_order(void **state)
{
	struct bench *bench = *state;
	_cleanup_statement_ sqlite3_stmt *row = NULL;

	assert_int_equal(query_open(bench->ledger, "SELECT ?2, ?1, ?3 IS NULL", &row, "tit", "x",
				    INT64_C(7), NULL),
			 0);
	assert_int_equal(query_next(bench->ledger, row), 1);
	assert_int_equal(sqlite3_column_int64(row, 0), 7);
	assert_string_equal(query_text(row, 1), "x");
	assert_int_equal(sqlite3_column_int64(row, 2), 1);
	assert_int_equal(query_next(bench->ledger, row), 0);
}

static void a_list_says_since_when_it_counts(void **state)
{
	struct bench *bench = *state;
	json_t *document = query_document(bench->ledger, "rows", json_array());

	assert_true(json_is_string(json_object_get(document, "since")));
	check_json(document, "{\"rows\": []}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(each_type_has_its_value),
		ledger_test(what_is_unknown_is_null),
		ledger_test(bytes_that_are_not_utf8_are_null),
		ledger_test(values_are_bound_in_order),
		ledger_test(a_list_says_since_when_it_counts),
	};

	return cmocka_run_group_tests_name("ledger query", tests, NULL, NULL);
}
