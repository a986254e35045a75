/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a tick's logins detectors see, and how it is classed. */
#include "unit/detect/scene.h"

#include "detect/state/contacts.h"

struct stage {
	struct history *history;
	struct sources sources;
	struct tenants tenants;
	struct evidence evidence;
	struct contacts contacts;
	struct contact_context with;
	struct snapshot tick;
	int64_t now_us;
};

static void stage_open(struct stage *stage)
{
	static const struct network_list nobody;

	*stage = (struct stage){.history = history_new(1000), .now_us = SCENE_START};
	sources_init(&stage->sources);
	tenants_init(&stage->tenants, 10000);
	evidence_init(&stage->evidence);
	contacts_init(&stage->contacts);
	stage->with = (struct contact_context){.history = stage->history,
					       .sources = &stage->sources,
					       .tenants = &stage->tenants,
					       .evidence = &stage->evidence,
					       .trusted = &nobody,
					       .can_learn = true,
					       .can_be_strange = true};
	history_advance(stage->history, stage->now_us);
}

static void stage_close(struct stage *stage)
{
	contacts_done(&stage->contacts);
	tenants_done(&stage->tenants);
	sources_done(&stage->sources);
	history_free(stage->history);
	snapshot_done(&stage->tick);
}

static void login(struct stage *stage, const char *source, const char *account, uint64_t successes,
		  uint64_t failures)
{
	struct attempt_row *row = snapshot_add_attempt(&stage->tick);

	row->source = source;
	row->account = account;
	row->count[OUTCOME_SUCCESS] = successes;
	row->count[OUTCOME_FAILURE] = failures;
	row->first_us = row->last_us = stage->now_us;
}

static const struct contact *collect(struct stage *stage)
{
	history_advance(stage->history, stage->now_us);
	contacts_collect(&stage->contacts, &stage->with, &stage->tick);
	snapshot_reset(&stage->tick);
	stage->now_us += US_PER_MINUTE;
	return stage->contacts.items;
}

static void an_old_password_from_where_the_account_was_opened_is_no_contact(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	login(&stage, "192.0.2.1", "ann@example.org", 1, 0);
	(void)collect(&stage);
	assert_int_equal(stage.contacts.count, 1);
	login(&stage, "192.0.2.99", "ann@example.org", 0, 7); /* the same network */
	(void)collect(&stage);
	assert_int_equal(stage.contacts.count, 0);
	login(&stage, "198.51.100.7", "ann@example.org", 0, 7);
	(void)collect(&stage);
	assert_int_equal(stage.contacts.count, 1);
	stage_close(&stage);
}

static void failures_come_before_successes_so_that_a_guess_and_its_hit_are_joined(void **state)
{
	const struct contact *contacts;
	struct stage stage;

	(void)state;
	stage_open(&stage);
	login(&stage, "198.51.100.7", "bob@example.org", 1, 0);
	login(&stage, "198.51.100.7", "ann@example.org", 0, 1);
	contacts = collect(&stage);
	assert_int_equal(stage.contacts.count, 2);
	assert_false(contacts[0].is_success);
	assert_true(contacts[1].is_success);
	assert_int_equal(contacts[1].failures_before, 1);
	stage_close(&stage);
}

static void classes_need_a_complete_list_for_names_that_do_not_exist(void **state)
{
	const struct contact *contacts;
	struct stage stage;

	(void)state;
	stage_open(&stage);
	login(&stage, "198.51.100.7", "nobody@example.org", 0, 1);
	assert_int_equal(collect(&stage)->class, CONTACT_BAD);
	history_set_complete(stage.history, true);
	history_add_account(stage.history, "old@example.org", ACCOUNT_DORMANT,
			    stage.now_us - 200 * US_PER_DAY);
	history_add_account(stage.history, "gone@example.org", ACCOUNT_CANCELLED, 0);
	login(&stage, "198.51.100.7", "no@example.org", 0, 1);
	login(&stage, "198.51.100.7", "gone@example.org", 0, 1);
	login(&stage, "198.51.100.7", "old@example.org", 1, 0);
	contacts = collect(&stage);
	assert_int_equal(contacts[0].class, CONTACT_UNKNOWN);
	assert_int_equal(contacts[1].class, CONTACT_CANCELLED);
	assert_int_equal(contacts[2].class, CONTACT_DORMANT);
	stage_close(&stage);
}

