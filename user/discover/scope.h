/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is watched: what the configuration says, and what discovery adds to it. */
#ifndef WAX_DISCOVER_SCOPE_H
#define WAX_DISCOVER_SCOPE_H

#include "config/config.h"
#include "discover/discovery.h"

struct scope {
	struct watch_list watch;
	size_t configured_sockets; /* of the auth sockets so many come first */
	struct strlist last_logins, doveadm_commands; /* for the account inventory; not watched */
};

void scope_init(const struct config *config, const struct discovery *found, struct scope *ret);
void scope_done(struct scope *scope);

/* A problem line for each kind of thing of which none is watched. */
void scope_find_gaps(const struct scope *scope, struct strlist *ret_problems);
/* A problem line for each listed reader that takes in others: an interpreter, an open script. */
void scope_find_open_readers(const struct scope *scope, struct strlist *ret_problems);
/* A question for each configured auth socket that another than root can put in its place. */
void scope_find_open_sockets(const struct scope *scope, struct strlist *ret_problems);
/* A problem line for each root and store that does not exist; for a running daemon the sensors
 * know it better. */
void scope_find_missing(const struct scope *scope, struct strlist *ret_problems);

#endif
