/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists in some order, and documents on one of them. */
#include <errno.h>

#include "bench.h"

static void lists_have_no_row_for_the_unknown(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = {0};
	json_t *document;
	uint64_t n_accounts, n_sources;

	three_ticks(bench);
	start_tick(bench, 3);
	add_login(bench, "eve", "", OUTCOME_SUCCESS, 1);
	tick(bench);
	document = accounts(bench, query);
	assert_int_equal(json_array_size(json_object_get(document, "accounts")), 3);
	assert_string_equal(name_at(document, "accounts", 0, "account"), "ann@one.example");
	assert_non_null(json_string_value(json_object_get(document, "since")));
	json_decref(document);
	assert_int_equal(ledger_query_sources(bench->ledger, &query, &document), 0);
	assert_int_equal(json_array_size(json_object_get(document, "sources")), 2);
	assert_string_equal(name_at(document, "sources", 0, "source"), "198.51.100.2");
	json_decref(document);
	assert_int_equal(ledger_count_accounts(bench->ledger, &n_accounts, &n_sources), 0);
	assert_int_equal(n_accounts, 3);
	assert_int_equal(n_sources, 2);
	document = account(bench, "eve");
	assert_string_equal(json_string_value(json_object_get(document, "tenant")), "-");
	assert_int_equal(json_integer_value(json_object_get(document, "sources")), 0);
	assert_null(name_at(document, "by_source", 0, "source"));
	json_decref(document);
}

static void lists_obey_order_top_and_tenant(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = {.by = "successes", .top = 1};
	json_t *document;

	three_ticks(bench);
	document = accounts(bench, query);
	assert_int_equal(json_array_size(json_object_get(document, "accounts")), 1);
	assert_string_equal(name_at(document, "accounts", 0, "account"), "bob@two.example");
	json_decref(document);
	query = (struct ledger_query){.by = "bytes", .tenant = "two.example"};
	document = accounts(bench, query);
	assert_int_equal(json_array_size(json_object_get(document, "accounts")), 1);
	assert_string_equal(name_at(document, "accounts", 0, "account"), "bob@two.example");
	json_decref(document);
	query = (struct ledger_query){.by = "shoe_size"};
	assert_int_equal(ledger_query_accounts(bench->ledger, &query, &document), -EINVAL);
	assert_int_equal(ledger_query_sources(bench->ledger, &query, &document), -EINVAL);
	assert_int_equal(ledger_query_account(bench->ledger, "nobody", &document), -ENOENT);
	assert_int_equal(ledger_query_source(bench->ledger, "", &document), -ENOENT);
}

static void rows_without_the_value_fill_the_list_up(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = {.by = "messages", .top = 3};
	json_t *document;

	three_ticks(bench);
	document = accounts(bench, query);
	assert_int_equal(json_array_size(json_object_get(document, "accounts")), 2);
	assert_string_equal(name_at(document, "accounts", 0, "account"), "ann@one.example");
	assert_string_equal(name_at(document, "accounts", 1, "account"), "bob@two.example");
	json_decref(document);
}

static void the_newest_of_equals_comes_first(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = {.by = "failures", .top = 2};
	json_t *document;

	start_tick(bench, 0);
	add_login(bench, "a", "192.0.2.1", OUTCOME_FAILURE, 5);
	add_login(bench, "b", "192.0.2.1", OUTCOME_FAILURE, 5);
	add_login(bench, "c", "192.0.2.1", OUTCOME_FAILURE, 5);
	tick(bench);
	document = accounts(bench, query);
	assert_string_equal(name_at(document, "accounts", 0, "account"), "c");
	assert_string_equal(name_at(document, "accounts", 1, "account"), "b");
	json_decref(document);
}

/* The name is a value, never a part of the statement. */
static void a_name_is_only_a_name(void **state)
{
	struct bench *bench = *state;
	static const char odd[] = "x' OR '1'='1";
	json_t *document;

	three_ticks(bench);
	assert_int_equal(ledger_query_account(bench->ledger, odd, &document), -ENOENT);
	start_tick(bench, 3);
	add_login(bench, odd, "192.0.2.1", OUTCOME_SUCCESS, 1);
	tick(bench);
	document = account(bench, odd);
	assert_string_equal(json_string_value(json_object_get(document, "account")), odd);
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(lists_have_no_row_for_the_unknown),
		ledger_test(lists_obey_order_top_and_tenant),
		ledger_test(rows_without_the_value_fill_the_list_up),
		ledger_test(the_newest_of_equals_comes_first),
		ledger_test(a_name_is_only_a_name),
	};

	return cmocka_run_group_tests_name("ledger ranking", tests, NULL, NULL);
}
