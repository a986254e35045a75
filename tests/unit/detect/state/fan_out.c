/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In how many mailboxes a listed helper reads within an hour. */
#include "unit/detect/scene.h"

#include "detect/state/fan_out.h"

/* The helper reads so many mailboxes now; what fan_out says of the last one that is news. */
static uint32_t read_mailboxes(struct fan_out *fan_out, struct history *history, int64_t now_us,
			       unsigned int count, double *ret_highest)
{
	const struct detector_input input = {.history = history, .now_us = now_us};
	uint32_t news = 0;

	for (unsigned int i = 0; i < count; i++) {
		const struct read_row row = {.actor = "/usr/bin/rsync",
					     .account = scene_name("user", i),
					     .first_us = now_us,
					     .last_us = now_us};
		uint32_t mailboxes = fan_out_observe(fan_out, &input, &row, 3, 50, ret_highest);

		if (mailboxes)
			news = mailboxes;
	}
	return news;
}

static void far_more_than_in_any_hour_before_is_news_once_an_hour(void **state)
{
	struct history *history = history_new(1000);
	struct fan_out fan_out;
	double highest = 0;

	(void)state;
	fan_out_init(&fan_out);
	for (int hour = 0; hour < 4 * 24; hour++)
		assert_int_equal(read_mailboxes(&fan_out, history, SCENE_START + hour * US_PER_HOUR,
						30, &highest),
				 0);
	assert_int_equal(
		read_mailboxes(&fan_out, history, SCENE_START + 4 * US_PER_DAY, 200, &highest), 91);
	assert_true(highest == 30);
	assert_int_equal(
		read_mailboxes(&fan_out, history, SCENE_START + 4 * US_PER_DAY, 300, &highest), 0);
	fan_out_done(&fan_out);
	history_free(history);
}

static void a_new_helper_has_three_days(void **state)
{
	struct history *history = history_new(1000);
	struct fan_out fan_out;
	double highest;

	(void)state;
	fan_out_init(&fan_out);
	assert_int_equal(read_mailboxes(&fan_out, history, SCENE_START, 500, &highest), 0);
	fan_out_done(&fan_out);
	history_free(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(far_more_than_in_any_hour_before_is_news_once_an_hour),
		cmocka_unit_test(a_new_helper_has_three_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
