/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each contact is weighed together with the time since the one before, and only then is the sum
 * clamped: the twelve sums together then alarm about once in e^level contacts, as one sum should
 * (simulated: 1.0 to 1.6 times that; clamped before, ten to a hundred times).
 */
#include "detect/influx.h"

#include <math.h>

#include "base/time.h"

/* So much more than the normal is still normal: a feast day, a week with more travellers. */
#define SWELL 1.5

static const double speeds[INFLUX_SPEEDS] = {10, 30, 100, 300, 1000, 3000}; /* per hour */

static double hours_since_last(struct influx *influx, int64_t now_us)
{
	double hours = (double)(now_us - influx->last_us) / US_PER_HOUR;

	if (!influx->last_us || hours < 0)
		hours = 0;
	influx->last_us = now_us;
	return hours;
}

static double likelier(const struct influx_event *event, int list, int speed, double factor)
{
	return factor * speeds[speed] * evidence_share(list, event->class) /
	       (SWELL * event->per_hour);
}

void influx_add(struct influx *influx, const struct influx_event *event, double most)
{
	double hours = hours_since_last(influx, event->time_us);

	for (int list = 0; list < LIST_MAX; list++)
		for (int i = 0; i < INFLUX_SPEEDS; i++) {
			struct influx_cell *cell = &influx->cells[list][i];
			double more = likelier(event, list, i, event->factor);
			double nats = cell->nats + log1p(more) - speeds[i] * hours;

			if (cell->nats <= 0)
				cell->since_us = event->time_us;
			cell->nats = (float)fmin(fmax(nats, 0), most);
		}
}

void influx_revise(struct influx *influx, const struct influx_event *event, double factor,
		   double most, int64_t now_us)
{
	double hours = hours_since_last(influx, now_us);

	for (int list = 0; list < LIST_MAX; list++)
		for (int i = 0; i < INFLUX_SPEEDS; i++) {
			struct influx_cell *cell = &influx->cells[list][i];
			double nats = cell->nats - speeds[i] * hours;

			/* What came before the sum last began is not in it. */
			if (cell->nats > 0 && cell->since_us <= event->time_us)
				nats += log1p(likelier(event, list, i, factor)) -
					log1p(likelier(event, list, i, event->factor));
			cell->nats = (float)fmin(fmax(nats, 0), most);
		}
}
