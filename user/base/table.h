/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded map from fixed-size keys to fixed-size values. Full, it gives up the entry that was
 * touched least recently and counts it. Memory grows with use, so an idle table is small; values
 * never move while they live.
 */
#ifndef WAX_BASE_TABLE_H
#define WAX_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table;

/* Called for each entry that is leaving (evicted, removed, cleared, freed): release what the value
 * owns. Must not change the table. */
typedef void (*table_release)(void *context, const void *key, void *value);

/* capacity: 1 to 2^31 entries. release may be NULL. */
struct table *table_new(size_t key_bytes, size_t value_bytes, size_t capacity,
			table_release release, void *context);
void table_free(struct table *table);

/* The value, or NULL. Looking does not count as touching. */
void *table_find(const struct table *table, const void *key);
/* The value, zeroed when the entry is new; the entry is then the most recent one. */
void *table_touch(struct table *table, const void *key, bool *ret_is_new);
/* Returns whether it was there. */
bool table_remove(struct table *table, const void *key);
void table_clear(struct table *table);

/* From the least to the most recently touched; begin with NULL, ends with NULL. To remove while
 * walking, ask for the next one first. */
void *table_next(const struct table *table, const void *value);
/* The key that belongs to a value of this table. */
const void *table_key(const struct table *table, const void *value);

size_t table_count(const struct table *table);
size_t table_capacity(const struct table *table);
/* Entries given up because the table was full. */
uint64_t table_evicted(const struct table *table);

#endif
