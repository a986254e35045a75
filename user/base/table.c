/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries lie in chunks and are linked by index: in a chain per bucket, and in one list from the
 * least to the most recently touched. Index 0 means none. Removed entries wait in a free list,
 * linked through `next`.
 */
#include "base/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define CHUNK_ENTRIES 256u
#define FIRST_BUCKETS 64u

struct entry {
	uint32_t next;	       /* in the bucket, or in the free list */
	uint32_t older, newer; /* in the order of touching */
	uint32_t index;	       /* its own, to get back from a value */
	uint64_t mark;	       /* hash of the key: tells others apart without looking at theirs */
	uint64_t memory[];     /* value, then key */
};

struct table {
	size_t key_bytes, value_bytes, entry_bytes;
	uint32_t capacity, count, made; /* made: entries that were ever handed out */
	uint32_t oldest, newest, unused;
	uint32_t n_buckets; /* a power of two */
	uint32_t *buckets;
	char **chunks;
	size_t n_chunks;
	uint64_t evicted;
	table_release release;
	void *context;
};

static size_t align8(size_t bytes)
{
	return (bytes + 7) & ~(size_t)7;
}

struct table *table_new(size_t key_bytes, size_t value_bytes, size_t capacity,
			table_release release, void *context)
{
	struct table *table = xcalloc(1, sizeof(*table));

	assert(key_bytes > 0 && capacity > 0 && capacity <= UINT32_C(1) << 31);
	table->key_bytes = key_bytes;
	table->value_bytes = align8(value_bytes);
	table->entry_bytes = sizeof(struct entry) + table->value_bytes + align8(key_bytes);
	table->capacity = capacity;
	table->release = release;
	table->context = context;
	return table;
}

static struct entry *entry_at(const struct table *table, uint32_t index)
{
	uint32_t at = index - 1;

	return (struct entry *)(table->chunks[at / CHUNK_ENTRIES] +
				(at % CHUNK_ENTRIES) * table->entry_bytes);
}

static void *value_of(struct entry *entry)
{
	return entry->memory;
}

static void *table_key_of(const struct table *table, struct entry *entry)
{
	return (char *)entry->memory + table->value_bytes;
}

static struct entry *entry_of(const void *value)
{
	return (struct entry *)((char *)value - offsetof(struct entry, memory));
}

static uint32_t *bucket_of(const struct table *table, uint64_t mark)
{
	return &table->buckets[mark & (table->n_buckets - 1)];
}

/* The link that points to the entry with this key, or to 0 at the end of its chain. */
static uint32_t *find_link(const struct table *table, const void *key, uint64_t mark)
{
	uint32_t *link = bucket_of(table, mark);

	while (*link) {
		struct entry *entry = entry_at(table, *link);

		if (entry->mark == mark && !memcmp(table_key_of(table, entry), key, table->key_bytes))
			break;
		link = &entry->next;
	}
	return link;
}

static void list_append(struct table *table, struct entry *entry)
{
	entry->older = table->newest;
	entry->newer = 0;
	if (table->newest)
		entry_at(table, table->newest)->newer = entry->index;
	else
		table->oldest = entry->index;
	table->newest = entry->index;
}

static void list_unlink(struct table *table, struct entry *entry)
{
	if (entry->older)
		entry_at(table, entry->older)->newer = entry->newer;
	else
		table->oldest = entry->newer;
	if (entry->newer)
		entry_at(table, entry->newer)->older = entry->older;
	else
		table->newest = entry->older;
}

static void link_into_bucket(struct table *table, struct entry *entry)
{
	uint32_t *bucket = bucket_of(table, entry->mark);

	entry->next = *bucket;
	*bucket = entry->index;
}

static void grow_buckets(struct table *table)
{
	uint32_t n_buckets = table->n_buckets ? table->n_buckets * 2 : FIRST_BUCKETS;

	free(table->buckets);
	table->buckets = xcalloc(n_buckets, sizeof(*table->buckets));
	table->n_buckets = n_buckets;
	for (uint32_t i = table->oldest; i; i = entry_at(table, i)->newer)
		link_into_bucket(table, entry_at(table, i));
}

