/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of the past, in memory that is fixed at the start: which accounts exist and when
 * they were last used, which networks opened which account, which networks a tenant knows, and
 * what was tried lately. Names become hashes under a key that is kept with the state.
 *
 * A wrong "known" (0.2 % of pairs, 0.01 % of accounts) costs a detection, never a false alarm.
 */
#ifndef WAX_DETECT_MEMORY_H
#define WAX_DETECT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/archive.h"
#include "detect/network.h"

struct memory;

enum account_state {
	ACCOUNT_UNSEEN,	   /* no login, and no list names it */
	ACCOUNT_ACTIVE,	   /* a login within 90 days */
	ACCOUNT_DORMANT,   /* exists, none within 90 days */
	ACCOUNT_CANCELLED, /* on the list of those that were given up */
	ACCOUNT_HONEY,	   /* made to be stolen: nobody knows its name but a thief */
};

enum pair_state {
	PAIR_NEW,
	PAIR_FRESH, /* first success less than a day ago */
	PAIR_KNOWN,
};

/* accounts: how many to have room for. */
struct memory *memory_new(uint64_t accounts);
void memory_free(struct memory *memory);
void memory_keep(struct memory *memory, struct archive *archive);

uint64_t memory_hash(const struct memory *memory, const void *bytes, size_t length);
uint64_t memory_name(const struct memory *memory, const char *name);
/* A pair of two hashes, or of a hash and a small number. */
uint64_t memory_join(uint64_t one, uint64_t other);

/* Forgets what time made worthless. Before anything else of a tick. */
void memory_advance(struct memory *memory, int64_t now_us);

/* What a list says of an account; last_login_us 0: unknown or never. A later login that is known
 * already stands. */
void memory_add_account(struct memory *memory, const char *account, enum account_state state,
			int64_t last_login_us);
/* Around a list that is told anew: at its end those that were called honey or cancelled before and
 * are called so no more become ordinary accounts. In between they are what they were. */
void memory_begin_list(struct memory *memory);
void memory_end_list(struct memory *memory);
/* That an account exists, as mail directories and old counts say: the word of a list stands. */
void memory_add_seen(struct memory *memory, const char *account, int64_t last_login_us);
/* That a network opened an account in the past, unless more is known of the two already. */
void memory_add_pair(struct memory *memory, const char *account, const struct address *address,
		     int64_t first_us, int64_t last_us);
/* From now on a name that was never added does not exist. */
void memory_set_complete(struct memory *memory, bool is_complete);
bool memory_is_complete(const struct memory *memory);

enum account_state memory_account(const struct memory *memory, uint64_t account);
/* These will be asked for soon. */
void memory_expect(const struct memory *memory, uint64_t pair, uint64_t account);
enum pair_state memory_pair(const struct memory *memory, uint64_t pair);
/* A success. Returns true unless this network opened the account within the last days: then
 * there is nothing new to remember either. */
bool memory_is_stale(const struct memory *memory, uint64_t pair);
void memory_note_success(struct memory *memory, uint64_t pair, uint64_t account);
/* Whether it is known; and makes it so. Networks for two months, tries for four days. */
bool memory_has_network(const struct memory *memory, uint64_t key);
void memory_note_network(struct memory *memory, uint64_t key);
bool memory_has_tried(const struct memory *memory, uint64_t key);
void memory_note_tried(struct memory *memory, uint64_t key);

bool memory_knows_tenant(const struct memory *memory, uint64_t tenant);
void memory_note_tenant(struct memory *memory, uint64_t tenant);

/* Accounts that are remembered, and those that were given up because there are more than the
 * memory was laid out for. */
uint64_t memory_accounts(const struct memory *memory);
uint64_t memory_accounts_lost(const struct memory *memory);
/* The time of the last tick, 0 before the first. */
int64_t memory_now_us(const struct memory *memory);
size_t memory_bytes(const struct memory *memory);
uint64_t memory_lost(const struct memory *memory);

#endif
