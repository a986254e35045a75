/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is watched, by role: the one type in which the configuration, discovery and the sensors speak of it.
 *
 * An entry is a name as the operator would write it and, for roles that need one, the protocol that is
 * spoken there. The lists are capped, because a damaged configuration of a mail server must not fill the
 * memory; what came past the cap is counted.
 */
#ifndef WAX_MODEL_WATCH_LIST_H
#define WAX_MODEL_WATCH_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail_server.h"

enum watch_role {
	WATCH_AUTH_SOCKET,     /* PATH or inet:HOST:PORT; enum auth_protocol */
	WATCH_MAIL_ROOT,       /* template: /var/vmail/%d/%n, mbox:..., cyrus:FOLDER */
	WATCH_MAIL_HELPER,     /* program that opens mail for the server itself; or another form of
				  known_readers.h */
	WATCH_SESSION_PROGRAM, /* program that serves one logged-in client; enum session_protocol */
	WATCH_STATUS_FOLDER,   /* in which processes write whom they serve; enum session_protocol */
	WATCH_STORE,	       /* credential file or folder, or inet:HOST:PORT of a database */
	WATCH_STORE_READER,    /* program that may read them; or another form, likewise */
	WATCH_INTERPRETER,     /* program that runs scripts */
	WATCH_MAIL_PORT,       /* SERVICE:PORT */
	WATCH_ROLES,
};

#define WATCH_ENTRIES_CAP 512 /* of each role */

struct watch_entry {
	char *name;
	uint8_t protocol; /* of the family that the role names; 0 elsewhere */
};

/* In the order of adding, each name once: the first one's protocol counts. */
struct watch_entries {
	struct watch_entry *items;
	size_t count;
	uint64_t dropped;
};

/* Zero-initialised it is empty. */
struct watch_list {
	struct watch_entries of[WATCH_ROLES];
};

/* Keep a copy of the name. */
void watch_entries_add(struct watch_entries *entries, uint8_t protocol, const char *name);
void watch_entries_addf(struct watch_entries *entries, uint8_t protocol, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool watch_entries_has(const struct watch_entries *entries, const char *name);

void watch_list_add(struct watch_list *list, enum watch_role role, uint8_t protocol,
		    const char *name);
void watch_list_add_all(struct watch_list *list, const struct watch_list *more);
void watch_list_done(struct watch_list *list);

#endif
