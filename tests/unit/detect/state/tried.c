/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forgotten devices, and machines that return. */
#include "unit/detect/scene.h"

#include "detect/state/tried.h"

static struct contact failure(struct history *history, struct attempt_row *row, uint64_t network,
			      int64_t time_us)
{
	row->last_us = time_us;
	history_advance(history, time_us);
	return (struct contact){.row = row,
				.network = network,
				.account = 77,
				.tenant = 5,
				.class = CONTACT_CANCELLED};
}

static void a_device_is_forgotten_from_its_second_try_on(void **state)
{
	struct history *history = history_new(1000);
	const struct contact_context with = {.history = history};
	struct attempt_row row = {0};

	(void)state;
	for (unsigned int day = 0; day < 20; day++) {
		struct contact contact = failure(history, &row, 100 + day,
						 SCENE_START + day * US_PER_DAY);

		assert_int_equal(tried_is_forgotten_device(&with, &contact), day > 0);
		contact.class = CONTACT_BAD;
		assert_false(tried_is_forgotten_device(&with, &contact));
	}
	history_free(history);
}

static void a_network_returns_on_another_day_only(void **state)
{
	struct history *history = history_new(1000);
	const struct contact_context with = {.history = history};
	struct attempt_row row = {0};
	struct contact contact;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		contact = failure(history, &row, 9, SCENE_START + i);
		assert_false(tried_is_returning(&with, &contact));
	}
	contact = failure(history, &row, 9, SCENE_START + 2 * US_PER_DAY);
	assert_true(tried_is_returning(&with, &contact));
	contact = failure(history, &row, 8, SCENE_START + 2 * US_PER_DAY);
	assert_false(tried_is_returning(&with, &contact));
	contact = failure(history, &row, 9, SCENE_START + 9 * US_PER_DAY);
	assert_false(tried_is_returning(&with, &contact));
	history_free(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_forgotten_from_its_second_try_on),
		cmocka_unit_test(a_network_returns_on_another_day_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
