/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is watched: what the configuration says, and what discovery adds to it. */
#ifndef WAX_DAEMON_SCOPE_H
#define WAX_DAEMON_SCOPE_H

#include "config/config.h"
#include "discover/discovery.h"
#include "sensor/sensors.h"

struct scope {
	struct strlist sockets, roots, helpers, ports, sessions, silent, stores, readers;
	struct strlist status_folders;
	struct strlist last_logins, listings; /* for the inventory; nothing is watched there */
};

void scope_init(const struct config *config, const struct discovery *found, struct scope *ret);
void scope_done(struct scope *scope);

/* For sensors_open(); points into scope and config. */
struct sensor_settings scope_settings(const struct scope *scope, const struct config *config);

/* A problem line for each kind of thing of which none is watched. */
void scope_find_gaps(const struct scope *scope, struct strlist *ret_problems);
/* A problem line for each root and store that does not exist; for a running daemon the sensors
 * know it better. */
void scope_find_missing(const struct scope *scope, struct strlist *ret_problems);

#endif
