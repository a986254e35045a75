/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contacts of a made-up tenant, drawn by chance that is the same each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "base/time.h"
#include "detect/stats/arrival_cusum.h"

#define MOST 60

static const double usual[CONTACT_MAX] = {35, .1, 6, 8, .6}; /* per hour */

struct play {
	struct arrival_cusum arrival_cusum;
	uint64_t dice;
	double now_us;
};

static double chance(struct play *play)
{
	play->dice = play->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(play->dice >> 11) * 0x1p-53;
}

static void add(struct play *play, const double *per_hour, enum contact_class class, double factor)
{
	const struct arrival_cusum_event event = {per_hour[class], class, factor, (int64_t)play->now_us};

	arrival_cusum_add(&play->arrival_cusum, &event, MOST);
}

/* One contact of a Poisson process with these rates. */
static void meet(struct play *play, const double *per_hour)
{
	double sum = 0, at;
	int class = 0;

	for (int c = 0; c < CONTACT_MAX; c++)
		sum += per_hour[c];
	play->now_us += -log(1 - chance(play)) / sum * US_PER_HOUR;
	at = chance(play) * sum;
	while (class < CONTACT_MAX - 1 && at > per_hour[class])
		at -= per_hour[class++];
	add(play, usual, (enum contact_class)class, 1);
}

static double nats(const struct play *play)
{
	const struct arrival_cusum_cell *all = &play->arrival_cusum.cells[0][0];
	double most = 0;

	for (int i = 0; i < LIST_MAX * ARRIVAL_CUSUM_SPEEDS; i++)
		most = fmax(most, all[i].nats);
	return most;
}

static struct play begin(void)
{
	return (struct play){.dice = 1, .now_us = 1e15};
}

static void what_is_usual_raises_no_alarm(void **state)
{
	struct play play = begin();
	double highest = 0;

	(void)state;
	for (unsigned int i = 0; i < 300000; i++) {
		meet(&play, usual);
		highest = fmax(highest, nats(&play));
	}
	assert_true(highest < log(300000));
}

static void a_third_more_of_everything_is_still_usual(void **state)
{
	double more[CONTACT_MAX], highest = 0;
	struct play play = begin();

	(void)state;
	for (int c = 0; c < CONTACT_MAX; c++)
		more[c] = usual[c] * 4 / 3;
	for (unsigned int i = 0; i < 100000; i++) {
		meet(&play, more);
		highest = fmax(highest, nats(&play));
	}
	assert_true(highest < log(100000) + 2.3);
}

static unsigned int contacts_until(double threshold, enum list_kind list, double speed)
{
	struct play play = begin();
	double per_hour[CONTACT_MAX];
	unsigned int contacts = 0;

	for (int c = 0; c < CONTACT_MAX; c++)
		per_hour[c] = usual[c] + speed * evidence_share(list, c);
	while (nats(&play) < threshold && contacts < 10000) {
		meet(&play, per_hour);
		contacts++;
	}
	return contacts;
}

static void lists_are_found_at_any_speed(void **state)
{
	(void)state;
	assert_in_range(contacts_until(16, LIST_OWN, 60), 3, 40);
	assert_in_range(contacts_until(16, LIST_OWN, 300), 3, 20);
	assert_in_range(contacts_until(16, LIST_OUTSIDE, 60), 3, 100);
	assert_in_range(contacts_until(16, LIST_OUTSIDE, 1000), 3, 20);
}

static void a_quiet_hour_takes_back_what_was_held_against_a_fast_list(void **state)
{
	struct play play = begin();

	(void)state;
	for (unsigned int i = 0; i < 40; i++) {
		play.now_us += US_PER_SECOND;
		add(&play, usual, CONTACT_CANCELLED, 1);
	}
	assert_true(nats(&play) > 16);
	play.now_us += 8.0 * US_PER_HOUR;
	add(&play, usual, CONTACT_ACTIVE, 1);
	assert_true(nats(&play) < 1);
}

static void an_hour_of_which_nothing_is_known_adds_nothing(void **state)
{
	const double unknown[CONTACT_MAX] = {INFINITY, INFINITY, INFINITY, INFINITY, INFINITY};
	struct play play = begin();

	(void)state;
	for (unsigned int i = 0; i < 1000; i++)
		add(&play, unknown, CONTACT_UNKNOWN, 1);
	assert_true(nats(&play) == 0);
}

static void what_is_learnt_later_counts_as_if_it_had_been_known(void **state)
{
	struct arrival_cusum_event event = {usual[CONTACT_ACTIVE], CONTACT_ACTIVE, .5, 0};
	struct play early = begin(), late = begin();

	(void)state;
	event.time_us = (int64_t)late.now_us;
	add(&early, usual, CONTACT_ACTIVE, 40);
	arrival_cusum_add(&late.arrival_cusum, &event, MOST);
	assert_true(nats(&late) < nats(&early));
	arrival_cusum_revise(&late.arrival_cusum, &event, 40, MOST, (int64_t)late.now_us);
	assert_true(fabs(nats(&late) - nats(&early)) < .001);
}

static void what_is_learnt_of_an_event_before_the_sum_began_is_nothing(void **state)
{
	const struct arrival_cusum_event event = {usual[CONTACT_ACTIVE], CONTACT_ACTIVE, .5,
					   (int64_t)1e15 - US_PER_DAY};
	struct play play = begin();
	double before;

	(void)state;
	add(&play, usual, CONTACT_CANCELLED, 1);
	before = nats(&play);
	arrival_cusum_revise(&play.arrival_cusum, &event, 40, MOST, (int64_t)play.now_us);
	assert_true(nats(&play) == before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_usual_raises_no_alarm),
		cmocka_unit_test(a_third_more_of_everything_is_still_usual),
		cmocka_unit_test(lists_are_found_at_any_speed),
		cmocka_unit_test(a_quiet_hour_takes_back_what_was_held_against_a_fast_list),
		cmocka_unit_test(an_hour_of_which_nothing_is_known_adds_nothing),
		cmocka_unit_test(what_is_learnt_later_counts_as_if_it_had_been_known),
		cmocka_unit_test(what_is_learnt_of_an_event_before_the_sum_began_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
