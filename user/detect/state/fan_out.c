/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The highest hour of each day is remembered, and fades. An hour that was told of teaches no more
 * than what was still allowed: who reads more and more is told of each time.
 */
#include "detect/state/fan_out.h"

#include <math.h>

#include "base/time.h"

#define PROGRAMS 256
#define MAILBOXES 65536
#define FADE 0.95		  /* per day */
#define KNOWN_US (3 * US_PER_DAY) /* before, its habits are not known */

struct helper {
	int64_t hour, since_us;
	uint32_t now;
	bool is_told;	/* in this hour */
	double allowed; /* what this hour may teach, when it was told of */
	double today, highest;
};

void fan_out_init(struct fan_out *fan_out)
{
	fan_out->programs =
		table_new(sizeof(uint64_t), sizeof(struct helper), PROGRAMS, NULL, NULL);
	fan_out->seen = table_new(sizeof(uint64_t), 0, MAILBOXES, NULL, NULL);
}

void fan_out_done(struct fan_out *fan_out)
{
	table_free(fan_out->programs);
	table_free(fan_out->seen);
}

void fan_out_serialize(struct fan_out *fan_out, struct serializer *serializer)
{
	serializer_table(serializer, fan_out->programs, sizeof(uint64_t), sizeof(struct helper),
			 NULL);
	serializer_table(serializer, fan_out->seen, sizeof(uint64_t), 0, NULL);
}

static void fan_out_turn_hour(struct helper *helper, int64_t now_us)
{
	int64_t hour = now_us / US_PER_HOUR, days = hour / 24 - helper->hour / 24;

	if (!helper->since_us)
		helper->since_us = now_us;
	if (hour <= helper->hour && helper->hour - hour < 24)
		return;
	helper->today = fmax(helper->today, helper->allowed > 0 ? fmin(helper->now, helper->allowed)
								: helper->now);
	helper->allowed = 0;
	if (days > 0) {
		helper->highest = fmax(helper->highest * pow(FADE, (double)days), helper->today);
		helper->today = 0;
	}
	helper->hour = hour;
	helper->now = 0;
	helper->is_told = false;
}

void fan_out_spoil(struct fan_out *fan_out, const struct detector_input *input,
		   const struct read_row *row)
{
	uint64_t actor = history_name(input->history, row->actor);
	struct helper *helper = table_touch(fan_out->programs, &actor, NULL);
	double highest;

	fan_out_turn_hour(helper, row->last_us);
	highest = fmax(fmax(helper->highest, helper->today), 1);
	if (helper->allowed <= 0 || highest < helper->allowed)
		helper->allowed = highest;
}

uint32_t fan_out_observe(struct fan_out *fan_out, const struct detector_input *input,
			 const struct read_row *row, double factor, double least,
			 double *ret_highest)
{
	uint64_t actor = history_name(input->history, row->actor);
	uint64_t account = history_name(input->history, row->account), key;
	struct helper *helper = table_touch(fan_out->programs, &actor, NULL);
	double highest;
	bool is_new;

	fan_out_turn_hour(helper, row->last_us);
	key = history_join(history_join(actor, account), (uint64_t)helper->hour);
	(void)table_touch(fan_out->seen, &key, &is_new);
	helper->now += is_new;
	highest = fmax(helper->highest, helper->today);
	if (helper->is_told || helper->now < least ||
	    (factor > 0 && (helper->now <= factor * highest || input->is_learning ||
			    row->last_us - helper->since_us < KNOWN_US)))
		return 0;
	helper->is_told = true;
	helper->allowed = fmax(least, factor * highest);
	*ret_highest = highest;
	return helper->now;
}
