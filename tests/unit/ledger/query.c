/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns as values of the contract. */
#include <errno.h>

#include "bench.h"
#include "ledger/handle.h"
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

/* ---- No answer reads or sorts a whole table ---- */

#define MANY 2000

/* Of all statements of one answer. */
struct effort {
	int sorts, steps;
	char *plan;
};

static void effort_add_plan(struct effort *effort, sqlite3_stmt *statement)
{
	_cleanup_free_ char *text =
		xasprintf("EXPLAIN QUERY PLAN %s", sqlite3_sql(statement));
	sqlite3_stmt *plan;

	if (sqlite3_prepare_v2(sqlite3_db_handle(statement), text, -1, &plan, NULL) != SQLITE_OK)
		return;
	while (sqlite3_step(plan) == SQLITE_ROW) {
		char *longer = xasprintf("%s%s\n", effort->plan ? effort->plan : "",
					 sqlite3_column_text(plan, 3));

		free(effort->plan);
		effort->plan = longer;
	}
	sqlite3_finalize(plan);
}

static int effort_note(unsigned int event, void *context, void *statement, void *unused)
{
	struct effort *effort = context;

	(void)event;
	(void)unused;
	if (strncmp(sqlite3_sql(statement), "EXPLAIN", 7) == 0)
		return 0;
	effort->sorts += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_SORT, 1);
	effort->steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1);
	effort_add_plan(effort, statement);
	return 0;
}

/* One account with many sources, one source with many accounts, all of one tenant. */
static void fill(struct bench *bench)
{
	char name[64], source[32];

	bench->max_rows = 100000;
	reopen(bench);
	start_tick(bench, 0);
	snapshot_reset(&bench->snapshot);
	bench->snapshot.until_us = T0;
	for (int i = 0; i < MANY; i++) {
		enum outcome outcome = i % 2 ? OUTCOME_SUCCESS : OUTCOME_FAILURE;

		(void)snprintf(name, sizeof(name), "u%d@one.example", i);
		(void)snprintf(source, sizeof(source), "192.0.%d.%d", i / 250, i % 250);
		add_login(bench, snapshot_string(&bench->snapshot, name), "198.51.100.1", outcome,
			  (uint64_t)i + 1);
		add_login(bench, "ann@one.example", snapshot_string(&bench->snapshot, source),
			  outcome, (uint64_t)i + 1);
	}
	tick(bench);
}

static void fill_alerts(struct bench *bench)
{
	char name[64], id[16];

	for (int i = 0; i < MANY; i++) {
		struct harmed_account account = harmed(name, HARM_OPENED, T0);
		struct alert alert = example_alert("", "campaign", &account, 1);

		(void)snprintf(name, sizeof(name), "u%d@one.example", i);
		(void)snprintf(id, sizeof(id), "%08d", i);
		(void)snprintf(alert.id, sizeof(alert.id), "%s", id);
		assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	}
}

static int ask_accounts(struct bench *bench, json_t **ret)
{
	struct ledger_query query = {.tenant = "one.example", .by = "successes", .top = 5};

	return ledger_query_accounts(bench->ledger, &query, ret);
}

static int ask_quiet_accounts(struct bench *bench, json_t **ret)
{
	struct ledger_query query = {.tenant = "one.example", .by = "messages", .top = 5};

	return ledger_query_accounts(bench->ledger, &query, ret);
}

static int ask_sources(struct bench *bench, json_t **ret)
{
	struct ledger_query query = {.by = "accounts", .top = 5};

	return ledger_query_sources(bench->ledger, &query, ret);
}

static int ask_alerts(struct bench *bench, json_t **ret)
{
	struct ledger_query query = {.top = 5};

	return ledger_query_alerts(bench->ledger, &query, ret);
}

static int ask_affected(struct bench *bench, json_t **ret)
{
	struct ledger_query query = {.top = 5};

	return ledger_query_affected(bench->ledger, &query, ret);
}

static int ask_hours(struct bench *bench, json_t **ret)
{
	struct ledger_query query = {.top = 5, .now_us = T0 + 1, .account = "ann@one.example"};

	return ledger_query_hours(bench->ledger, &query, ret);
}

/* The work does not grow with the tables: MANY rows would take ten steps each. */
static void no_list_reads_or_sorts_a_table(void **state)
{
	static int (*const questions[])(struct bench *bench, json_t **ret) = {
		ask_accounts, ask_quiet_accounts, ask_sources, ask_alerts, ask_affected, ask_hours,
	};
	struct bench *bench = *state;

	fill(bench);
	fill_alerts(bench);
	for (size_t i = 0; i < ARRAY_LENGTH(questions); i++) {
		struct effort effort = {0};
		json_t *document;

		sqlite3_trace_v2(bench->ledger->database, SQLITE_TRACE_PROFILE, effort_note, &effort);
		assert_int_equal(questions[i](bench, &document), 0);
		sqlite3_trace_v2(bench->ledger->database, 0, NULL, NULL);
		json_decref(document);
		if (effort.sorts > 0 || effort.steps > 3 * MANY || strstr(effort.plan, "TEMP B-TREE"))
			fail_msg("question %zu: %d sorts, %d steps\n%s", i, effort.sorts,
				 effort.steps, effort.plan);
		free(effort.plan);
	}
}

/* An account that many sources tried, a source that tried many accounts: all rows of the document are
 * read along an index, in their order. */
static void no_document_sorts_its_rows(void **state)
{
	struct bench *bench = *state;
	struct effort effort = {0};
	json_t *document;

	fill(bench);
	sqlite3_trace_v2(bench->ledger->database, SQLITE_TRACE_PROFILE, effort_note, &effort);
	assert_int_equal(ledger_query_source(bench->ledger, "198.51.100.1", &document), 0);
	assert_int_equal(json_array_size(json_object_get(document, "by_account")), MANY);
	json_decref(document);
	if (effort.sorts)
		fail_msg("%s", effort.plan);
	assert_int_equal(ledger_query_account(bench->ledger, "ann@one.example", &document), 0);
	sqlite3_trace_v2(bench->ledger->database, 0, NULL, NULL);
	assert_int_equal(json_array_size(json_object_get(document, "by_source")), MANY);
	json_decref(document);
	/* the logins by service alone, which are a few */
	if (effort.sorts > 1)
		fail_msg("%s", effort.plan);
	free(effort.plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(each_type_has_its_value),
		ledger_test(what_is_unknown_is_null),
		ledger_test(bytes_that_are_not_utf8_are_null),
		ledger_test(values_are_bound_in_order),
		ledger_test(a_list_says_since_when_it_counts),
		ledger_test(no_list_reads_or_sorts_a_table),
		ledger_test(no_document_sorts_its_rows),
	};

	return cmocka_run_group_tests_name("ledger query", tests, NULL, NULL);
}
