/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One second of a trace as the snapshot of a tick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "cli/replay_window.h"

#define SAYS_NO_MORE \
	.transport = TRANSPORT_TLS, .reader = READER_INVALID, .unit = "", .script = "", .parent = "", .session = ""

static void records_of_one_key_become_one_row(void **state)
{
	struct replay_window window = { 0 };
	struct trace_record record = { SAYS_NO_MORE,
				       .time_us = 5500000, .kind = TRACE_AUTH, .service = "imap",
				       .source = "192.0.2.1", .account = "a", .actor = "",
				       .outcome = OUTCOME_FAILURE, .count = 2 };

	(void)state;
	replay_window_begin(&window, record.time_us);
	replay_window_add(&window, &record);
	record.outcome = OUTCOME_SUCCESS;
	record.time_us = 5600000;
	replay_window_add(&window, &record);
	record.source = "192.0.2.2";
	replay_window_add(&window, &record);
	assert_int_equal(window.snapshot.from_us, 5000000);
	assert_int_equal(window.snapshot.until_us, 6000000);
	assert_int_equal(window.snapshot.n_attempts, 2);
	assert_int_equal(window.snapshot.attempts[0].count[OUTCOME_FAILURE], 2);
	assert_int_equal(window.snapshot.attempts[0].count[OUTCOME_SUCCESS], 2);
	assert_int_equal(window.snapshot.attempts[0].first_us, 5500000);
	assert_int_equal(window.snapshot.attempts[0].last_us, 5600000);
	replay_window_done(&window);
}

static void a_session_reads_and_is_sent_in_one_row(void **state)
{
	struct replay_window window = { 0 };
	struct trace_record record = { SAYS_NO_MORE,
				       .kind = TRACE_READ, .service = "imap", .account = "a",
				       .source = "192.0.2.1", .actor = "", .count = 3 };

	(void)state;
	replay_window_begin(&window, 0);
	replay_window_add(&window, &record);
	record.kind = TRACE_SENT;
	record.bytes = 700;
	replay_window_add(&window, &record);
	assert_int_equal(window.snapshot.n_reads, 1);
	assert_int_equal(window.snapshot.reads[0].reader, READER_SESSION);
	assert_int_equal(window.snapshot.reads[0].messages, 3);
	assert_int_equal(window.snapshot.reads[0].bytes_sent, 700);
	replay_window_done(&window);
}

static void a_crowded_second_loses_nothing(void **state)
{
	struct replay_window window = { 0 };
	char account[32];
	struct trace_record record = { SAYS_NO_MORE,
				       .kind = TRACE_AUTH, .service = "imap", .account = account,
				       .source = "", .actor = "", .outcome = OUTCOME_FAILURE,
				       .count = 1 };
	uint64_t sum = 0;

	(void)state;
	replay_window_begin(&window, 0);
	for (int i = 0; i < 30000; i++) {
		snprintf(account, sizeof(account), "a%d", i % 5000);
		replay_window_add(&window, &record);
	}
	for (size_t i = 0; i < window.snapshot.n_attempts; i++)
		sum += window.snapshot.attempts[i].count[OUTCOME_FAILURE];
	assert_int_equal(sum, 30000);
	assert_true(window.snapshot.n_attempts < 15000);
	replay_window_done(&window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_one_key_become_one_row),
		cmocka_unit_test(a_session_reads_and_is_sent_in_one_row),
		cmocka_unit_test(a_crowded_second_loses_nothing),
	};

	return cmocka_run_group_tests_name("replay window", tests, NULL, NULL);
}
