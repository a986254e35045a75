/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the elapsed time speaks against an attack is settled at the next event. */
#include "detect/surge.h"

#include <math.h>

#include "base/time.h"

static const double factors[SURGE_FACTORS] = {1.5, 3, 10};

double surge_add(struct surge *surge, double per_hour, double most, int64_t now_us)
{
	double hours = (double)(now_us - surge->last_us) / US_PER_HOUR, best = 0, before = 0;

	if (!surge->last_us || hours < 0)
		hours = 0;
	surge->last_us = now_us;
	for (int i = 0; i < SURGE_FACTORS; i++) {
		double nats = fmax(surge->nats[i] - per_hour * (factors[i] - 1) * hours, 0);

		before = fmax(before, nats);
		surge->nats[i] = (float)fmin(nats + log(factors[i]), most);
		best = fmax(best, surge->nats[i]);
	}
	if (before <= 0) {
		surge->since_us = now_us;
		surge->events = 0;
	}
	surge->events++;
	return best;
}
