/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which TCP ports the programs look at. */
#ifndef WAX_SENSOR_PORTS_H
#define WAX_SENSOR_PORTS_H

#include "sensor/kernel.h"

/* Before loading. */
void ports_choose(struct waxseal *skeleton, const struct sensor_settings *settings);

#endif
