/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list is worked through at so many attempts per hour, on top of what is normal: Page's test
 * for a marked Poisson process, against two lists and a range of speeds at once. It weighs both
 * how many contacts come and which; a mixture alone does not see that there are more of them.
 */
#ifndef WAX_DETECT_STATS_ARRIVAL_CUSUM_H
#define WAX_DETECT_STATS_ARRIVAL_CUSUM_H

#include <stdint.h>

#include "detect/stats/evidence.h"

#define ARRIVAL_CUSUM_SPEEDS 6

struct arrival_cusum_cell {
	float nats;
	int64_t since_us; /* it last began to grow */
};

struct arrival_cusum {
	struct arrival_cusum_cell cells[LIST_MAX][ARRIVAL_CUSUM_SPEEDS];
	int64_t last_us;
};

/* A contact of a class, where so many an hour are expected (infinite: nothing is known), and what
 * else is known of it is `factor` times likelier of who has the list. */
struct arrival_cusum_event {
	double per_hour;
	enum contact_class class;
	double factor;
	int64_t time_us;
};

void arrival_cusum_add(struct arrival_cusum *arrival_cusum, const struct arrival_cusum_event *event, double most);
/* An event of the past turns out to deserve another factor. */
void arrival_cusum_revise(struct arrival_cusum *arrival_cusum, const struct arrival_cusum_event *event, double factor,
		   double most, int64_t now_us);

#endif
