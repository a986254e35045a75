/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accounts that fail from networks which never opened them. */
#include "unit/detect/scene.h"

#include "detect/state/attacked.h"

static struct attacked_account *add_failures(struct attacked *attacked, uint64_t network,
					     bool is_strange, uint64_t failures, int64_t now_us)
{
	const struct attempt_row row = {.first_us = now_us, .last_us = now_us};
	const struct contact contact = {.row = &row,
					.account = 1,
					.network = network,
					.class = CONTACT_BAD,
					.failures = failures,
					.is_first = true,
					.is_strange = is_strange,
					.is_local = !is_strange};

	return attacked_add(attacked, &contact);
}

static void quick_failures_add_up_and_time_takes_them_away(void **state)
{
	struct attacked_account *account;
	struct attacked attacked;

	(void)state;
	attacked_init(&attacked);
	account = add_failures(&attacked, 7, true, 29, SCENE_START);
	assert_true(account->nats >= attacked_threshold(account));
	account = add_failures(&attacked, 7, true, 1, SCENE_START + 20 * US_PER_MINUTE);
	assert_true(account->nats < 2);
	assert_int_equal(account->failures, 30);
	attacked_done(&attacked);
}

static void one_known_network_alone_has_a_higher_threshold(void **state)
{
	struct attacked_account *account;
	struct attacked attacked;

	(void)state;
	attacked_init(&attacked);
	account = add_failures(&attacked, 7, false, 29, SCENE_START);
	assert_true(account->nats < attacked_threshold(account));
	account = add_failures(&attacked, 8, false, 1, SCENE_START);
	assert_float_equal(attacked_threshold(account), ATTACKED_NATS, 1e-9);
	attacked_done(&attacked);
}

static void known_networks_count_a_third(void **state)
{
	struct attacked_account *account = NULL;
	struct attacked attacked;

	(void)state;
	attacked_init(&attacked);
	for (uint64_t network = 1; network <= 6; network++)
		account = add_failures(&attacked, network, network % 2, 1, SCENE_START);
	assert_float_equal(account->networks, 3 + 3 * .34, 1e-9);
	assert_int_equal(account->distinct, 6);
	attacked_done(&attacked);
}

static void after_a_quiet_day_it_begins_anew(void **state)
{
	struct attacked_account *account;
	struct attacked attacked;

	(void)state;
	attacked_init(&attacked);
	(void)add_failures(&attacked, 7, true, 20, SCENE_START);
	account = add_failures(&attacked, 8, true, 1, SCENE_START + 2 * US_PER_DAY);
	assert_int_equal(account->failures, 1);
	assert_int_equal(account->network, 8);
	attacked_forget(&attacked, 1);
	assert_null(attacked_find(&attacked, 1));
	attacked_done(&attacked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quick_failures_add_up_and_time_takes_them_away),
		cmocka_unit_test(one_known_network_alone_has_a_higher_threshold),
		cmocka_unit_test(known_networks_count_a_third),
		cmocka_unit_test(after_a_quiet_day_it_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
