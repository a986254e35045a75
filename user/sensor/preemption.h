/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May this kernel interrupt a program and run another task meanwhile? Then hooks need replicas. */
#ifndef WAX_SENSOR_PREEMPTION_H
#define WAX_SENSOR_PREEMPTION_H

#include <stdbool.h>

/* What a kernel says of itself: release and version as uname(2) has them, its command line, and
 * /sys/kernel/debug/sched/preempt ("none voluntary (full)"). "" for what cannot be read. */
struct preemption_signs {
	const char *release, *version, *command_line, *model;
};

bool preemption_is_possible(const struct preemption_signs *signs);

/* Of the kernel that runs. */
bool preemption_is_possible_here(void);

#endif
