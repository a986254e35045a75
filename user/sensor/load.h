/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads the skeleton, sized and with those programs that this kernel accepts. */
#ifndef WAX_SENSOR_LOAD_H
#define WAX_SENSOR_LOAD_H

#include "sensor/persist.h"
#include "sensor/kernel.h"

/* The kernel's places at which a sensor looks. */
enum hook { HOOK_OFF, HOOK_SYSCALL, HOOK_FUNCTION };

struct load_plan {
	enum hook auth, session, files;
	bool status; /* the session sensor also looks at what is written to files */
};

/* Is there a folder in which Cyrus processes say whom they serve? */
bool has_status_folders(const struct sensor_settings *settings);

/* Returns 0 with a loaded, unattached skeleton and the plan it was made by, or -errno with the
 * verifier's or the kernel's last word in ret_problem. */
int load_skeleton(const struct sensor_settings *settings, struct waxseal **ret,
		  struct load_plan *ret_plan, char *ret_problem, size_t size);

/* Loads workers for the maps and hooks that are kept, and puts them into the slots. */
int load_workers(const struct sensor_settings *settings, const struct load_plan *plan,
		 const struct persist *persist, struct waxseal **ret, char *ret_problem, size_t size);

#endif
