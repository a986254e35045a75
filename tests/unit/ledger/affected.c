/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who was harmed, how, when and why. */
#include "base/time.h"
#include "bench.h"
#include "ledger/handle.h"

#define HOUR(n) (T0 + (n) * US_PER_HOUR)

static json_t *ask(struct bench *bench, struct ledger_query query)
{
	json_t *document;

	query.now_us = HOUR(100);
	assert_int_equal(ledger_query_affected(bench->ledger, &query, &document), 0);
	return document;
}

/* "ann opened, bob read": the accounts up to their @, and what happened. */
static void assert_affected(struct bench *bench, struct ledger_query query, const char *expected)
{
	json_t *document = ask(bench, query), *row;
	_cleanup_free_ char *text = xstrdup("");
	size_t i;

	json_array_foreach(json_object_get(document, "accounts"), i, row)
	{
		const char *name = json_string_value(json_object_get(row, "account"));
		char *longer = xasprintf("%s%s%.*s %s", text, i ? ", " : "",
					 (int)strcspn(name, "@"), name,
					 json_string_value(json_object_get(row, "happened")));

		free(text);
		text = longer;
	}
	assert_string_equal(text, expected);
	json_decref(document);
}

static void save(struct bench *bench, const char *id, const char *detector,
		 struct harmed_account *accounts, size_t count)
{
	struct alert alert = example_alert(id, detector, accounts, count);

	alert.subject_kind = SUBJECT_TENANT;
	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	assert_int_equal(alert.n_unsaved, 0);
}

/* A campaign over a day that is still going on. */
static void a_campaign(struct bench *bench)
{
	struct harmed_account accounts[] = {
		harmed("ann@one.example", HARM_OPENED, HOUR(1)),
		harmed("bob@one.example", HARM_TRIED, HOUR(1)),
		harmed("cay@one.example", HARM_OPENED, HOUR(23)),
		harmed("dan@one.example", HARM_NONEXISTENT, HOUR(23)),
		harmed("eve@one.example", HARM_READ, HOUR(2)),
	};

	save(bench, "a1", "campaign", accounts, ARRAY_LENGTH(accounts));
}

static void the_list_names_those_who_were_opened_or_read(void **state)
{
	a_campaign(*state);
	assert_affected(*state, (struct ledger_query){}, "ann opened, cay opened, eve read");
}

static void the_rest_is_listed_when_asked_for(void **state)
{
	a_campaign(*state);
	assert_affected(*state, (struct ledger_query){.with_tried = true},
			"ann opened, bob tried, cay opened, eve read");
	assert_affected(*state, (struct ledger_query){.with_nonexistent = true},
			"ann opened, bob tried, cay opened, dan nonexistent, eve read");
}

/* The alert was raised at T0. */
static void since_is_when_it_happened_to_the_account(void **state)
{
	a_campaign(*state);
	assert_affected(*state, (struct ledger_query){.since_us = HOUR(12)}, "cay opened");
	assert_affected(*state, (struct ledger_query){.since_us = HOUR(2)}, "cay opened, eve read");
	assert_affected(*state, (struct ledger_query){.since_us = HOUR(24)}, "");
}

/* Opened three days ago, read by a backup now: who asks for today hears of the backup, which resets
 * nobody. */
static void the_worst_within_the_time_decides(void **state)
{
	struct harmed_account then = harmed("ann@one.example", HARM_OPENED, HOUR(1)),
			      now = harmed("ann@one.example", HARM_READ, HOUR(73));
	json_t *document, *row;

	save(*state, "a1", "takeover", &then, 1);
	save(*state, "a2", "foreign_reader", &now, 1);
	document = ask(*state, (struct ledger_query){});
	row = json_array_get(json_object_get(document, "accounts"), 0);
	assert_true(json_is_true(json_object_get(row, "reset")));
	assert_int_equal(json_array_size(json_object_get(row, "alerts")), 2);
	assert_string_equal(json_string_value(json_object_get(row, "time")),
			    "2026-07-01T13:34:56.000Z");
	json_decref(document);
	document = ask(*state, (struct ledger_query){.since_us = HOUR(48)});
	row = json_array_get(json_object_get(document, "accounts"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "happened")), "read");
	assert_true(json_is_false(json_object_get(row, "reset")));
	assert_int_equal(json_array_size(json_object_get(row, "alerts")), 1);
	json_decref(document);
}

