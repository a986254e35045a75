/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list is worked through at so many attempts per hour, on top of what is normal: Page's test
 * for a marked Poisson process, against two lists and a range of speeds at once. It weighs both
 * how many contacts come and which; a mixture alone does not see that there are more of them.
 */
#ifndef WAX_DETECT_INFLUX_H
#define WAX_DETECT_INFLUX_H

#include <stdint.h>

#include "detect/evidence.h"

#define INFLUX_SPEEDS 6

struct influx_cell {
	float nats;
	int64_t since_us; /* it last began to grow */
};

struct influx {
	struct influx_cell cells[LIST_MAX][INFLUX_SPEEDS];
	int64_t last_us;
};

/* One contact where per_hour of each class are expected; infinite: nothing is known. */
void influx_add(struct influx *influx, const double per_hour[CONTACT_MAX],
		enum contact_class class, double most, int64_t now_us);
/* The strongest assumption and its list. */
const struct influx_cell *influx_strongest(const struct influx *influx, enum list_kind *ret_list);

#endif
