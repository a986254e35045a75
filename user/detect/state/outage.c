/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detect/state/outage.h"

#include <math.h>

#include "base/time.h"

#define HALF_LIFE_US (30 * US_PER_SECOND)
#define LEAST_FAILED 6
#define LEAST_NETWORKS 5
#define TIMES 2		 /* as many as succeed */

void outage_note_success(struct outage *outage)
{
	outage->succeeded++;
}

void outage_note_failure(struct outage *outage, uint64_t network)
{
	outage->failed++;
	outage->networks |= UINT64_C(1) << (network % 64);
}

void outage_advance(struct outage *outage, int64_t now_us)
{
	double factor;

	if (now_us <= outage->last_us)
		return;
	factor = exp2(-(double)(now_us - outage->last_us) / HALF_LIFE_US);
	outage->succeeded *= factor;
	outage->failed *= factor;
	outage->last_us = now_us;
	if (outage->failed < 1)
		outage->networks = 0;
}

bool outage_is_on(const struct outage *outage)
{
	return outage->failed >= LEAST_FAILED && outage->failed >= TIMES * outage->succeeded &&
	       __builtin_popcountll(outage->networks) >= LEAST_NETWORKS;
}
