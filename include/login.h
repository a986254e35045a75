/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logins until a mail process claims them, and what they show of a mail server. Part of abi.h. */
#ifndef WAX_LOGIN_H
#define WAX_LOGIN_H

#include "types.h"

/* A login that a mail process will claim (decode/claim.h), and whose it is. */
struct login {
	__u32 pid;	 /* of the login process, as it has it itself: in its own pid name space */
	__u32 id;	 /* of its request */
	__u64 pid_space; /* when the first process of that name space began, in boot_ns: no other has it, ever */
};
static_assert(sizeof(struct login) == 16, "login");

struct login_state {
	__u64 boot_ns;
	__u64 master; /* as in struct verdict */
	__u64 account_hash;
};
static_assert(sizeof(struct login_state) == 24, "login_state");

/*
 * What was seen of a master's mail processes so far, until it ends. In a map, which outlives the daemon as the marks
 * of processes do: what is believed of a marked process rests on it.
 */
struct login_habits {
	__u8 are_renamed; /* the user database gives accounts other names than those that logged in */
	__u8 hibernate; /* imap-hibernate keeps clients, whom any imap process may get back without a login */
	__u8 reserved[6];
};
static_assert(sizeof(struct login_habits) == 8, "login_habits");

/*
 * Logins that wait for their claim, by account: one account's owner must not take the room of all. Accounts whose
 * hashes end alike share one.
 */
#define LOGIN_SHARES 1024
#define LOGIN_SHARE 512

struct login_share {
	__u64 full_boot_ns; /* when a login last had no place: for some time the absence of one says nothing; 0: never */
	int waiting;
	__u32 reserved;
};
static_assert(sizeof(struct login_share) == 16, "login_share");

#endif
