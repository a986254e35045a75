/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store that is read a little faster than logins explain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>

#include "base/time.h"
#include "detect/stats/byte_cusum.h"

#define TICK_US (30 * US_PER_SECOND)

struct play {
	struct byte_cusum cusum;
	int64_t now_us;
	unsigned int n;
};

/* One tick with some logins of 300 bytes, and so many bytes more. */
static bool play_tick(struct play *play, double more, struct byte_cusum_verdict *ret)
{
	unsigned int logins = play->n++ * 2654435761U >> 29;
	const struct byte_cusum_tick tick = {.bytes = 300.0 * logins + more,
					     .logins = logins,
					     .threshold = 15,
					     .now_us = play->now_us};

	play->now_us += TICK_US;
	return byte_cusum_add(&play->cusum, &tick, ret);
}

static struct play four_usual_days(void)
{
	struct play play = {.now_us = 20000 * US_PER_DAY};
	struct byte_cusum_verdict verdict;

	for (int i = 0; i < 4 * 24 * 120; i++)
		assert_false(play_tick(&play, i * 2246822519U >> 24, &verdict));
	return play;
}

static void what_a_login_costs_and_what_is_read_without_one_is_learnt(void **state)
{
	struct play play = four_usual_days();

	(void)state;
	assert_float_equal(play.cusum.covariance / play.cusum.variance, 300, 20);
	assert_float_equal(byte_cusum_rest(&play.cusum, play.now_us), 128 / 30.0, 2);
}

static void a_slow_dump_is_seen_with_about_its_bytes(void **state)
{
	struct play play = four_usual_days();
	struct byte_cusum_verdict verdict;
	int ticks = 0;

	(void)state;
	while (ticks++ < 2000 && !play_tick(&play, 128 + 500 * 30, &verdict))
		;
	assert_in_range(ticks, 2, 200);
	assert_true(verdict.nats >= verdict.threshold);
	assert_true(verdict.bytes > 1000 && verdict.bytes <= ticks * 500 * 30.0);
}

static void one_big_read_is_none(void **state)
{
	struct play play = four_usual_days();
	struct byte_cusum_verdict verdict;

	(void)state;
	assert_false(play_tick(&play, 1e8, &verdict));
	for (int i = 0; i < 100; i++)
		assert_false(play_tick(&play, 128, &verdict));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_login_costs_and_what_is_read_without_one_is_learnt),
		cmocka_unit_test(a_slow_dump_is_seen_with_about_its_bytes),
		cmocka_unit_test(one_big_read_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
