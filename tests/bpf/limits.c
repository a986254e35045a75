/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens at the limits: outcomes stay exact, what lost its key is counted as lost. */
#include "wire.h"

static void outcomes_of_a_full_map_are_kept_without_their_key(void **state)
{
	enum { CAPACITY = 16, LOGINS = 100 };
	struct sensors *sensors = wire_watch(CAPACITY, false);
	struct snapshot snapshot = {};
	uint64_t named = 0, unnamed = 0, rows = 0;
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	for (int i = 1; i <= LOGINS; i++) {
		char line[128];

		sprintf(line, "AUTH\t%d\tPLAIN\tservice=imap\trip=192.0.2.1\n", i);
		wire_say(wire.client, line);
		sprintf(line, "FAIL\t%d\tuser=full%d@wire.test\n", i, i);
		wire_say(wire.server, line);
	}
	assert_int_equal(sensors_collect(sensors, &snapshot), 0);
	assert_int_equal(sensors_release(sensors), 0);
	for (size_t i = 0; i < snapshot.n_attempts; i++) {
		const struct attempt_row *row = &snapshot.attempts[i];

		if (strncmp(row->account, "full", 4) == 0) {
			rows++;
			named += row->count[OUTCOME_FAILURE];
		} else if (!row->account[0] && !row->source[0]) {
			unnamed += row->count[OUTCOME_FAILURE];
		}
	}
	/* other mail servers of this host may have taken a place, the overflow entry has one */
	assert_true(rows > 0 && rows < CAPACITY);
	assert_true(named + unnamed >= LOGINS);
	assert_true(wire_lost(sensors, "attempts_full") >= LOGINS - rows);
	wire_close(&wire);
	snapshot_done(&snapshot);
	sensors_close(sensors, /* detach= */ true);
}

static void a_mechanism_that_is_not_there_is_refused(void **state)
{
	const struct sensor_settings settings = {.mechanism = "magic"};
	struct sensors *sensors = NULL;
	char problem[256] = "";

	(void)state;
	assert_true(sensors_open(&settings, &sensors, problem, sizeof(problem)) < 0);
	assert_non_null(strstr(problem, "magic"));
	assert_null(sensors);
}

static void counts_of_many_ticks_add_up(void **state)
{
	enum { TICKS = 30, LOGINS = 50 };
	struct sensors *sensors = wire_watch(0, false);
	uint64_t count[OUTCOME_MAX], total = 0;
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ true);
	for (int tick = 0, id = 1; tick < TICKS; tick++) {
		for (int i = 0; i < LOGINS; i++, id++) {
			char line[128];

			sprintf(line, "AUTH\t%d\tPLAIN\tservice=imap\trip=192.0.2.1\n", id);
			wire_say(wire.client, line);
			sprintf(line, "OK\t%d\tuser=tick%d@wire.test\n", id, i % 7);
			wire_say(wire.server, line);
		}
		wire_drain(wire.client);
		wire_drain(wire.server);
		wire_count(sensors, "tick", count);
		total += count[OUTCOME_SUCCESS];
	}
	assert_int_equal(total, TICKS * LOGINS);
	wire_close(&wire);
	sensors_close(sensors, /* detach= */ true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes_of_a_full_map_are_kept_without_their_key),
		cmocka_unit_test(a_mechanism_that_is_not_there_is_refused),
		cmocka_unit_test(counts_of_many_ticks_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
