/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Full tables: what goes, what is kept, and that the sums stay exact. */
#include <errno.h>

#include "bench.h"
#include "ledger/evict.h"

static int64_t sum(json_t *document, const char *list, const char *key)
{
	int64_t total = 0;
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(document, list), i, row) total +=
		json_integer_value(json_object_get(row, key));
	return total;
}

static void full_tables_fold_the_oldest_rows(void **state)
{
	struct bench *bench = *state;
	struct ledger_query query = {.top = 10000};
	json_t *document;
	uint64_t n_accounts, n_sources;
	char name[64], source[32];

	bench->max_rows = 50;
	reopen(bench);
	for (int i = 0; i < 600; i++) {
		start_tick(bench, i);
		(void)snprintf(name, sizeof(name), "user%d@domain%d.example", i, i);
		(void)snprintf(source, sizeof(source), "192.0.%d.%d", i / 250, i % 250);
		add_login(bench, name, source, OUTCOME_FAILURE, 1);
		tick(bench);
	}
	assert_int_equal(ledger_count_accounts(bench->ledger, &n_accounts, &n_sources), 0);
	assert_true(n_accounts <= 50 && n_sources <= 50);
	assert_true(ledger_evicted(bench->ledger) >= 3 * 550);
	document = accounts(bench, query);
	assert_int_equal(sum(document, "accounts", "failures"), 600);
	assert_string_equal(name_at(document, "accounts", 0, "account"), "(older)");
	json_decref(document);
	assert_int_equal(ledger_query_sources(bench->ledger, &query, &document), 0);
	assert_int_equal(sum(document, "sources", "attempts"), 600);
	json_decref(document);
	assert_int_equal(ledger_query_tenants(bench->ledger, &document), 0);
	assert_int_equal(sum(document, "tenants", "failures"), 600);
	json_decref(document);
	document = account(bench, "user599@domain599.example");
	assert_int_equal(json_integer_value(json_object_get(document, "sources")), 1);
	json_decref(document);
	assert_int_equal(ledger_query_account(bench->ledger, "user1@domain1.example", &document),
			 -ENOENT);
}

/* One tick does bounded work, however much a table is over its cap. */
static void no_more_rows_go_than_the_budget_allows(void **state)
{
	struct bench *bench = *state;
	char name[64];

	for (int i = 0; i < 40; i++) {
		start_tick(bench, i);
		(void)snprintf(name, sizeof(name), "user%d@one.example", i);
		add_login(bench, name, "192.0.2.1", OUTCOME_FAILURE, 1);
		tick(bench);
	}
	bench->max_rows = 10;
	reopen(bench);
	assert_int_equal(handle_begin(bench->ledger), 0);
	assert_int_equal(handle_end(bench->ledger, evict_rows(bench->ledger, T0, 7)), 0);
	assert_int_equal(ledger_evicted(bench->ledger), 7);
	/* pairs are the first table */
	assert_int_equal(number(bench, "SELECT count(*) FROM pairs"), 33);
	assert_int_equal(number(bench, "SELECT count(*) FROM accounts"), 40);
}

static void an_account_goes_after_its_pairs(void **state)
{
	struct bench *bench = *state;
	char source[32];

	for (int i = 0; i < 30; i++) {
		start_tick(bench, i);
		(void)snprintf(source, sizeof(source), "192.0.2.%d", i);
		add_login(bench, "ann@one.example", source, OUTCOME_FAILURE, 1);
		add_login(bench, "bob@one.example", source, OUTCOME_FAILURE, 1);
		tick(bench);
	}
	bench->max_rows = 1;
	reopen(bench);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(handle_begin(bench->ledger), 0);
		assert_int_equal(handle_end(bench->ledger, evict_rows(bench->ledger, T0, 10)), 0);
		assert_int_equal(number(bench, "SELECT count(*) FROM pairs WHERE account NOT IN"
					       " (SELECT id FROM accounts)"),
				 0);
	}
	assert_int_equal(number(bench, "SELECT count(*) FROM accounts"), 1);
	assert_int_equal(number(bench, "SELECT sum(failures) FROM accounts"), 60);
	assert_int_equal(number(bench, "SELECT count(*) FROM logins"), 0);
}

static void an_active_alert_stays(void **state)
{
	struct bench *bench = *state;
	struct alert alert = {.detector = "takeover",
			      .severity = SEVERITY_CRITICAL,
			      .subject_kind = SUBJECT_SOURCE,
			      .subject = (char *)"198.51.100.1",
			      .message = (char *)"A text.",
			      .count = 1};

	bench->max_rows = 2;
	reopen(bench);
	for (int i = 0; i < 6; i++) {
		(void)snprintf(alert.id, sizeof(alert.id), "alert-%d", i);
		alert.time_us = alert.first_us = alert.last_us = T0 + i;
		alert.active = i == 0;
		assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	}
	three_ticks(bench);
	assert_int_equal(number(bench, "SELECT count(*) FROM alerts"), 2);
	assert_int_equal(number(bench, "SELECT active FROM alerts WHERE id = 'alert-0'"), 1);
	assert_int_equal(number(bench, "SELECT count(*) FROM alerts WHERE id = 'alert-5'"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(full_tables_fold_the_oldest_rows),
		ledger_test(no_more_rows_go_than_the_budget_allows),
		ledger_test(an_account_goes_after_its_pairs),
		ledger_test(an_active_alert_stays),
	};

	return cmocka_run_group_tests_name("ledger evict", tests, NULL, NULL);
}
