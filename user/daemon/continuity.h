/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where this daemon leaves what must outlive it. */
#ifndef WAX_DAEMON_CONTINUITY_H
#define WAX_DAEMON_CONTINUITY_H

#include <stdbool.h>

#include "config/config.h"

/* Are we a service of systemd, with its descriptor store? */
bool continuity_is_systemds(void);

/* Folder of pins for this state directory, one for each, so that several daemons do not meet;
 * NULL for systemd's store. Owned. */
char *continuity_folder(const char *state_dir);

/* --detach: removes what a daemon that was killed left, and says what. Returns the exit status. */
int continuity_detach(const struct config *config);

#endif
