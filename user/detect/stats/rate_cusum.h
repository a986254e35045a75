/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that come oftener than they should: Page's test for a Poisson rate, against three
 * assumed factors at once.
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
