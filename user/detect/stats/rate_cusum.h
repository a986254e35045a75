/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CUSUM of a rate: events come oftener than they should. The CUSUM of a Poisson process (J. M.
 * Lucas, "Counted data CUSUM's", Technometrics 27, 1985), for 1.5, 3 and 10 times the rate at once.
 */
#ifndef WAX_DETECT_STATS_RATE_CUSUM_H
#define WAX_DETECT_STATS_RATE_CUSUM_H

#include <stdint.h>

#define RATE_CUSUM_FACTORS 3

struct rate_cusum {
	float nats[RATE_CUSUM_FACTORS];
	int64_t last_us;
	int64_t since_us; /* the evidence last began to grow */
	uint32_t events;  /* since then */
};

/* One event where per_hour are expected; nats of the strongest assumption. */
double rate_cusum_add(struct rate_cusum *rate_cusum, double per_hour, double most, int64_t now_us);

#endif
