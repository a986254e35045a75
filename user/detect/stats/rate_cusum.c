/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each event is weighed together with the time since the one before, and only then is the sum
 * clamped: simulated, the three sums together then alarm half as often as one is allowed to.
 */
#include "detect/stats/rate_cusum.h"

#include <math.h>

#include "base/time.h"

/* So many times the usual rate is still normal: a Monday, a holiday. */
#define SWELL 1.25

static const double factors[RATE_CUSUM_FACTORS] = {1.5, 3, 10};

double rate_cusum_add(struct rate_cusum *rate_cusum, double per_hour, double most, int64_t now_us)
{
	double hours = (double)(now_us - rate_cusum->last_us) / US_PER_HOUR, best = 0, before = 0;

	if (!rate_cusum->last_us || hours < 0)
		hours = 0;
	rate_cusum->last_us = now_us;
	for (int i = 0; i < RATE_CUSUM_FACTORS; i++) {
		double less = SWELL * per_hour * (factors[i] - 1) * hours;

		before = fmax(before, rate_cusum->nats[i] - less);
		rate_cusum->nats[i] =
			(float)fmin(fmax(rate_cusum->nats[i] + log(factors[i]) - less, 0), most);
		best = fmax(best, rate_cusum->nats[i]);
	}
	if (before <= 0) {
		rate_cusum->since_us = now_us;
		rate_cusum->events = 0;
	}
	rate_cusum->events++;
	return best;
}
