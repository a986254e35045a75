/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the people of this host live and move: for each provider's region (region_of()) how many
 * accounts were lately opened from a network that is new here, by whether the account was opened
 * from that region before (near). Where a provider renumbers its customers, both rise together; a
 * thief who comes from the same region raises only the other one.
 */
#ifndef WAX_DETECT_STATE_REGIONS_H
#define WAX_DETECT_STATE_REGIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/serializer.h"
#include "base/table.h"

struct regions {
	struct table *table; /* by region */
};

void regions_init(struct regions *regions);
void regions_done(struct regions *regions);
void regions_serialize(struct regions *regions, struct serializer *serializer);

/* An account was opened from a network new to the host. Returns whether those that move within the
 * region explain it. */
bool regions_add(struct regions *regions, uint64_t region, bool is_near, int64_t now_us);

#endif
