/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a test has the sensors watch; it lives as long as the program. */
#ifndef WAX_TESTS_WATCHED_H
#define WAX_TESTS_WATCHED_H

#include "model/watch_list.h"

static struct watch_list watched;

/* names ends with NULL. */
static inline void watch_names(enum watch_role role, const char *const *names)
{
	for (size_t i = 0; names && names[i]; i++)
		watch_list_add(&watched, role,
			       role == WATCH_AUTH_SOCKET      ? AUTH_PROTOCOL_DOVECOT
			       : role == WATCH_STATUS_FOLDER  ? SESSION_PROTOCOL_CYRUS_STATUS
			       : role == WATCH_SESSION_PROGRAM ? SESSION_PROTOCOL_ANVIL
							      : 0,
			       names[i]);
}

#endif
