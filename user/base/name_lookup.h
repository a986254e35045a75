/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users and groups by name. The host's user database may be a server in the network (LDAP, sssd) that
 * does not answer, so it is asked in a thread. An answer is there when it has come; whoever asks
 * later gets the last one, and the thread asks again.
 */
#ifndef WAX_BASE_NAME_LOOKUP_H
#define WAX_BASE_NAME_LOOKUP_H

#include <stdint.h>

#define NAME_LOOKUP_BYTES 256

enum name_kind {
	NAME_GROUP, /* a group's number by its name */
	NAME_USER,  /* a user's number by the name */
	NAME_OF_UID, /* a user's name by the number */
};

enum name_state {
	NAME_WAITS,  /* no answer yet */
	NAME_FAILED, /* the database cannot be asked; one that was found before stays found */
	NAME_ABSENT, /* the database does not have it */
	NAME_FOUND,
};

struct name_answer {
	enum name_state state;
	/* Of NAME_FOUND. */
	uint32_t number;
	char name[NAME_LOOKUP_BYTES];
};

/* Waits for a first answer for at most so many milliseconds; 0: not at all. name is for NAME_GROUP and
 * NAME_USER, number for NAME_OF_UID. A name that is too long is absent. */
struct name_answer name_lookup(enum name_kind kind, const char *name, uint32_t number,
			       unsigned int wait_ms);

#endif
