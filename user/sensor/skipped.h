/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events that the kernel kept from all replicas of a hook. */
#ifndef WAX_SENSOR_SKIPPED_H
#define WAX_SENSOR_SKIPPED_H

#include "sensor/health.h"

/* Once, when all hooks are attached: what ran between the first replica and the last is no loss. */
void skipped_start(const struct health *health, const struct kernel_maps *maps);

/* Exact for hooks that mark their events, at most for the others; never less than before. Both ask
 * health for its programs. */
uint64_t skipped_events(const struct health *health, const struct kernel_maps *maps);

#endif
