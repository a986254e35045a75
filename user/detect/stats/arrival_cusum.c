/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each contact is weighed together with the time since the one before, and only then is the sum
 * clamped: the twelve sums together then alarm about once in e^threshold contacts, as one sum
 * should (simulated: 1.0 to 1.6 times that; clamped before, ten to a hundred times).
 */
#include "detect/stats/arrival_cusum.h"

#include <math.h>

#include "base/time.h"

/* So many times the usual rate is still normal: a holiday, a week with more travellers. */
#define SWELL 1.5

static const double speeds[ARRIVAL_CUSUM_SPEEDS] = {10, 30, 100, 300, 1000, 3000}; /* per hour */

static double hours_since_last(struct arrival_cusum *arrival_cusum, int64_t now_us)
{
	double hours = (double)(now_us - arrival_cusum->last_us) / US_PER_HOUR;

	if (!arrival_cusum->last_us || hours < 0)
		hours = 0;
	arrival_cusum->last_us = now_us;
	return hours;
}

/* What one contact may say at the most: people come in clumps, with a flight, a class, a shift. */
static double bounded(const struct arrival_cusum_event *event, double more)
{
	static const double most[CONTACT_MAX] = {
		[CONTACT_ACTIVE] = 1.2, [CONTACT_DORMANT] = 3, [CONTACT_BAD] = 3,
		[CONTACT_UNKNOWN] = 5,	[CONTACT_CANCELLED] = 4};

	return fmin(log1p(more), most[event->class] + (event->factor > 1 ? 2 : 0));
}

static double likelier(const struct arrival_cusum_event *event, int list, int speed, double factor)
{
	return factor * speeds[speed] * evidence_share(list, event->class) /
	       (SWELL * event->per_hour);
}

void arrival_cusum_add(struct arrival_cusum *arrival_cusum, const struct arrival_cusum_event *event,
		       double most)
{
	double hours = hours_since_last(arrival_cusum, event->time_us);

	for (int list = 0; list < LIST_MAX; list++)
		for (int i = 0; i < ARRIVAL_CUSUM_SPEEDS; i++) {
			struct arrival_cusum_cell *cell = &arrival_cusum->cells[list][i];
			double more = likelier(event, list, i, event->factor);
			double nats = cell->nats + bounded(event, more) - speeds[i] * hours;

			if (cell->nats <= 0)
				cell->since_us = event->time_us;
			cell->nats = (float)fmin(fmax(nats, 0), most);
		}
}

void arrival_cusum_revise(struct arrival_cusum *arrival_cusum,
			  const struct arrival_cusum_event *event, double factor, double most,
			  int64_t now_us)
{
	double hours = hours_since_last(arrival_cusum, now_us);
	struct arrival_cusum_event with_factor = *event;

	with_factor.factor = factor;
	for (int list = 0; list < LIST_MAX; list++)
		for (int i = 0; i < ARRIVAL_CUSUM_SPEEDS; i++) {
			struct arrival_cusum_cell *cell = &arrival_cusum->cells[list][i];
			double nats = cell->nats - speeds[i] * hours;

			/* What came before the sum last began is not in it. */
			if (cell->nats > 0 && cell->since_us <= event->time_us)
				nats += bounded(&with_factor, likelier(event, list, i, factor)) -
					bounded(event, likelier(event, list, i, event->factor));
			cell->nats = (float)fmin(fmax(nats, 0), most);
		}
}
