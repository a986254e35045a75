/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sensors.c and sensors_start.c share: the open sensors. */
#ifndef WAX_SENSOR_SENSORS_STATE_H
#define WAX_SENSOR_SENSORS_STATE_H

#include "base/strlist.h"
#include "sensor/collect.h"
#include "sensor/health.h"
#include "sensor/load.h"
#include "sensor/persist.h"
#include "sensor/programs.h"
#include "sensor/scripts.h"
#include "sensor/sensors.h"
#include "sensor/units.h"
#include "sensor/watch.h"

struct sensors {
	struct waxseal *skeleton;
	struct kernel_maps maps;
	struct load_plan plan;
	struct persist *persist;
	struct settings settings; /* as the programs have them */
	struct watch *watch;
	struct programs *programs;
	struct units *units;
	struct scripts *scripts;
	struct ring_buffer *records;
	struct collector collector;
	struct health health;
	struct sensor_status status[SENSOR_MAX];
	struct snapshot *taking; /* where records go while the ring is read */
	unsigned int ticks;
	const struct watch_entries *auth_sockets; /* the caller's */
	struct strlist questions; /* listeners that are not believed */
	struct strlist login_gaps;
	bool took_over;
	bool has_replaced; /* a store was: what is watched must be looked at again */
	bool is_due;	   /* a listed program used its read budget up */
};

/* ---- sensors_start.c ---- */

/* Goes on with what an earlier daemon left, or loads and attaches anew. Returns 0, or -errno with one line in
 * ret_problem. */
int sensors_start(struct sensors *sensors, const struct sensor_settings *settings, char *ret_problem,
		  size_t size);
/* Frees our side; the kernel's stays as it is. */
void sensors_close_own_side(struct sensors *sensors);
/* Walks over whole maps, for what status and metrics show. */
void sensors_survey(struct sensors *sensors);

#endif
