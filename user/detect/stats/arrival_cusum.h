/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CUSUM of arrivals: somebody tries the entries of a list at so many attempts per hour, on top of
 * what is normal. The CUSUM of a marked Poisson process, for two lists and six speeds at once: it
 * weighs how many contacts come and of which class. A mixture alone does not see that there are
 * more of them.
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

/* A contact of a class, of which per_hour are expected (infinite: nothing is known). factor: how
 * many times likelier an attacker's contact is what else is known of this one. */
struct arrival_cusum_event {
	double per_hour;
	enum contact_class class;
	double factor;
	int64_t time_us;
};

void arrival_cusum_add(struct arrival_cusum *arrival_cusum, const struct arrival_cusum_event *event,
		       double most);
/* An event of the past turns out to deserve another factor. */
void arrival_cusum_revise(struct arrival_cusum *arrival_cusum,
			  const struct arrival_cusum_event *event, double factor, double most,
			  int64_t now_us);

#endif
