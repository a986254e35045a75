/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A slot that was left out is an empty one. */
#include "detect/stats/last_hour.h"

#include <math.h>
#include <string.h>

#include "base/time.h"

#define SLOT_US (10 * US_PER_MINUTE)
#define CALM_SLOTS 2
#define SWELL 1.5
#define DEVIATIONS 2

void last_hour_add(struct last_hour *last_hour, int64_t now_us)
{
	int64_t slot = now_us / SLOT_US;

	if (slot - last_hour->slot >= LAST_HOUR_SLOTS)
		memset(last_hour->counts, 0, sizeof(last_hour->counts));
	else
		for (int64_t i = last_hour->slot + 1; i <= slot; i++)
			last_hour->counts[i % LAST_HOUR_SLOTS] = 0;
	if (slot > last_hour->slot)
		last_hour->slot = slot;
	last_hour->counts[last_hour->slot % LAST_HOUR_SLOTS]++;
}

static uint32_t last_hour_sum(const struct last_hour *last_hour, int64_t slots, int64_t now_us)
{
	int64_t slot = now_us / SLOT_US;
	uint32_t sum = 0;

	for (int64_t i = last_hour->slot; i > last_hour->slot - LAST_HOUR_SLOTS && i >= 0; i--)
		if (i > slot - slots)
			sum += last_hour->counts[i % LAST_HOUR_SLOTS];
	return sum;
}

uint32_t last_hour_count(const struct last_hour *last_hour, int64_t now_us)
{
	return last_hour_sum(last_hour, LAST_HOUR_SLOTS, now_us);
}

static bool last_hour_is_below(const struct last_hour *last_hour, double per_hour, int64_t slots,
			       double more, int64_t now_us)
{
	double usual = per_hour * (double)(slots * SLOT_US) / US_PER_HOUR;

	return last_hour_sum(last_hour, slots, now_us) <=
	       SWELL * usual + more * (DEVIATIONS * sqrt(usual) + 1);
}

bool last_hour_is_usual(const struct last_hour *last_hour, double per_hour, int64_t now_us)
{
	return last_hour_is_below(last_hour, per_hour, LAST_HOUR_SLOTS, 1, now_us);
}

bool last_hour_is_calm(const struct last_hour *last_hour, double per_hour, int64_t now_us)
{
	return last_hour_is_below(last_hour, per_hour, CALM_SLOTS, .5, now_us);
}

bool last_hour_is_more(const struct last_hour *last_hour, double per_hour, int64_t now_us)
{
	double usual = per_hour * (double)(LAST_HOUR_SLOTS * SLOT_US) / US_PER_HOUR;

	return last_hour_count(last_hour, now_us) > usual + sqrt(usual) + 1;
}
