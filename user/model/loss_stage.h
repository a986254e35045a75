/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stages at which something can be lost, one row each: its name for operators, the sensors
 * whose counts are incomplete then, and what it means. A new limit is a row here.
 */
#ifndef WAX_MODEL_LOSS_STAGE_H
#define WAX_MODEL_LOSS_STAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lost_stage.h"
#include "model/sensor_id.h"

/* The daemon's own stages follow those of the kernel (enum lost_stage). */
enum loss_stage_of_daemon {
	LOSS_LEDGER_EVENTS = LOST_STAGES,
	LOSS_LEDGER_ROWS,
	LOSS_ALERTS_CLOSED,
	LOSS_ALERTS_UNSAVED,
	LOSS_METRIC_SAMPLES,
	LOSS_COLLECTS_DELAYED,
	LOSS_STAGES,
};

#define LOSS_BIT(sensor) (1U << (sensor))
#define LOSS_OF_EVERY_SENSOR (LOSS_BIT(SENSOR_MAX) - 1)

struct loss_stage {
	const char *name;
	unsigned int sensors; /* a LOSS_BIT() of each; 0: all counts are complete */
	bool is_elsewhere;    /* another server's to count: no fault of the sensor */
	const char *meaning;
};

/* NULL past the last. */
const struct loss_stage *loss_stage(size_t stage);

/* The sensors that a stage concerns. One without a row, such as a sink's, concerns every sensor: to
 * claim too little is the safe side. */
unsigned int loss_stage_sensors(const char *name);
/* Is what is lost there the fault of one of its sensors? A stage that concerns them all says too
 * little. */
bool loss_stage_is_fault_of(const char *name, enum sensor_id sensor);

#endif