static void a_network_is_strange_until_two_accounts_were_opened_there(void **state)
{
	const struct contact *contacts;
	struct stage stage;

	(void)state;
	stage_open(&stage);
	login(&stage, "198.51.100.7", "ann@example.org", 1, 0);
	assert_true(collect(&stage)->is_strange);
	login(&stage, "198.51.100.7", "bob@example.org", 0, 1);
	assert_true(collect(&stage)->is_strange);
	login(&stage, "198.51.100.7", "bob@example.org", 1, 0);
	assert_true(collect(&stage)->is_strange);
	login(&stage, "198.51.100.7", "dan@example.org", 0, 1);
	contacts = collect(&stage);
	assert_false(contacts[0].is_strange);
	assert_true(contacts[0].is_newcomer && contacts[0].is_strange_vote);
	stage.now_us += 2 * US_PER_DAY;
	login(&stage, "198.51.100.7", "cat@example.org", 0, 1);
	assert_false(collect(&stage)->is_newcomer);
	stage_close(&stage);
}

static void a_network_is_known_to_one_account_in_the_second_week(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	login(&stage, "198.51.100.7", "ann@example.org", 1, 0);
	(void)collect(&stage);
	stage.now_us += 8 * US_PER_DAY;
	login(&stage, "198.51.100.7", "ann@example.org", 1, 0);
	(void)collect(&stage);
	login(&stage, "198.51.100.7", "bob@example.org", 0, 1);
	assert_false(collect(&stage)->is_strange);
	stage_close(&stage);
}

static void an_account_of_ones_own_makes_few_networks_known(void **state)
{
	struct stage stage;
	unsigned int known = 0;

	(void)state;
	stage_open(&stage);
	for (int weeks = 0; weeks < 2; weeks++, stage.now_us += 7 * US_PER_DAY)
		for (unsigned int i = 0; i < 600; i++) {
			char source[32];

			(void)snprintf(source, sizeof(source), "60.%u.%u.1", i / 250, i % 250);
			login(&stage, source, "mine@example.org", 1, 0);
			(void)collect(&stage);
		}
	for (unsigned int i = 0; i < 600; i++) {
		char source[32];

		(void)snprintf(source, sizeof(source), "60.%u.%u.1", i / 250, i % 250);
		login(&stage, source, "ann@example.org", 0, 1);
		known += !collect(&stage)->is_strange;
	}
	assert_in_range(known, 0, 40);
	stage_close(&stage);
}

static void invented_domains_create_no_tenants(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	login(&stage, "198.51.100.7", "ann@example.org", 1, 0);
	(void)collect(&stage);
	for (unsigned int i = 0; i < 300; i++) {
		char account[40];

		(void)snprintf(account, sizeof(account), "x@junk%u.invalid", i);
		login(&stage, "203.0.113.7", account, 0, 1);
		assert_null(collect(&stage)->normal);
	}
	assert_int_equal(history_tenants(stage.history), 1);
	stage_close(&stage);
}

static void who_was_never_opened_before_does_not_vote(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	history_add_account(stage.history, "new@example.org", ACCOUNT_ACTIVE, 0);
	history_add_account(stage.history, "old@example.org", ACCOUNT_ACTIVE, stage.now_us);
	history_set_complete(stage.history, true);
	login(&stage, "198.51.100.7", "new@example.org", 1, 0);
	assert_true(collect(&stage)->is_first_use);
	assert_false(stage.contacts.items[0].is_vote);
	login(&stage, "198.51.101.7", "old@example.org", 1, 0);
	assert_true(collect(&stage)->is_vote);
	stage_close(&stage);
}