/* An entry that was never used; the caller checked the capacity. */
static struct entry *make_entry(struct table *table)
{
	struct entry *entry;

	if (table->made == table->n_chunks * CHUNK_ENTRIES) {
		table->chunks =
			xreallocarray(table->chunks, table->n_chunks + 1, sizeof(*table->chunks));
		table->chunks[table->n_chunks++] = xcalloc(CHUNK_ENTRIES, table->entry_bytes);
	}
	entry = entry_at(table, ++table->made);
	entry->index = table->made;
	return entry;
}

static void drop(struct table *table, uint32_t *link)
{
	struct entry *entry = entry_at(table, *link);

	if (table->release)
		table->release(table->context, table_key_of(table, entry), value_of(entry));
	*link = entry->next;
	list_unlink(table, entry);
	entry->next = table->unused;
	table->unused = entry->index;
	table->count--;
}

static struct entry *take_entry(struct table *table)
{
	struct entry *entry;

	if (table->count == table->capacity) {
		entry = entry_at(table, table->oldest);
		drop(table, find_link(table, table_key_of(table, entry), entry->mark));
		table->evicted++;
	}
	if (!table->unused)
		return make_entry(table);
	entry = entry_at(table, table->unused);
	table->unused = entry->next;
	memset(value_of(entry), 0, table->value_bytes);
	return entry;
}

static uint64_t mark_of(const struct table *table, const void *key)
{
	return hash_bytes(key, table->key_bytes);
}

static void *find(const struct table *table, const void *key, uint64_t mark)
{
	uint32_t index = table->count ? *find_link(table, key, mark) : 0;

	return index ? value_of(entry_at(table, index)) : NULL;
}

void *table_find(const struct table *table, const void *key)
{
	return table->count ? find(table, key, mark_of(table, key)) : NULL;
}

static struct entry *insert(struct table *table, const void *key, uint64_t mark)
{
	struct entry *entry = take_entry(table);

	entry->mark = mark;
	memcpy(table_key_of(table, entry), key, table->key_bytes);
	if (table->count >= table->n_buckets)
		grow_buckets(table);
	link_into_bucket(table, entry);
	table->count++;
	return entry;
}

void *table_touch(struct table *table, const void *key, bool *ret_is_new)
{
	uint64_t mark = mark_of(table, key);
	void *value = find(table, key, mark);
	struct entry *entry;

	if (value) {
		entry = entry_of(value);
		list_unlink(table, entry);
	} else {
		entry = insert(table, key, mark);
	}
	list_append(table, entry);
	if (ret_is_new)
		*ret_is_new = !value;
	return value_of(entry);
}

bool table_remove(struct table *table, const void *key)
{
	uint32_t *link;

	if (!table->count)
		return false;
	link = find_link(table, key, mark_of(table, key));
	if (!*link)
		return false;
	drop(table, link);
	return true;
}

void table_clear(struct table *table)
{
	for (uint32_t i = table->oldest; i && table->release; i = entry_at(table, i)->newer)
		table->release(table->context, table_key_of(table, entry_at(table, i)),
			       value_of(entry_at(table, i)));
	for (size_t i = 0; i < table->n_chunks; i++)
		free(table->chunks[i]);
	free(take_ptr(table->chunks));
	free(take_ptr(table->buckets));
	table->n_chunks = 0;
	table->n_buckets = table->count = table->made = 0;
	table->oldest = table->newest = table->unused = 0;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	table_clear(table);
	free(table);
}

void *table_next(const struct table *table, const void *value)
{
	uint32_t index = value ? entry_of(value)->newer : table->oldest;

	return index ? value_of(entry_at(table, index)) : NULL;
}

const void *table_key(const struct table *table, const void *value)
{
	return table_key_of(table, entry_of(value));
}

size_t table_count(const struct table *table)
{
	return table->count;
}

size_t table_capacity(const struct table *table)
{
	return table->capacity;
}

uint64_t table_evicted(const struct table *table)
{
	return table->evicted;
}
