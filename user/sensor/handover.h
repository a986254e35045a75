/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one daemon to the next: the hooks stay attached and the maps stay as they are; only the
 * workers in the hooks' slots are exchanged.
 */
#ifndef WAX_SENSOR_HANDOVER_H
#define WAX_SENSOR_HANDOVER_H

#include "sensor/persist.h"
#include "sensor/load.h"

/* Under these and a program's name its link and itself are kept. */
#define HANDOVER_LINK "link_"
#define HANDOVER_HOOK "hook_"

/*
 * Can what is kept be gone on with? Returns 1 with its settings and the plan it was made by, 0
 * when nothing is kept, or -errno when what is there is unfinished, of another layout, or by
 * another mechanism than the one that is asked for; ret_why then says which, for the log.
 */
int handover_check(const struct persist *persist, const struct sensor_settings *wanted,
		   struct settings *ret_settings, struct load_plan *ret_plan, const char **ret_why);

/* Keeps all maps and all attached hooks with their links. Returns 0 or -errno. */
int handover_prepare(struct persist *persist, struct waxseal *skeleton);

#endif