static void where_many_share_an_address_failures_of_its_own_accounts_are_seen(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	for (unsigned int i = 0; i < 60; i++) {
		char account[40];

		(void)snprintf(account, sizeof(account), "u%u@example.org", i);
		login(&stage, "10.0.0.5", account, 1, 0);
		(void)collect(&stage);
	}
	login(&stage, "10.0.0.5", "u7@example.org", 0, 3);
	assert_true(collect(&stage)->is_known_pair);
	assert_false(stage.contacts.items[0].is_vote || stage.contacts.items[0].is_first);
	stage_close(&stage);
}

static void failures_of_a_network_are_one_vote_a_day(void **state)
{
	const struct contact *contacts;
	struct stage stage;

	(void)state;
	stage_open(&stage);
	history_note_tenant(stage.history, history_name(stage.history, "example.org"));
	login(&stage, "198.51.100.7", "ann@example.org", 0, 1);
	login(&stage, "198.51.100.7", "bob@example.org", 0, 1);
	contacts = collect(&stage);
	assert_true(contacts[0].is_vote);
	assert_false(contacts[1].is_vote);
	stage.now_us += US_PER_DAY;
	login(&stage, "198.51.100.7", "cat@example.org", 0, 1);
	assert_true(collect(&stage)->is_vote);
	stage_close(&stage);
}

static void a_forgotten_device_votes_once_wherever_it_polls_from(void **state)
{
	struct stage stage;
	char source[32];

	(void)state;
	stage_open(&stage);
	history_add_account(stage.history, "gone@example.org", ACCOUNT_CANCELLED, 0);
	history_add_account(stage.history, "gone2@example.org", ACCOUNT_CANCELLED, 0);
	history_note_tenant(stage.history, history_name(stage.history, "example.org"));
	for (unsigned int day = 0; day < 10; day++) {
		const struct contact *contact;

		snprintf(source, sizeof(source), "192.0.%u.1", day);
		login(&stage, source, "gone@example.org", 0, 1);
		contact = collect(&stage);
		assert_int_equal(contact->class, CONTACT_CANCELLED);
		assert_int_equal(contact->is_vote, day == 0);
		stage.now_us += US_PER_DAY;
	}
	login(&stage, "198.51.100.1", "gone2@example.org", 0, 1);
	assert_true(collect(&stage)->is_vote);
	stage_close(&stage);
}

/* Each of so many accounts, spread over eight tenants, from one address. */
static void log_in_all(struct stage *stage, unsigned int accounts, bool is_success)
{
	char account[64];

	for (unsigned int i = 0; i < accounts; i++) {
		(void)snprintf(account, sizeof(account), "user%u@tenant%u.example", i, i % 8);
		login(stage, "192.0.2.1", account, is_success, !is_success);
		(void)collect(stage);
	}
}

static bool votes_of_host(struct stage *stage, const char *account)
{
	login(stage, "198.51.100.9", account, 0, 1);
	(void)collect(stage);
	assert_int_equal(stage->contacts.n_of_host, 1);
	return stage->contacts.of_host[0].is_vote;
}

static void when_all_tenants_change_passwords_wrong_ones_are_no_votes(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	log_in_all(&stage, 80, true);
	stage.now_us += US_PER_HOUR;
	log_in_all(&stage, 70, false);
	assert_false(votes_of_host(&stage, "user75@tenant3.example"));
	stage_close(&stage);
}

static void one_account_at_many_places_makes_no_such_time(void **state)
{
	struct stage stage;

	(void)state;
	stage_open(&stage);
	log_in_all(&stage, 80, true);
	for (unsigned int i = 0; i < 120; i++) {
		char source[32];

		(void)snprintf(source, sizeof(source), "203.0.%u.1", i % 60);
		login(&stage, source, "user0@tenant0.example", i < 60, i >= 60);
		(void)collect(&stage);
	}
	assert_true(votes_of_host(&stage, "user75@tenant3.example"));
	stage_close(&stage);
}

