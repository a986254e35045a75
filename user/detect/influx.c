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

void influx_add(struct influx *influx, const double per_hour[CONTACT_MAX],
		enum contact_class class, double most, int64_t now_us)
{
	double hours = (double)(now_us - influx->last_us) / US_PER_HOUR;

	if (!influx->last_us || hours < 0)
		hours = 0;
	influx->last_us = now_us;
	for (int list = 0; list < LIST_MAX; list++)
		for (int i = 0; i < INFLUX_SPEEDS; i++) {
			struct influx_cell *cell = &influx->cells[list][i];
			double more = speeds[i] * evidence_share(list, class) /
				      (SWELL * per_hour[class]);
			double nats = cell->nats + log1p(more) - speeds[i] * hours;

			if (cell->nats <= 0)
				cell->since_us = now_us;
			cell->nats = (float)fmin(fmax(nats, 0), most);
		}
}

const struct influx_cell *influx_strongest(const struct influx *influx, enum list_kind *ret_list)
{
	const struct influx_cell *best = &influx->cells[0][0];

	*ret_list = 0;
	for (int list = 0; list < LIST_MAX; list++)
		for (int i = 0; i < INFLUX_SPEEDS; i++)
			if (influx->cells[list][i].nats > best->nats) {
				best = &influx->cells[list][i];
				*ret_list = list;
			}
	return best;
}
