/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hooks and workers a plan needs: one table. */
#ifndef WAX_SENSOR_WIRING_H
#define WAX_SENSOR_WIRING_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/load.h"

/* A worker lies in a slot of its hook's array of programs. */
struct wire {
	const char *hook, *worker, *array;
	uint32_t slot;
	unsigned int parts;  /* needed when the plan has one of them */
	const char *only_if; /* and the kernel has this function; NULL: always */
};

/* Ends with a NULL hook. */
extern const struct wire wiring[];

bool wire_is_needed(const struct wire *wire, const struct load_plan *plan);

/* The plan that a set of attached hooks was made by. */
struct load_plan wiring_plan_of_hooks(bool (*is_attached)(void *context, const char *hook),
				      void *context);

#endif