/* It goes on for a week, and each update brings new accounts. */
static void an_update_writes_what_is_new(void **state)
{
	struct bench *bench = *state;
	struct alert alert = {.detector = "campaign",
			      .subject_kind = SUBJECT_TENANT,
			      .subject = (char *)"one.example",
			      .message = (char *)"Many.",
			      .id = "a1",
			      .active = true};
	char name[32];

	for (int update = 0; update < 5; update++) {
		int before = sqlite3_total_changes(bench->ledger->database);

		for (int i = 0; i < 100; i++) {
			struct harmed_account account = harmed(name, HARM_TRIED, T0 + update);

			(void)snprintf(name, sizeof(name), "u%d@one.example", 100 * update + i);
			assert_true(alert_add_account(&alert, &account));
		}
		assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
		/* 100 rows, each with its place in the count of rows, and the alert */
		assert_true(sqlite3_total_changes(bench->ledger->database) - before <= 205);
	}
	assert_int_equal(number(bench, "SELECT count(*) FROM alert_accounts"), 500);
	for (size_t i = 0; i < alert.n_accounts; i++)
		free(alert.accounts[i].name);
	free(alert.accounts);
}

/* A tick that names as many as an alert may. */
static void no_save_writes_more_than_so_many(void **state)
{
	struct bench *bench = *state;
	struct alert alert = example_alert("a1", "campaign", NULL, 0);
	size_t left = 3 * LEDGER_ACCOUNTS_AT_ONCE / 2;
	char name[32];

	bench->max_rows = 100000;
	reopen(bench);
	for (size_t i = 0; i < left; i++) {
		struct harmed_account account = harmed(name, HARM_TRIED, T0);

		(void)snprintf(name, sizeof(name), "u%zu@one.example", i);
		assert_true(alert_add_account(&alert, &account));
	}
	assert_int_equal(ledger_save_alert(bench->ledger, &alert), 0);
	assert_int_equal(alert.n_unsaved, left - LEDGER_ACCOUNTS_AT_ONCE);
	assert_int_equal(number(bench, "SELECT count(*) FROM alert_accounts"),
			 LEDGER_ACCOUNTS_AT_ONCE);
	assert_int_equal(ledger_save_accounts(bench->ledger, &alert), 0);
	assert_int_equal(alert.n_unsaved, 0);
	assert_int_equal(number(bench, "SELECT count(*) FROM alert_accounts"), left);
	for (size_t i = 0; i < alert.n_accounts; i++)
		free(alert.accounts[i].name);
	free(alert.accounts);
}

static void pages_are_bounded_and_go_on(void **state)
{
	struct bench *bench = *state;
	struct harmed_account accounts[250];
	char names[250][32];
	size_t listed = 0, pages = 0;
	_cleanup_free_ char *after = NULL;

	for (int i = 0; i < 250; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "u%03d@one.example", i);
		accounts[i] = harmed(names[i], i % 2 ? HARM_TRIED : HARM_OPENED, T0);
	}
	save(bench, "a1", "campaign", accounts, 250);
	do {
		json_t *document = ask(bench, (struct ledger_query){.top = 50, .after = after});
		const json_t *next = json_object_get(document, "next");
		size_t count = json_array_size(json_object_get(document, "accounts"));

		assert_true(count <= 50);
		listed += count;
		free(after);
		after = json_is_string(next) ? xstrdup(json_string_value(next)) : NULL;
		pages++;
		json_decref(document);
	} while (after);
	assert_int_equal(listed, 125);
	assert_int_equal(pages, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(the_list_names_those_who_were_opened_or_read),
		ledger_test(the_rest_is_listed_when_asked_for),
		ledger_test(since_is_when_it_happened_to_the_account),
		ledger_test(the_worst_within_the_time_decides),
		ledger_test(an_update_writes_what_is_new),
		ledger_test(no_save_writes_more_than_so_many),
		ledger_test(pages_are_bounded_and_go_on),
	};

	return cmocka_run_group_tests_name("ledger affected", tests, NULL, NULL);
}
