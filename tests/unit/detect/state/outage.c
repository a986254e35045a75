/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everybody fails, or only some. */
#include "unit/detect/scene.h"

#include "detect/state/outage.h"

/* In a minute, a tick a second. */
static bool play(struct outage *outage, int64_t *now_us, unsigned int succeed, unsigned int fail,
		 unsigned int networks)
{
	for (unsigned int second = 0; second < 60; second++) {
		*now_us += US_PER_SECOND;
		outage_advance(outage, *now_us);
		for (unsigned int i = 0; i < succeed; i++)
			outage_note_success(outage);
		for (unsigned int i = 0; i < fail; i++)
			outage_note_failure(outage, (second + i) % networks);
	}
	return outage_is_on(outage);
}

static void everybody_fails_and_then_nobody(void **state)
{
	struct outage outage = {0};
	int64_t now_us = SCENE_START;

	(void)state;
	assert_false(play(&outage, &now_us, 3, 0, 1));
	assert_true(play(&outage, &now_us, 0, 3, 60));
	assert_true(play(&outage, &now_us, 0, 1, 60));
	assert_false(play(&outage, &now_us, 3, 0, 1));
}

static void some_who_fail_are_none(void **state)
{
	struct outage outage = {0};
	int64_t now_us = SCENE_START;

	(void)state;
	assert_false(play(&outage, &now_us, 2, 3, 60)); /* a tenant changes its passwords */
	assert_false(play(&outage, &now_us, 2, 0, 1));
	for (int minute = 0; minute < 5; minute++)
		assert_false(play(&outage, &now_us, 0, 0, 1));
	assert_false(play(&outage, &now_us, 0, 5, 3)); /* one who has owners' networks, a few */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_fails_and_then_nobody),
		cmocka_unit_test(some_who_fail_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
