/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each sensor says of itself: its mechanism, and what it lacks. */
#ifndef WAX_SENSOR_STATES_H
#define WAX_SENSOR_STATES_H

#include "sensor/load.h"

struct sensor_facts {
	const struct load_plan *plan;
	const uint64_t *lost; /* by stage */
	bool has_roots, has_stores, has_ports;
};

void sensor_states(const struct sensor_facts *facts, struct sensor_status status[SENSOR_MAX]);

#endif
