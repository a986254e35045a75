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

/* A thousand names that never existed, from a thousand addresses, after a few real logins. */
static void what_only_failed_goes_before_what_was_opened(void **state)
{
	struct bench *bench = *state;
	char name[64], source[32];

	bench->max_rows = 20;
	reopen(bench);
	for (int i = 0; i < 5; i++) {
		start_tick(bench, i);
		(void)snprintf(name, sizeof(name), "real%d@tenant%d.example", i, i);
		(void)snprintf(source, sizeof(source), "198.51.100.%d", i);
		add_login(bench, name, source, OUTCOME_SUCCESS, 1);
		tick(bench);
	}
	start_tick(bench, 5);
	/* of a session whose login was not seen */
	add_read(bench, "read@tenant0.example", "198.51.100.9", "/usr/lib/dovecot/imap",
		 READER_SESSION, 3);
	tick(bench);
	for (int i = 0; i < 1000; i++) {
		start_tick(bench, 10 + i);
		(void)snprintf(name, sizeof(name), "user%d@domain%d.example", i, i);
		(void)snprintf(source, sizeof(source), "192.0.%d.%d", i / 250, i % 250);
		add_login(bench, name, source, OUTCOME_FAILURE, 1);
		add_login(bench, "real0@tenant0.example", source, OUTCOME_FAILURE, 1);
		tick(bench);
	}
	assert_int_equal(number(bench, "SELECT count(*) FROM accounts WHERE account LIKE 'rea%'"),
			 6);
	assert_int_equal(number(bench, "SELECT count(*) FROM sources WHERE source LIKE '198.%'"), 6);
	assert_int_equal(number(bench, "SELECT count(*) FROM pairs WHERE successes + messages > 0"),
			 6);
	assert_int_equal(number(bench, "SELECT count(*) FROM tenants WHERE tenant LIKE 'tenant%'"),
			 5);
	assert_int_equal(number(bench, "SELECT count(*) FROM logins WHERE successes > 0"), 5);
	assert_int_equal(number(bench, "SELECT sum(failures) FROM accounts"), 2000);
	assert_int_equal(number(bench, "SELECT sum(failures) FROM sources"), 2000);
	assert_int_equal(number(bench, "SELECT sum(failures) FROM tenants"), 2000);
	assert_true(number(bench, "SELECT count(*) FROM accounts") <= 20);
}

/* Or a full table would be looked through for each row that goes. */
static void what_goes_first_is_found_by_an_index(void **state)
{
	static const char *const queries[] = {
		"accounts WHERE successes = 0 AND messages = 0 AND mailbox_files = 0 AND"
		" bytes_sent = 0 AND account <> '(older)'",
		"sources WHERE successes = 0 AND session_reads = 0 AND id <> 0 AND"
		" source <> '(older)'",
		"tenants WHERE successes = 0 AND messages = 0 AND bytes_sent = 0 AND"
		" tenant <> '(older)'",
		"pairs WHERE successes = 0 AND messages = 0 AND mailbox_files = 0 AND"
		" bytes_sent = 0 AND 1",
		"logins WHERE successes = 0 AND 1",
		"alerts WHERE active = 0 AND severity = 'notice'",
	};
	static const char *const indexes[] = {"accounts_failed", "sources_failed", "tenants_failed",
					      "pairs_failed", "logins_failed", "alerts_severity"};
	struct bench *bench = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(queries); i++) {
		_cleanup_free_ char *text =
			xasprintf("EXPLAIN QUERY PLAN SELECT rowid FROM %s ORDER BY last_us LIMIT 1",
				  queries[i]);
		const char *plan;
		sqlite3 *database;
		sqlite3_stmt *row;

		assert_int_equal(sqlite3_open(bench->path, &database), SQLITE_OK);
		assert_int_equal(sqlite3_prepare_v2(database, text, -1, &row, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(row), SQLITE_ROW);
		plan = (const char *)sqlite3_column_text(row, 3);
		if (!strstr(plan, indexes[i]))
			fail_msg("%s: %s", queries[i], plan);
		assert_int_equal(sqlite3_step(row), SQLITE_DONE); /* no sorting */
		sqlite3_finalize(row);
		sqlite3_close(database);
	}
}

