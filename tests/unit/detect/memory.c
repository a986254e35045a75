/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is known of the past, told by lists, mail directories and old counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/time.h"
#include "detect/memory.h"

#define NOW_US INT64_C(1782864000000000)

static struct memory *remember(void)
{
	struct memory *memory = memory_new(1000);

	memory_advance(memory, NOW_US);
	return memory;
}

static enum account_state state_of(const struct memory *memory, const char *account)
{
	return memory_account(memory, memory_name(memory, account));
}

static enum pair_state pair_of(const struct memory *memory, const char *source, const char *account)
{
	struct address address = address_parse(source), network = network_of(&address);

	return memory_pair(memory, memory_join(memory_hash(memory, &network, sizeof(network)),
					       memory_name(memory, account)));
}

static void a_seen_account_is_as_old_as_its_last_login(void **state)
{
	struct memory *memory = remember();

	(void)state;
	assert_int_equal(state_of(memory, "ann@example.org"), ACCOUNT_UNSEEN);
	memory_add_seen(memory, "ann@example.org", NOW_US - 200 * US_PER_DAY);
	assert_int_equal(state_of(memory, "ann@example.org"), ACCOUNT_DORMANT);
	memory_add_seen(memory, "ann@example.org", NOW_US - 3 * US_PER_DAY);
	assert_int_equal(state_of(memory, "ann@example.org"), ACCOUNT_ACTIVE);
	memory_free(memory);
}

static void the_later_login_stands(void **state)
{
	struct memory *memory = remember();

	(void)state;
	memory_add_seen(memory, "ann@example.org", NOW_US - 3 * US_PER_DAY);
	memory_add_seen(memory, "ann@example.org", NOW_US - 200 * US_PER_DAY);
	memory_add_account(memory, "ann@example.org", ACCOUNT_ACTIVE, 0);
	assert_int_equal(state_of(memory, "ann@example.org"), ACCOUNT_ACTIVE);
	/* one ahead of the clock is not taken for ancient */
	memory_add_seen(memory, "bob@example.org", NOW_US + 30 * US_PER_DAY);
	memory_add_seen(memory, "bob@example.org", NOW_US - 200 * US_PER_DAY);
	assert_int_equal(state_of(memory, "bob@example.org"), ACCOUNT_ACTIVE);
	memory_free(memory);
}

static void neither_a_directory_nor_a_login_overrules_a_list(void **state)
{
	struct memory *memory = remember();

	(void)state;
	memory_add_account(memory, "bait@example.org", ACCOUNT_HONEY, 0);
	memory_add_account(memory, "gone@example.org", ACCOUNT_CANCELLED, 0);
	memory_add_seen(memory, "bait@example.org", NOW_US);
	memory_add_seen(memory, "gone@example.org", NOW_US);
	memory_note_success(memory, 1, memory_name(memory, "bait@example.org"));
	memory_note_success(memory, 2, memory_name(memory, "gone@example.org"));
	assert_int_equal(state_of(memory, "bait@example.org"), ACCOUNT_HONEY);
	assert_int_equal(state_of(memory, "gone@example.org"), ACCOUNT_CANCELLED);
	memory_free(memory);
}

static void a_list_that_is_told_anew_forgets_what_it_no_longer_says(void **state)
{
	struct memory *memory = remember();

	(void)state;
	memory_add_account(memory, "bait@example.org", ACCOUNT_HONEY, 0);
	memory_add_account(memory, "gone@example.org", ACCOUNT_CANCELLED, 0);
	memory_add_account(memory, "back@example.org", ACCOUNT_CANCELLED, 0);
	memory_begin_list(memory);
	assert_int_equal(state_of(memory, "bait@example.org"), ACCOUNT_HONEY);
	assert_int_equal(state_of(memory, "gone@example.org"), ACCOUNT_CANCELLED);
	memory_add_account(memory, "bait@example.org", ACCOUNT_HONEY, 0);
	memory_add_account(memory, "back@example.org", ACCOUNT_ACTIVE, NOW_US - US_PER_DAY);
	memory_end_list(memory);
	assert_int_equal(state_of(memory, "bait@example.org"), ACCOUNT_HONEY);
	assert_int_equal(state_of(memory, "gone@example.org"), ACCOUNT_DORMANT);
	assert_int_equal(state_of(memory, "back@example.org"), ACCOUNT_ACTIVE);
	memory_free(memory);
}

static void old_counts_make_pairs_and_networks_known(void **state)
{
	struct address home = address_parse("192.0.2.7"), old = address_parse("198.51.100.7");
	struct memory *memory = remember();
	struct address network = network_of(&home);
	uint64_t at_tenant = memory_join(memory_hash(memory, &network, sizeof(network)),
					 memory_name(memory, "example.org"));

	(void)state;
	memory_add_pair(memory, "ann@example.org", &home, NOW_US - 30 * US_PER_DAY,
			NOW_US - 9 * US_PER_DAY);
	memory_add_pair(memory, "bob@example.org", &home, NOW_US - US_PER_HOUR,
			NOW_US - US_PER_HOUR);
	memory_add_pair(memory, "cat@example.org", &old, NOW_US - 90 * US_PER_DAY,
			NOW_US - 60 * US_PER_DAY);
	assert_int_equal(pair_of(memory, "192.0.2.200", "ann@example.org"), PAIR_KNOWN);
	assert_int_equal(pair_of(memory, "192.0.2.7", "bob@example.org"), PAIR_FRESH);
	assert_int_equal(pair_of(memory, "198.51.100.7", "cat@example.org"), PAIR_NEW);
	assert_int_equal(pair_of(memory, "192.0.2.7", "cat@example.org"), PAIR_NEW);
	assert_true(memory_has_network(memory, at_tenant));
	memory_advance(memory, NOW_US + 2 * US_PER_DAY);
	assert_int_equal(pair_of(memory, "192.0.2.7", "bob@example.org"), PAIR_KNOWN);
	memory_free(memory);
}

static void more_accounts_than_there_is_room_for_are_counted(void **state)
{
	struct memory *memory = remember();
	char name[32];

	(void)state;
	assert_int_equal(memory_accounts_lost(memory), 0);
	for (int i = 0; i < 80000; i++) {
		snprintf(name, sizeof(name), "u%d@example.org", i);
		memory_add_seen(memory, name, NOW_US);
	}
	assert_true(memory_accounts_lost(memory) > 0);
	/* a few share a fingerprint and are one */
	assert_in_range(memory_accounts(memory) + memory_accounts_lost(memory), 79900, 80000);
	memory_free(memory);
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

	return cmocka_run_group_tests_name("detect/memory", tests, NULL, NULL);
}
