/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes, takes over and finds the maps of the loaded object. */
#ifndef WAX_SENSOR_MAPS_H
#define WAX_SENSOR_MAPS_H

#include "sensor/persist.h"
#include "sensor/kernel.h"

/* Before loading. */
void maps_size(struct waxseal *skeleton, const struct sensor_settings *settings);
/* Before loading: puts the kept maps in the place of new ones. Returns 0, -ENOENT when one is missing,
 * -EPROTONOSUPPORT when one is laid out differently, or another -errno. */
int maps_reuse(struct waxseal *skeleton, const struct persist *persist);
/* After loading. */
void maps_find(struct waxseal *skeleton, struct kernel_maps *ret_maps);

#endif
