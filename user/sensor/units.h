/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the services that actors belong to, also of those that are gone. */
#ifndef WAX_SENSOR_UNITS_H
#define WAX_SENSOR_UNITS_H

#include "model/snapshot.h"
#include "sensor/kernel.h"

struct units;

struct units *units_new(const struct kernel_maps *maps);
void units_free(struct units *units);

/* The unit of a control group, in the snapshot's arena; "" when it is not known or none. */
const char *units_name(const struct units *units, uint64_t group, struct snapshot *snapshot);

/* Makes room in the kernel's table, where a name stays until it is taken out. */
void units_make_room(struct units *units);

#endif
