/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What detection knows of the past, in memory that is fixed at the start. Four cuckoo filters hold
 * hashes that age:
 *
 *	accounts	which exist, and in which week each was last used; or cancelled, or honey
 *	pairs		which network (/24, /48) opened which account, and which region of a
 *			provider; forgotten after 8 weeks
 *	networks	which network opened anything of a tenant; forgotten after 7 to 8 weeks
 *	tried		what failed or voted lately; forgotten after 4 days
 *
 * and a table the tenants. The hashes are keyed (SipHash), and the key is saved with them. A filter
 * may take a hash for known that never was (0.2 % of pairs, 0.01 % of accounts): that may hide an
 * attack, and never raises an alert.
 */
#ifndef WAX_DETECT_STATE_HISTORY_H
#define WAX_DETECT_STATE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/serializer.h"
#include "model/network.h"

struct history;

enum account_state {
	ACCOUNT_UNSEEN,	   /* no login, and no list names it */
	ACCOUNT_UNUSED,	   /* a list names it, and nobody ever logged in, as far as is known */
	ACCOUNT_ACTIVE,	   /* a login within 90 days */
	ACCOUNT_DORMANT,   /* exists, none within 90 days */
	ACCOUNT_CANCELLED, /* on the list of those that were given up */
	ACCOUNT_HONEY,	   /* a bait: its name is nowhere but in the list of accounts */
};

enum pair_state {
	PAIR_NEW,
	PAIR_FRESH, /* first success less than a day ago */
	PAIR_KNOWN,
};

/* Instead of a tenant's hash: all of them. */
#define HISTORY_WHOLE_HOST UINT64_C(0x77686f6c65686f73)

/* Tenants that there is room for beside so many accounts. */
size_t history_tenants_room(uint64_t accounts);
/* accounts: how many to have room for. */
struct history *history_new(uint64_t accounts);
void history_free(struct history *history);
void history_serialize(struct history *history, struct serializer *serializer);

uint64_t history_hash(const struct history *history, const void *bytes, size_t length);
uint64_t history_name(const struct history *history, const char *name);
/* A pair of two hashes, or of a hash and a small number. */
uint64_t history_join(uint64_t one, uint64_t other);

/* Forgets what is too old. Call it before anything else in a tick. */
void history_advance(struct history *history, int64_t now_us);

/* What a list says of an account; last_login_us 0: unknown or never. A known later login stays. */
void history_add_account(struct history *history, const char *account, enum account_state state,
			 int64_t last_login_us);
/* Before and after a list that is read again: accounts that were honey or cancelled and that the
 * list no longer calls so become ordinary accounts at its end. */
void history_begin_list(struct history *history);
void history_end_list(struct history *history);
/* That an account exists, as mail directories and old counts say; a list overrides it. */
void history_add_seen(struct history *history, const char *account, int64_t last_login_us);
/* That a network opened an account in the past, unless more is known of the two already. */
void history_add_pair(struct history *history, const char *account, const struct address *address,
		      int64_t first_us, int64_t last_us);
/* From now on a name that was never added does not exist. */
void history_set_complete(struct history *history, bool is_complete);
bool history_is_complete(const struct history *history);

enum account_state history_account(const struct history *history, uint64_t account);
/* These will be asked for soon. */
void history_expect(const struct history *history, uint64_t pair, uint64_t account);
enum pair_state history_pair(const struct history *history, uint64_t pair);
/* False when this network opened the account within the last days, so that a success changes
 * nothing here. */
bool history_is_stale(const struct history *history, uint64_t pair);
void history_note_success(struct history *history, uint64_t pair, uint64_t account);
/* Keys are of the caller's making, by history_join(). */
/* A network is known once two accounts were opened from it, or one in two weeks of the calendar. */
bool history_has_network(const struct history *history, uint64_t key);
/* An account was opened from it; is_new: for the first time from there. is_known: no more is
 * needed. */
void history_note_network(struct history *history, uint64_t key, bool is_new, bool is_known);
/* How many accounts were opened from a network or an address within four to eight days. */
void history_note_user(struct history *history, uint64_t place);
double history_users(const struct history *history, uint64_t place);
/* How many networks new to its tenant an account was opened from within one to two weeks, with this
 * one. */
double history_note_reach(struct history *history, uint64_t account);
double history_reach(const struct history *history, uint64_t account);
bool history_has_tried(const struct history *history, uint64_t key);
void history_note_tried(struct history *history, uint64_t key);

bool history_knows_tenant(const struct history *history, uint64_t tenant);
uint64_t history_tenants(const struct history *history);
uint64_t history_tenants_lost(const struct history *history);
/* Of an account that was opened, or that a list names. */
void history_note_tenant(struct history *history, uint64_t tenant);

/* Accounts that are known, and those that were dropped because the filter is full. */
uint64_t history_accounts(const struct history *history);
uint64_t history_accounts_lost(const struct history *history);
/* The time of the last tick, 0 before the first. */
int64_t history_now_us(const struct history *history);
size_t history_bytes(const struct history *history);
uint64_t history_lost(const struct history *history);

#endif
