/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mailboxes that strangers opened, and what they read of them within a day. */
#include "unit/detect/scene.h"

#include "detect/state/first_accesses.h"

#define NETWORK "198.51.100.7"

struct stage {
	struct history *history;
	struct first_accesses all;
	struct attempt_row row;
	struct contact contact;
	struct contacts contacts;
	struct tenant tenant;
	struct snapshot tick;
};

/* ann is opened for the first time by a network that is new. */
static void stage_open(struct stage *stage)
{
	struct address address = address_parse(NETWORK), network = network_of(&address);

	*stage = (struct stage){.history = history_new(1000)};
	first_accesses_init(&stage->all);
	stage->row = (struct attempt_row){
		.account = "ann@example.org", .source = NETWORK, .last_us = SCENE_START};
	stage->contact =
		(struct contact){.row = &stage->row,
				 .account = history_name(stage->history, "ann@example.org"),
				 .network = history_hash(stage->history, &network, sizeof(network)),
				 .normal = &stage->tenant,
				 .is_success = true,
				 .is_newcomer = true};
	stage->contacts = (struct contacts){.items = &stage->contact, .count = 1};
	first_accesses_collect(&stage->all, stage->history, &stage->contacts, &stage->tick);
	stage->contacts.count = 0;
}

static void read_messages(struct stage *stage, const char *source, uint64_t messages,
			  int64_t now_us)
{
	struct read_row *row = snapshot_add_read(&stage->tick);

	row->reader = READER_SESSION;
	row->account = "ann@example.org";
	row->source = source;
	row->messages = messages;
	row->first_us = row->last_us = now_us;
	first_accesses_collect(&stage->all, stage->history, &stage->contacts, &stage->tick);
}

static void stage_close(struct stage *stage)
{
	first_accesses_done(&stage->all);
	snapshot_done(&stage->tick);
	history_free(stage->history);
}

static void what_its_network_reads_is_added_up(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	read_messages(&stage, NETWORK, 20, SCENE_START + US_PER_HOUR);
	snapshot_reset(&stage.tick);
	read_messages(&stage, NETWORK, 30, SCENE_START + US_PER_HOUR);
	assert_int_equal(stage.all.n_readings, 1);
	assert_int_equal(stage.all.readings[0].before, 20);
	assert_int_equal(stage.all.readings[0].first_access->messages, 50);
	assert_true(stage.all.read_depth.opened == 1 && stage.all.read_depth.read[0] == 1);
	stage_close(&stage);
}

static void others_and_later_reads_are_none_of_it(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	read_messages(&stage, "192.0.2.1", 20, SCENE_START + US_PER_HOUR);
	read_messages(&stage, NETWORK, 20, SCENE_START + 25 * US_PER_HOUR);
	assert_int_equal(stage.all.n_readings, 0);
	stage_close(&stage);
}

static void nothing_is_learnt_from_logins_during_an_attack(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	stage.tenant.campaign.since_us = SCENE_START;
	stage.contact.account = history_name(stage.history, "bob@example.org");
	stage.row.account = "bob@example.org";
	stage.contacts.count = 1;
	first_accesses_collect(&stage.all, stage.history, &stage.contacts, &stage.tick);
	assert_non_null(first_accesses_find(&stage.all, &stage.contact));
	assert_false(first_accesses_find(&stage.all, &stage.contact)->is_learnt);
	assert_true(stage.all.read_depth.opened == 1);
	stage_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_its_network_reads_is_added_up),
		cmocka_unit_test(others_and_later_reads_are_none_of_it),
		cmocka_unit_test(nothing_is_learnt_from_logins_during_an_attack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
