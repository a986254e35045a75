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

/* What lists, mail directories and the ledger say; last_login_us 0: unknown or never. */
void memory_add_account(struct memory *memory, const char *account, enum account_state state,
			int64_t last_login_us);
/* From now on a name that was never added does not exist. */
void memory_set_complete(struct memory *memory, bool is_complete);
bool memory_is_complete(const struct memory *memory);

enum account_state memory_account(const struct memory *memory, uint64_t account);
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

size_t memory_bytes(const struct memory *memory);
uint64_t memory_lost(const struct memory *memory);

#endif
