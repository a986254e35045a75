/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each event is weighed together with the time since the one before, and only then is the sum
 * clamped: simulated, the three sums together then alarm half as often as one is allowed to.
 */
#include "detect/surge.h"

#include <math.h>

#include "base/time.h"

/* So much more than the normal is still normal: a Monday, a feast day. */
#define SWELL 1.25

static const double factors[SURGE_FACTORS] = {1.5, 3, 10};

double surge_add(struct surge *surge, double per_hour, double most, int64_t now_us)
{
	double hours = (double)(now_us - surge->last_us) / US_PER_HOUR, best = 0, before = 0;

	if (!surge->last_us || hours < 0)
		hours = 0;
	surge->last_us = now_us;
	for (int i = 0; i < SURGE_FACTORS; i++) {
		double less = SWELL * per_hour * (factors[i] - 1) * hours;

		before = fmax(before, surge->nats[i] - less);
		surge->nats[i] =
			(float)fmin(fmax(surge->nats[i] + log(factors[i]) - less, 0), most);
		best = fmax(best, surge->nats[i]);
	}
	if (before <= 0) {
		surge->since_us = now_us;
		surge->events = 0;
	}
	surge->events++;
	return best;
}
