/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources that know who has an account here. Each is read a step at a time: one line, one row or one
 * directory entry, so that none of them delays a tick.
 *
 * A new source is one file with one const struct, and one row in inventory.c.
 */
#ifndef WAX_ACCOUNTS_ACCOUNT_SOURCE_H
#define WAX_ACCOUNTS_ACCOUNT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strlist.h"
#include "model/watch_list.h"
#include "detect/state/history.h"
#include "ledger/ledger.h"

#define ACCOUNT_SOURCE_PROBLEM_BYTES 1024

/* Strings live until the next step. */
struct found_account {
	const char *account;
	enum account_state state;  /* as a list says; ACCOUNT_UNSEEN: it exists, that is all */
	const char *source;	   /* an address that opened it; NULL: none is known */
	int64_t first_us, last_us; /* of logins; last 0: unknown */
};

enum account_source_step {
	ACCOUNT_SOURCE_ONE,
	ACCOUNT_SOURCE_NONE, /* there may be more */
	ACCOUNT_SOURCE_WAIT, /* there may be more, but not now */
	ACCOUNT_SOURCE_END,
	ACCOUNT_SOURCE_BROKEN, /* it must not be believed; problem says why */
};

/* What a source may need; pointers stay valid while it is read. */
struct account_source_settings {
	const char *roster;		 /* or NULL */
	const struct watch_entries *roots; /* templates */
	const struct strlist *last_logins; /* files */
	const struct strlist *doveadm_commands; /* programs that list accounts */
	struct ledger *ledger;
	int64_t since_us; /* from when on the ledger knows more than the history */
	int64_t now_us;
};

struct account_source {
	const char *name; /* in the status: mail_directories */
	/* NULL when there is nothing of the kind. */
	void *(*open)(const struct account_source_settings *scope);
	/* problem (ACCOUNT_SOURCE_PROBLEM_BYTES) is kept by the caller: what could not be read, "" when
	 * all could. */
	enum account_source_step (*step)(void *state, struct found_account *ret, char *problem);
	void (*close)(void *state);
};

extern const struct account_source roster_account_source;
extern const struct account_source ledger_account_source;
extern const struct account_source last_login_account_source;
extern const struct account_source last_login_lines; /* the same, in the caller's thread */
extern const struct account_source directory_account_source; /* mail directories */
extern const struct account_source doveadm_account_source;

#endif
