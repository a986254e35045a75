/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two decaying counts a region. */
#include "detect/state/regions.h"

#include <math.h>

#include "base/time.h"

#define REGIONS 8192
#define HALF_LIFE_US (4 * US_PER_HOUR)
/* Of an owner's new address beside one in a region that he was in before: some come from a
 * provider's other region. */
#define OTHERS .7
#define DEVIATIONS 2

struct region {
	double near, others;
	int64_t last_us;
};

void regions_init(struct regions *regions)
{
	regions->table = table_new(sizeof(uint64_t), sizeof(struct region), REGIONS, NULL, NULL);
}

void regions_done(struct regions *regions)
{
	table_free(regions->table);
	regions->table = NULL;
}

void regions_serialize(struct regions *regions, struct serializer *serializer)
{
	serializer_table(serializer, regions->table, sizeof(uint64_t), sizeof(struct region), NULL);
}

bool regions_add(struct regions *regions, uint64_t region, bool is_near, int64_t now_us)
{
	struct region *counts = table_touch(regions->table, &region, NULL);

	if (now_us > counts->last_us) {
		double factor = exp2(-(double)(now_us - counts->last_us) / HALF_LIFE_US);

		counts->near *= factor;
		counts->others *= factor;
		counts->last_us = now_us;
	}
	if (is_near) {
		counts->near++;
		return true;
	}
	counts->others++;
	return counts->others <= OTHERS * counts->near + DEVIATIONS * sqrt(counts->near);
}
