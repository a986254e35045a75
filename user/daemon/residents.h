/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has an account here, from places that know: each is read a step at a time, and a step is
 * about one line, one row or one directory entry, so that none of them holds up a tick.
 *
 * A new place is one file with one const struct, and one row in census.c.
 */
#ifndef WAX_DAEMON_RESIDENTS_H
#define WAX_DAEMON_RESIDENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/words.h"
#include "detect/memory.h"
#include "ledger/ledger.h"

#define RESIDENT_PROBLEM_BYTES 1024

/* Strings live until the next step. */
struct resident {
	const char *account;
	enum account_state state;  /* as a list says; ACCOUNT_UNSEEN: it exists, that is all */
	const char *source;	   /* an address that opened it; NULL: none is known */
	int64_t first_us, last_us; /* of logins; last 0: unknown */
};

enum residents_step {
	RESIDENTS_ONE,
	RESIDENTS_NONE, /* there may be more */
	RESIDENTS_WAIT, /* there may be more, but not now */
	RESIDENTS_END,
	RESIDENTS_BROKEN, /* the place must not be believed; problem says why */
};

/* What a place may need to know; pointers stay valid while it is read. */
struct residents_scope {
	const char *roster;		 /* or NULL */
	const struct words *roots;	 /* templates */
	const struct words *last_logins; /* files */
	const struct words *listings;	 /* programs that list accounts */
	struct ledger *ledger;
	int64_t since_us; /* from when on the ledger knows more than the memory */
	int64_t now_us;
};

struct residents {
	const char *name; /* in the status: mail_directories */
	/* NULL when there is nothing of the kind. */
	void *(*open)(const struct residents_scope *scope);
	/* problem (RESIDENT_PROBLEM_BYTES) is kept by the caller: what could not be read, "" when
	 * all could. */
	enum residents_step (*step)(void *state, struct resident *ret, char *problem);
	void (*close)(void *state);
};

extern const struct residents listed_residents;	      /* roster.c */
extern const struct residents counted_residents;      /* old_counts.c */
extern const struct residents logged_in_residents;    /* last_logins.c */
extern const struct residents housed_residents;	      /* mailboxes.c */
extern const struct residents listed_users_residents; /* listed_users.c */

#endif
