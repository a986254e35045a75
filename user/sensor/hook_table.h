/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which hooks and workers a plan needs: one table. */
#ifndef WAX_SENSOR_HOOK_TABLE_H
#define WAX_SENSOR_HOOK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "hook_replicas.h"
#include "sensor/load.h"

#define HOOK_NAME_BYTES 24

/* A worker lies in a slot of its hook's array of programs. */
struct hook_row {
	const char *hook, *worker, *array;
	uint32_t slot;
	unsigned int parts;  /* needed when the plan has one of them */
	const char *only_if; /* and the kernel has this function; NULL: always */
};

/* Ends with a NULL hook. */
extern const struct hook_row hook_table[];

/* Does the hook keep marks of which replicas ran for an event? */
bool hook_table_is_marked(const char *hook);
/* The first replica has the hook's name, the others have their number after it. */
void hook_table_replica_name(const char *hook, int replica, char ret_name[HOOK_NAME_BYTES]);

bool hook_row_is_needed(const struct hook_row *hook_row, const struct load_plan *plan);

/* The plan that a set of attached hooks was made by. */
struct load_plan hook_table_plan_of_hooks(bool (*is_attached)(void *context, const char *hook),
					  void *context);

#endif
