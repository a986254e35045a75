/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the mail server's own helpers read without a session. */
#include "unit/detect/scene.h"

#include "detect/state/own_programs.h"

struct stage {
	struct history *history;
	struct own_programs own_programs;
	struct snapshot tick;
	int64_t now_us;
	struct own_program_verdict verdict;
};

static void stage_open(struct stage *stage, unsigned int accounts)
{
	*stage = (struct stage){.history = history_new(1000), .now_us = SCENE_START};
	own_programs_init(&stage->own_programs);
	history_advance(stage->history, stage->now_us);
	for (unsigned int i = 0; i < accounts; i++)
		history_add_account(stage->history, scene_name("user", i), ACCOUNT_ACTIVE,
				    stage->now_us);
}

static void stage_close(struct stage *stage)
{
	own_programs_done(&stage->own_programs);
	history_free(stage->history);
	snapshot_done(&stage->tick);
}

/* Mailboxes until the first that is above a floor; 0: none is. */
static unsigned int read_mailboxes(struct stage *stage, unsigned int first, unsigned int count,
				   uint64_t messages)
{
	const struct detector_input input = {
		.snapshot = &stage->tick, .history = stage->history, .now_us = stage->now_us};
	unsigned int told = 0;

	for (unsigned int i = 0; i < count; i++) {
		const struct read_row row = {.actor = "/usr/lib/dovecot/indexer-worker",
					     .account = scene_name("user", first + i),
					     .messages = messages,
					     .first_us = stage->now_us,
					     .last_us = stage->now_us};

		if (own_programs_observe(&stage->own_programs, &input, &row, 100,
					 &stage->verdict) &&
		    !told)
			told = i + 1;
	}
	return told;
}

static void open_sessions(struct stage *stage, unsigned int first, unsigned int count)
{
	const struct detector_input input = {.snapshot = &stage->tick, .history = stage->history};

	for (unsigned int i = 0; i < count; i++) {
		struct read_row *row = snapshot_add_read(&stage->tick);

		row->account = snapshot_string(&stage->tick, scene_name("user", first + i));
		row->reader = READER_SESSION;
		row->last_us = stage->now_us;
	}
	own_programs_note_sessions(&stage->own_programs, &input);
	snapshot_reset(&stage->tick);
}

static void whole_mailboxes_without_a_session_have_a_floor(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage, 12);
	assert_int_equal(read_mailboxes(&stage, 0, 12, 30), 5);
	assert_true(stage.verdict.is_far && stage.verdict.floor == 5);
	stage_close(&stage);
	stage_open(&stage, 200);
	assert_int_equal(read_mailboxes(&stage, 0, 200, 30), 50);
	stage_close(&stage);
	stage_open(&stage, 2000);
	assert_int_equal(read_mailboxes(&stage, 0, 200, 30), 100);
	stage_close(&stage);
}

static void a_session_explains_what_is_read(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage, 200);
	open_sessions(&stage, 0, 200);
	assert_int_equal(read_mailboxes(&stage, 0, 200, 500), 0);
	/* for a while */
	stage.now_us += 3 * US_PER_HOUR;
	assert_int_equal(read_mailboxes(&stage, 0, 200, 500), 50);
	stage_close(&stage);
}

static void deliveries_are_read_a_little(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage, 2000);
	open_sessions(&stage, 0, 1500);
	/* a newsletter to all, the owners of 500 mailboxes being away */
	stage.now_us += 2 * US_PER_DAY;
	open_sessions(&stage, 0, 1500);
	assert_int_equal(read_mailboxes(&stage, 0, 2000, 2), 0);
	/* all mailboxes, and nobody is there */
	stage.now_us += 2 * US_PER_DAY;
	assert_int_equal(read_mailboxes(&stage, 0, 2000, 2), 1000);
	assert_false(stage.verdict.is_far);
	stage_close(&stage);
}

static void a_mailbox_counts_once_an_hour(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage, 12);
	for (int i = 0; i < 50; i++) {
		assert_int_equal(read_mailboxes(&stage, 0, 4, 3), 0);
		stage.now_us += US_PER_MINUTE;
	}
	assert_int_equal(read_mailboxes(&stage, 4, 1, 12), 1);
	assert_int_equal(read_mailboxes(&stage, 4, 1, 12), 0);
	stage_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_mailboxes_without_a_session_have_a_floor),
		cmocka_unit_test(a_session_explains_what_is_read),
		cmocka_unit_test(deliveries_are_read_a_little),
		cmocka_unit_test(a_mailbox_counts_once_an_hour),
	};

	return cmocka_run_group_tests_name("own helpers", tests, NULL, NULL);
}
