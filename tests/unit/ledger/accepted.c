/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Acceptances in the state file: who, until when, one for each reader. */
#include <errno.h>

#include "base/time.h"
#include "bench.h"

#define NOW INT64_C(1782864000000000)

static struct acceptance made(const char *program, uint32_t uid, int64_t until_us)
{
	return (struct acceptance){
		.alert = "7", .detector = "foreign_reader", .program = (char *)program, .unit = "",
		.script = "", .uid = uid, .session_account = "", .opened_account = "",
		.note = "nightly", .by_name = "root", .by_uid = 0, .at_us = NOW,
		.until_us = until_us,
	};
}

static size_t in_force(struct bench *bench, int64_t now_us)
{
	struct acceptances acceptances = {};
	size_t count;

	assert_int_equal(ledger_read_accepted(bench->ledger, now_us, &acceptances), 0);
	count = acceptances.count;
	acceptances_done(&acceptances);
	return count;
}

static void acceptances_end_by_time_and_by_being_taken_back(void **state)
{
	struct acceptance for_ever = made("/usr/bin/tar", 0, 0),
			  for_a_day = made("/usr/bin/tar", 5, NOW + US_PER_DAY);
	struct bench *bench = *state;

	assert_int_equal(ledger_accept(bench->ledger, &for_ever), 0);
	assert_int_equal(ledger_accept(bench->ledger, &for_a_day), 0);
	assert_int_not_equal(for_ever.id, for_a_day.id);
	assert_int_equal(in_force(bench, NOW + 1), 2);
	assert_int_equal(in_force(bench, NOW + US_PER_DAY), 1);
	assert_int_equal(ledger_revoke(bench->ledger, for_ever.id, 0, "root", NOW + 1), 0);
	assert_int_equal(in_force(bench, NOW + 1), 1);
	assert_int_equal(ledger_revoke(bench->ledger, for_ever.id, 0, "root", NOW + 1), -ENOENT);
	assert_int_equal(ledger_revoke(bench->ledger, 99, 0, "root", NOW + 1), -ENOENT);
	reopen(bench);
	assert_int_equal(in_force(bench, NOW + 1), 1);
	assert_int_equal(number(bench, "SELECT count(*) FROM accepted"), 2);
}

static void a_reader_is_accepted_once(void **state)
{
	struct acceptance acceptance = made("/usr/bin/tar", 0, 0);
	struct bench *bench = *state;

	for (int i = 0; i < 3; i++)
		assert_int_equal(ledger_accept(bench->ledger, &acceptance), 0);
	assert_int_equal(in_force(bench, NOW), 1);
	assert_int_equal(acceptance.id, 3);
}

static size_t affected(struct bench *bench, int64_t now_us)
{
	struct ledger_query query = {.now_us = now_us};
	json_t *document;
	size_t count;

	assert_int_equal(ledger_query_affected(bench->ledger, &query, &document), 0);
	count = json_array_size(json_object_get(document, "accounts"));
	json_decref(document);
	return count;
}

static void accounts_of_an_accepted_alert_need_no_new_password(void **state)
{
	struct harmed_account both[] = {harmed("ann@one.example", HARM_READ, T0),
					harmed("bob@two.example", HARM_READ, T0)},
			      ann = harmed("ann@one.example", HARM_READ, T0);
	struct alert accepted = example_alert("7", "foreign_reader", both, 2),
		     other = example_alert("8", "foreign_reader", &ann, 1);
	struct acceptance acceptance = made("/usr/bin/tar", 0, NOW + US_PER_DAY);
	struct bench *bench = *state;

	assert_int_equal(ledger_save_alert(bench->ledger, &accepted), 0);
	assert_int_equal(ledger_save_alert(bench->ledger, &other), 0);
	assert_int_equal(affected(bench, NOW), 2);
	assert_int_equal(ledger_accept(bench->ledger, &acceptance), 0);
	assert_int_equal(affected(bench, NOW + 1), 1);
	assert_int_equal(affected(bench, NOW + US_PER_DAY), 2);
	assert_int_equal(ledger_revoke(bench->ledger, acceptance.id, 0, "root", NOW + 1), 0);
	assert_int_equal(affected(bench, NOW + 1), 2);
}

static void there_is_an_end_to_them(void **state)
{
	struct bench *bench = *state;

	for (uint32_t uid = 0; uid <= ACCEPTANCES_CAP; uid++) {
		struct acceptance acceptance = made("/usr/bin/tar", uid, 0);

		assert_int_equal(ledger_accept(bench->ledger, &acceptance),
				 uid < ACCEPTANCES_CAP ? 0 : -ENOSPC);
	}
	assert_int_equal(in_force(bench, NOW), ACCEPTANCES_CAP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ledger_test(acceptances_end_by_time_and_by_being_taken_back),
		ledger_test(a_reader_is_accepted_once),
		ledger_test(accounts_of_an_accepted_alert_need_no_new_password),
		ledger_test(there_is_an_end_to_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
