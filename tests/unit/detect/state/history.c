/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of the past, told by lists, mail directories and old counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/time.h"
#include "detect/state/history.h"

#define NOW_US INT64_C(1782864000000000)

static struct history *remember(void)
{
	struct history *history = history_new(1000);

	history_advance(history, NOW_US);
	return history;
}

static enum account_state state_of(const struct history *history, const char *account)
{
	return history_account(history, history_name(history, account));
}

static enum pair_state pair_of(const struct history *history, const char *source,
			       const char *account)
{
	struct address address = address_parse(source), network = network_of(&address);

	return history_pair(history, history_join(history_hash(history, &network, sizeof(network)),
						  history_name(history, account)));
}

static void a_seen_account_is_as_old_as_its_last_login(void **state)
{
	struct history *history = remember();

	(void)state;
	assert_int_equal(state_of(history, "ann@example.org"), ACCOUNT_UNSEEN);
	history_add_seen(history, "ann@example.org", NOW_US - 200 * US_PER_DAY);
	assert_int_equal(state_of(history, "ann@example.org"), ACCOUNT_DORMANT);
	history_add_seen(history, "ann@example.org", NOW_US - 3 * US_PER_DAY);
	assert_int_equal(state_of(history, "ann@example.org"), ACCOUNT_ACTIVE);
	history_free(history);
}

static void the_later_login_stands(void **state)
{
	struct history *history = remember();

	(void)state;
	history_add_seen(history, "ann@example.org", NOW_US - 3 * US_PER_DAY);
	history_add_seen(history, "ann@example.org", NOW_US - 200 * US_PER_DAY);
	history_add_account(history, "ann@example.org", ACCOUNT_ACTIVE, 0);
	assert_int_equal(state_of(history, "ann@example.org"), ACCOUNT_ACTIVE);
	/* one ahead of the clock is not taken for ancient */
	history_add_seen(history, "bob@example.org", NOW_US + 30 * US_PER_DAY);
	history_add_seen(history, "bob@example.org", NOW_US - 200 * US_PER_DAY);
	assert_int_equal(state_of(history, "bob@example.org"), ACCOUNT_ACTIVE);
	history_free(history);
}

static void neither_a_directory_nor_a_login_overrules_a_list(void **state)
{
	struct history *history = remember();

	(void)state;
	history_add_account(history, "bait@example.org", ACCOUNT_HONEY, 0);
	history_add_account(history, "gone@example.org", ACCOUNT_CANCELLED, 0);
	history_add_seen(history, "bait@example.org", NOW_US);
	history_add_seen(history, "gone@example.org", NOW_US);
	history_note_success(history, 1, history_name(history, "bait@example.org"));
	history_note_success(history, 2, history_name(history, "gone@example.org"));
	assert_int_equal(state_of(history, "bait@example.org"), ACCOUNT_HONEY);
	assert_int_equal(state_of(history, "gone@example.org"), ACCOUNT_CANCELLED);
	history_free(history);
}

static void a_list_that_is_told_anew_forgets_what_it_no_longer_says(void **state)
{
	struct history *history = remember();

	(void)state;
	history_add_account(history, "bait@example.org", ACCOUNT_HONEY, 0);
	history_add_account(history, "gone@example.org", ACCOUNT_CANCELLED, 0);
	history_add_account(history, "back@example.org", ACCOUNT_CANCELLED, 0);
	history_begin_list(history);
	assert_int_equal(state_of(history, "bait@example.org"), ACCOUNT_HONEY);
	assert_int_equal(state_of(history, "gone@example.org"), ACCOUNT_CANCELLED);
	history_add_account(history, "bait@example.org", ACCOUNT_HONEY, 0);
	history_add_account(history, "back@example.org", ACCOUNT_ACTIVE, NOW_US - US_PER_DAY);
	history_end_list(history);
	assert_int_equal(state_of(history, "bait@example.org"), ACCOUNT_HONEY);
	assert_int_equal(state_of(history, "gone@example.org"), ACCOUNT_DORMANT);
	assert_int_equal(state_of(history, "back@example.org"), ACCOUNT_ACTIVE);
	history_free(history);
}

static void old_counts_make_pairs_and_networks_known(void **state)
{
	struct address home = address_parse("192.0.2.7"), old = address_parse("198.51.100.7");
	struct history *history = remember();
	struct address network = network_of(&home);
	uint64_t at_tenant = history_join(history_hash(history, &network, sizeof(network)),
					  history_name(history, "example.org"));

	(void)state;
	history_add_pair(history, "ann@example.org", &home, NOW_US - 30 * US_PER_DAY,
			 NOW_US - 9 * US_PER_DAY);
	history_add_pair(history, "bob@example.org", &home, NOW_US - US_PER_HOUR,
			 NOW_US - US_PER_HOUR);
	history_add_pair(history, "cat@example.org", &old, NOW_US - 90 * US_PER_DAY,
			 NOW_US - 60 * US_PER_DAY);
	assert_int_equal(pair_of(history, "192.0.2.200", "ann@example.org"), PAIR_KNOWN);
	assert_int_equal(pair_of(history, "192.0.2.7", "bob@example.org"), PAIR_FRESH);
	assert_int_equal(pair_of(history, "198.51.100.7", "cat@example.org"), PAIR_NEW);
	assert_int_equal(pair_of(history, "192.0.2.7", "cat@example.org"), PAIR_NEW);
	assert_true(history_has_network(history, at_tenant));
	history_advance(history, NOW_US + 2 * US_PER_DAY);
	assert_int_equal(pair_of(history, "192.0.2.7", "bob@example.org"), PAIR_KNOWN);
	history_free(history);
}

static void more_accounts_than_there_is_room_for_are_counted(void **state)
{
	struct history *history = remember();
	char name[32];

	(void)state;
	assert_int_equal(history_accounts_lost(history), 0);
	for (int i = 0; i < 80000; i++) {
		snprintf(name, sizeof(name), "u%d@example.org", i);
		history_add_seen(history, name, NOW_US);
	}
	assert_true(history_accounts_lost(history) > 0);
	/* a few share a fingerprint and are one */
	assert_in_range(history_accounts(history) + history_accounts_lost(history), 79900, 80000);
	history_free(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seen_account_is_as_old_as_its_last_login),
		cmocka_unit_test(the_later_login_stands),
		cmocka_unit_test(neither_a_directory_nor_a_login_overrules_a_list),
		cmocka_unit_test(a_list_that_is_told_anew_forgets_what_it_no_longer_says),
		cmocka_unit_test(old_counts_make_pairs_and_networks_known),
		cmocka_unit_test(more_accounts_than_there_is_room_for_are_counted),
	};

	return cmocka_run_group_tests_name("detect/state/history", tests, NULL, NULL);
}
