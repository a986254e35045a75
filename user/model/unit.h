/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which service a control group is: systemd's units by the names of their groups. */
#ifndef WAX_MODEL_UNIT_H
#define WAX_MODEL_UNIT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the unit that a path of control groups belongs to; the whole path where there is none.
 *
 *   /system.slice/dovecot.service                           dovecot.service
 *   /user.slice/user-1000.slice/session-5.scope             session-5.scope
 *   /user.slice/.../user@1000.service/app.slice/sync.service  user@1000.service/sync.service
 *   /docker/0a1b                                            /docker/0a1b
 *   /                                                       nothing
 */
void unit_of_group(const char *path, char *ret_text, size_t size);

/* Does everybody's work run in this unit: cron, at, logins, a user's manager? Then it tells no reader
 * from another. By the names that distributions use. */
bool unit_is_shared(const char *unit);

#endif