static void a_finished_notice_goes_before_what_people_were_told(void **state)
{
	struct bench *bench = *state;
	struct alert alert = {.detector = "takeover",
			      .subject_kind = SUBJECT_SOURCE,
			      .subject = (char *)"198.51.100.1",
			      .message = (char *)"A text.",
			      .count = 1};

	bench->max_rows = 3;
	reopen(bench);
	for (int i = 0; i < 9; i++) {
		(void)snprintf(alert.id, sizeof(alert.id), "alert-%d", i);
		alert.time_us = alert.first_us = alert.last_us = T0 + i;
		alert.severity = i == 0   ? SEVERITY_CRITICAL
				 : i == 1 ? SEVERITY_WARNING
					  : SEVERITY_NOTICE;
		assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	}
	three_ticks(bench);
	assert_int_equal(number(bench, "SELECT count(*) FROM alerts"), 3);
	assert_int_equal(number(bench, "SELECT count(*) FROM alerts WHERE id IN ('alert-0',"
				       " 'alert-1', 'alert-8')"),
			 3);
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

/* One alert about so many accounts. */
static void raise(struct bench *bench, const char *id, enum severity severity, bool active,
		  size_t n_accounts)
{
	struct alert alert = example_alert(id, "campaign", NULL, 0);
	char name[64];

	alert.severity = severity;
	alert.active = active;
	for (size_t i = 0; i < n_accounts; i++) {
		struct harmed_account account = harmed(name, HARM_OPENED, T0);

		(void)snprintf(name, sizeof(name), "%s-%zu@one.example", id, i);
		assert_true(alert_add_account(&alert, &account));
	}
	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	for (size_t i = 0; i < alert.n_accounts; i++)
		free(alert.accounts[i].name);
	free(alert.accounts);
}

static void flood(struct bench *bench, enum severity severity, bool active, size_t n_accounts)
{
	char id[16];

	for (int i = 0; i < 200; i++) {
		(void)snprintf(id, sizeof(id), "%d%d%03d", severity, active, i);
		raise(bench, id, severity, active, n_accounts);
		start_tick(bench, i);
		add_login(bench, "ann@one.example", "192.0.2.1", OUTCOME_SUCCESS, 1);
		tick(bench);
	}
}

static void assert_kept(struct bench *bench, const char *id, int accounts)
{
	_cleanup_free_ char *rows = xasprintf(
		"SELECT count(*) FROM alert_accounts WHERE alert = '%s'", id);
	_cleanup_free_ char *alert = xasprintf("SELECT count(*) FROM alerts WHERE id = '%s'", id);

	assert_int_equal(number(bench, alert), 1);
	assert_int_equal(number(bench, rows), accounts);
}

/* Any stranger can raise as many notices as he likes. */
static void no_flood_of_notices_costs_a_critical_alert(void **state)
{
	struct bench *bench = *state;

	bench->max_rows = 60;
	reopen(bench);
	raise(bench, "critical", SEVERITY_CRITICAL, /* active= */ false, 20);
	raise(bench, "warning", SEVERITY_WARNING, /* active= */ false, 20);
	flood(bench, SEVERITY_NOTICE, /* active= */ false, 1);
	assert_kept(bench, "critical", 20);
	assert_kept(bench, "warning", 20);
	flood(bench, SEVERITY_NOTICE, /* active= */ true, 3);
	assert_kept(bench, "critical", 20);
	assert_kept(bench, "warning", 20);
	assert_true(ledger_evicted(bench->ledger) > 300);
}

static void no_flood_of_warnings_costs_a_critical_alert(void **state)
{
	struct bench *bench = *state;

	bench->max_rows = 60;
	reopen(bench);
	raise(bench, "critical", SEVERITY_CRITICAL, /* active= */ false, 20);
	flood(bench, SEVERITY_WARNING, /* active= */ false, 2);
	flood(bench, SEVERITY_WARNING, /* active= */ true, 2);
	assert_kept(bench, "critical", 20);
}

/* The table is full of what strangers raised and is not over. */
static void a_critical_alert_finds_room_for_its_accounts(void **state)
{
	struct bench *bench = *state;

	bench->max_rows = 60;
	reopen(bench);
	raise(bench, "notice", SEVERITY_NOTICE, /* active= */ true, 40);
	raise(bench, "warning", SEVERITY_WARNING, /* active= */ true, 40);
	raise(bench, "critical", SEVERITY_CRITICAL, /* active= */ true, 50);
	assert_kept(bench, "critical", 50);
	assert_kept(bench, "notice", 0);
	/* no more than there is room for, and that is counted */
	raise(bench, "too many", SEVERITY_CRITICAL, /* active= */ true, 70);
	assert_kept(bench, "critical", 50);
	assert_kept(bench, "too many", 10);
	assert_true(number(bench, "SELECT count(*) FROM alert_accounts") <= 60);
	assert_true(ledger_evicted(bench->ledger) >= 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(full_tables_fold_the_oldest_rows),
		ledger_test(no_more_rows_go_than_the_budget_allows),
		ledger_test(an_account_goes_after_its_pairs),
		ledger_test(what_only_failed_goes_before_what_was_opened),
		ledger_test(what_goes_first_is_found_by_an_index),
		ledger_test(a_finished_notice_goes_before_what_people_were_told),
		ledger_test(an_active_alert_stays),
		ledger_test(no_flood_of_notices_costs_a_critical_alert),
		ledger_test(no_flood_of_warnings_costs_a_critical_alert),
		ledger_test(a_critical_alert_finds_room_for_its_accounts),
	};

	return cmocka_run_group_tests_name("ledger evict", tests, NULL, NULL);
}