static void an_ipv6_client_is_its_64(void **state)
{
	struct history *history = history_new(1000);
	struct address one = address_parse("2001:db8:1:2::1"),
		       same = address_parse("2001:db8:1:2:9::7");
	struct address other = address_parse("2001:db8:1:3::1");

	(void)state;
	assert_true(contact_client_prefix(history, &one) == contact_client_prefix(history, &same));
	assert_true(contact_client_prefix(history, &one) != contact_client_prefix(history, &other));
	one = address_parse("192.0.2.1");
	other = address_parse("192.0.2.2");
	assert_true(contact_client_prefix(history, &one) != contact_client_prefix(history, &other));
	history_free(history);
}

static void behind_a_trusted_address_are_many_people(void **state)
{
	struct network_list trusted = {0};
	struct network_range range;
	const struct contact *contacts;
	struct stage stage;

	(void)state;
	stage_open(&stage);
	assert_int_equal(network_range_parse("192.0.2.0/24", &range), 0);
	network_list_add(&trusted, &range);
	stage.with.trusted = &trusted;
	login(&stage, "192.0.2.1", "ann@example.org", 0, 1);
	login(&stage, "192.0.2.1", "bob@example.org", 1, 0);
	login(&stage, "198.51.100.7", "ann@example.org", 0, 1);
	contacts = collect(&stage);
	assert_int_equal(stage.contacts.count, 3);
	assert_true(contacts[0].is_trusted && !contacts[0].score && !contacts[0].is_strange);
	assert_true(!contacts[1].is_trusted && contacts[1].score);
	assert_true(contacts[2].is_trusted && contacts[2].failures_before == 0);
	stage_close(&stage);
	network_list_done(&trusted);
}

static void an_owner_comes_from_where_his_provider_is(void **state)
{
	const struct contact *contacts;
	struct stage stage;

	(void)state;
	stage_open(&stage);
	history_add_seen(stage.history, "ann@example.org", stage.now_us);
	login(&stage, "198.51.100.7", "ann@example.org", 1, 0);
	(void)collect(&stage);
	login(&stage, "198.18.9.9", "ann@example.org", 1, 0);
	login(&stage, "203.0.113.9", "ann@example.org", 1, 0);
	login(&stage, "10.0.0.9", "ann@example.org", 1, 0);
	contacts = collect(&stage);
	assert_true(contacts[0].is_near && !contacts[0].is_far);
	assert_true(!contacts[1].is_near && contacts[1].is_far);
	assert_false(contacts[2].is_near);
	/* After two months it may be anybody's. */
	stage.now_us += 60 * US_PER_DAY;
	login(&stage, "198.18.77.9", "ann@example.org", 1, 0);
	assert_true(collect(&stage)->is_far);
	stage_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_old_password_from_where_the_account_was_opened_is_no_contact),
		cmocka_unit_test(
			failures_come_before_successes_so_that_a_guess_and_its_hit_are_joined),
		cmocka_unit_test(classes_need_a_complete_list_for_names_that_do_not_exist),
		cmocka_unit_test(a_network_is_strange_until_two_accounts_were_opened_there),
		cmocka_unit_test(a_network_is_known_to_one_account_in_the_second_week),
		cmocka_unit_test(an_account_of_ones_own_makes_few_networks_known),
		cmocka_unit_test(invented_domains_create_no_tenants),
		cmocka_unit_test(who_was_never_opened_before_does_not_vote),
		cmocka_unit_test(
			where_many_share_an_address_failures_of_its_own_accounts_are_seen),
		cmocka_unit_test(failures_of_a_network_are_one_vote_a_day),
		cmocka_unit_test(a_forgotten_device_votes_once_wherever_it_polls_from),
		cmocka_unit_test(when_all_tenants_change_passwords_wrong_ones_are_no_votes),
		cmocka_unit_test(one_account_at_many_places_makes_no_such_time),
		cmocka_unit_test(an_ipv6_client_is_its_64),
		cmocka_unit_test(an_owner_comes_from_where_his_provider_is),
		cmocka_unit_test(behind_a_trusted_address_are_many_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
