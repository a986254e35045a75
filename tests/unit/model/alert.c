/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings, and the JSON object of an alert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/alert.h"

static void an_alert_is_the_object_of_the_contract(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct alert alert = {
		.id = "0001",
		.detector = "brute_force",
		.severity = SEVERITY_WARNING,
		.subject_kind = SUBJECT_ACCOUNT,
		.subject = xstrdup("ann@example.org"),
		.message = xstrdup("Said."),
		.evidence = json_pack("{s:i}", "failures", 20),
		.time_us = 2000000,
		.first_us = 0,
		.last_us = 1999999,
		.count = 3,
		.active = true,
	};
	json_t *json = alert_to_json(&alert);

	(void)state;
	text = json_dumps(json, JSON_COMPACT);
	assert_string_equal(text,
			    "{\"id\":\"0001\",\"time\":\"1970-01-01T00:00:02.000Z\","
			    "\"detector\":\"brute_force\",\"severity\":\"warning\","
			    "\"subject\":{\"kind\":\"account\",\"name\":\"ann@example.org\"},"
			    "\"message\":\"Said.\",\"evidence\":{\"failures\":20},\"count\":3,"
			    "\"first_seen\":\"1970-01-01T00:00:00.000Z\","
			    "\"last_seen\":\"1970-01-01T00:00:01.999Z\",\"state\":\"active\"}");
	json_decref(json);
	alert.active = false;
	json = alert_to_json(&alert);
	assert_string_equal(json_string_value(json_object_get(json, "state")), "over");
	json_decref(json);
	alert_done(&alert);
}

static void accounts_are_sorted_and_named_once(void **state)
{
	struct finding_list list = {0};
	struct finding *finding =
		finding_add(&list, "x", SEVERITY_NOTICE, SUBJECT_ACTOR, "/bin/sh", "%d%%", 100);

	(void)state;
	finding_add_account(finding, "cay", HARM_TRIED, 5);
	finding_add_account(finding, "ann", HARM_TRIED, 5);
	finding_add_account(finding, "bob", HARM_READ, 5);
	finding_add_account(finding, "ann", HARM_OPENED, 9);
	assert_int_equal(finding->n_accounts, 3);
	assert_string_equal(finding->accounts[0].name, "ann");
	assert_string_equal(finding->accounts[1].name, "bob");
	assert_string_equal(finding->accounts[2].name, "cay");
	assert_int_equal(finding->accounts[0].harm, HARM_OPENED);
	assert_int_equal(finding->accounts[0].first_us, 9);
	assert_string_equal(finding->message, "100%");
	finding_list_done(&list);
	assert_int_equal(list.count, 0);
}

static bool add(struct alert *alert, const char *name, enum account_harm harm, int64_t time_us)
{
	const struct harmed_account account = {
		.name = (char *)name, .harm = harm, .first_us = time_us, .last_us = time_us};

	return alert_add_account(alert, &account);
}

/* What is known already is no news, so that it is not written again. */
static void the_worst_that_happened_is_kept_with_its_times(void **state)
{
	struct alert alert = {0};

	(void)state;
	assert_true(add(&alert, "ann", HARM_TRIED, 10));
	assert_int_equal(alert.n_unsaved, 1);
	assert_true(add(&alert, "ann", HARM_OPENED, 30));
	assert_int_equal(alert.n_unsaved, 1);
	alert.accounts[0].is_unsaved = false;
	alert.n_unsaved = 0;
	assert_true(add(&alert, "ann", HARM_TRIED, 50));
	assert_true(add(&alert, "ann", HARM_OPENED, 30));
	assert_int_equal(alert.n_unsaved, 0);
	assert_true(add(&alert, "ann", HARM_OPENED, 40));
	assert_int_equal(alert.n_unsaved, 1);
	assert_int_equal(alert.accounts[0].harm, HARM_OPENED);
	assert_int_equal(alert.accounts[0].first_us, 30);
	assert_int_equal(alert.accounts[0].last_us, 40);
	alert_done(&alert);
}

static void harms_have_words(void **state)
{
	(void)state;
	for (int i = 0; i < HARM_MAX; i++)
		assert_int_equal(account_harm_from_string(account_harm_to_string(i)), i);
	assert_int_equal(account_harm_from_string("burnt"), HARM_INVALID);
}

static void an_alert_names_only_so_many_accounts(void **state)
{
	struct alert alert = {0};
	char name[32];

	(void)state;
	for (int i = 0; i < ALERT_ACCOUNTS_MAX; i++) {
		snprintf(name, sizeof(name), "user%08d", i);
		assert_true(add(&alert, name, HARM_TRIED, 1));
	}
	assert_false(add(&alert, "one more", HARM_TRIED, 1));
	assert_true(add(&alert, "user00000000", HARM_TRIED, 1));
	assert_int_equal(alert.n_accounts, ALERT_ACCOUNTS_MAX);
	alert_done(&alert);
}

static void severities_have_words(void **state)
{
	(void)state;
	for (int i = 0; i < SEVERITY_MAX; i++)
		assert_int_equal(severity_from_string(severity_to_string(i)), i);
	assert_int_equal(severity_from_string("fatal"), -EINVAL);
	assert_string_equal(subject_kind_to_string(SUBJECT_SENSOR), "sensor");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alert_is_the_object_of_the_contract),
		cmocka_unit_test(accounts_are_sorted_and_named_once),
		cmocka_unit_test(an_alert_names_only_so_many_accounts),
		cmocka_unit_test(the_worst_that_happened_is_kept_with_its_times),
		cmocka_unit_test(harms_have_words),
		cmocka_unit_test(severities_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
