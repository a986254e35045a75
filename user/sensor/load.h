/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads the skeleton, sized and with only those parts that this kernel accepts. */
#ifndef WAX_SENSOR_LOAD_H
#define WAX_SENSOR_LOAD_H

#include "sensor/kernel.h"

/* Which parts of the programs are in use. */
struct load_parts {
	bool auth, session, files;
};

/* Returns 0 with a loaded, unattached skeleton and what of it works, or -errno with the verifier's
 * or the kernel's last word in ret_problem. */
int load_skeleton(const struct sensor_settings *settings, struct waxseal **ret,
		  struct load_parts *ret_parts, char *ret_problem, size_t size);

void load_find_maps(struct waxseal *skeleton, struct kernel_maps *ret_maps);

#endif
