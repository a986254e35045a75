/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Past the cap the one that was touched least recently is forgotten. */
#include "detect/state/first_accesses.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

#define FIRST_ACCESSES 16384
#define MOVED 1024
#define MOVED_US (2 * US_PER_DAY) /* for so long it is looked for the owner in the old place */

static void first_access_release(void *context, const void *key, void *value)
{
	struct first_access *first_access = value;

	(void)context;
	(void)key;
	free(first_access->account);
	free(first_access->source);
}

static void moved_release(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	free(((struct moved *)value)->source);
}

void first_accesses_init(struct first_accesses *first_accesses)
{
	*first_accesses = (struct first_accesses){
		.table = table_new(sizeof(uint64_t), sizeof(struct first_access), FIRST_ACCESSES,
				   first_access_release, NULL),
		.moved = table_new(sizeof(uint64_t), sizeof(struct moved), MOVED, moved_release,
				   NULL),
	};
}

void first_accesses_done(struct first_accesses *first_accesses)
{
	table_free(first_accesses->table);
	table_free(first_accesses->moved);
	free(first_accesses->returns);
	free(first_accesses->readings);
}

static void first_access_serialize(struct serializer *serializer, void *value)
{
	struct first_access *first_access = value;

	serializer_text(serializer, &first_access->account);
	serializer_text(serializer, &first_access->source);
}

static void moved_serialize(struct serializer *serializer, void *value)
{
	serializer_text(serializer, &((struct moved *)value)->source);
}

void first_accesses_serialize(struct first_accesses *first_accesses, struct serializer *serializer)
{
	serializer_member(serializer, &first_accesses->read_depth,
			  sizeof(first_accesses->read_depth));
	serializer_table(serializer, first_accesses->table, sizeof(uint64_t),
			 sizeof(struct first_access), first_access_serialize);
	serializer_table(serializer, first_accesses->moved, sizeof(uint64_t), sizeof(struct moved),
			 moved_serialize);
}

static bool is_worth(const struct contact *contact)
{
	return contact->is_success && contact->network &&
	       ((contact->is_newcomer && !contact->is_first_use) || contact->score);
}

static void first_accesses_add(struct first_accesses *first_accesses, const struct contact *contact)
{
	uint64_t pair = history_join(contact->network, contact->account);
	bool is_new, is_quiet = contact->normal && !tenant_attack_since(contact->normal);
	struct first_access *first_access = table_touch(first_accesses->table, &pair, &is_new);

	if (!is_new)
		return;
	*first_access = (struct first_access){
		.network = contact->network,
		.client_prefix = contact->client_prefix,
		.tenant = contact->tenant,
		.time_us = contact->row->last_us,
		.class = contact->class,
		.is_newcomer = contact->is_newcomer && !contact->is_first_use,
		.is_newcomer_to_all = contact->is_newcomer_to_all,
		.is_far = contact->is_far,
		.is_strange_vote = contact->is_vote && contact->is_strange_vote,
		.is_learnt = contact->is_newcomer && !contact->is_first_use && is_quiet,
		.account = xstrdup(contact->row->account),
		.source = xstrdup(contact->row->source),
	};
	if (first_access->is_learnt)
		read_depth_note_opened(&first_accesses->read_depth, first_access->time_us);
}

static void first_accesses_append(struct first_accesses *first_accesses,
				  const struct first_access_reading *reading)
{
	if (first_accesses->n_readings == first_accesses->capacity) {
		first_accesses->capacity =
			first_accesses->capacity ? 2 * first_accesses->capacity : 16;
		first_accesses->readings =
			xreallocarray(first_accesses->readings, first_accesses->capacity,
				      sizeof(*first_accesses->readings));
	}
	first_accesses->readings[first_accesses->n_readings++] = *reading;
}

static void first_accesses_note_row(struct first_accesses *first_accesses,
				    const struct history *history, const struct read_row *row)
{
	struct address address = address_parse(row->source), network = network_of(&address);
	uint64_t pair = history_join(history_hash(history, &network, sizeof(network)),
				     history_name(history, row->account));
	struct first_access *first_access = table_find(first_accesses->table, &pair);

	if (!first_access || row->last_us - first_access->time_us > US_PER_DAY)
		return;
	first_accesses_append(first_accesses, &(struct first_access_reading){
						      first_access, row, first_access->messages});
	if (first_access->is_learnt)
		read_depth_note_read(&first_accesses->read_depth, first_access->messages,
				     first_access->messages + row->messages);
	first_access->messages += row->messages;
}

void first_accesses_note_moved(struct first_accesses *first_accesses, const struct contact *contact,
			       uint64_t failures, int64_t first_us)
{
	struct moved *moved = table_touch(first_accesses->moved, &contact->account, NULL);

	free(moved->source);
	*moved = (struct moved){.network = contact->network,
				.region = contact->region,
				.failures = failures,
				.first_us = first_us,
				.time_us = contact->row->last_us,
				.source = xstrdup(contact->row->source)};
}

/* The account is opened from where it was opened before, at the same provider. */
static void first_accesses_note_return(struct first_accesses *first_accesses,
				       const struct history *history,
				       const struct attempt_row *row)
{
	uint64_t account = history_name(history, row->account);
	struct moved *moved = table_find(first_accesses->moved, &account);
	struct address address = address_parse(row->source), network = network_of(&address);
	uint64_t hash = history_hash(history, &network, sizeof(network));

	if (!moved || moved->is_told || row->last_us <= moved->time_us ||
	    moved->network == hash || contact_region(history, &address) != moved->region ||
	    history_pair(history, history_join(hash, account)) != PAIR_KNOWN)
		return;
	if (row->last_us - moved->time_us > MOVED_US) {
		(void)table_remove(first_accesses->moved, &account);
		return;
	}
	if (first_accesses->n_returns == first_accesses->returns_capacity) {
		first_accesses->returns_capacity =
			first_accesses->returns_capacity ? 2 * first_accesses->returns_capacity : 4;
		first_accesses->returns =
			xreallocarray(first_accesses->returns, first_accesses->returns_capacity,
				      sizeof(*first_accesses->returns));
	}
	moved->is_told = true;
	first_accesses->returns[first_accesses->n_returns++] = (struct moved_return){moved, row};
}

static void first_accesses_forget_moved(struct first_accesses *first_accesses, int64_t now_us)
{
	struct moved *moved = table_next(first_accesses->moved, NULL);

	if (moved && now_us - moved->time_us > MOVED_US)
		(void)table_remove(first_accesses->moved, table_key(first_accesses->moved, moved));
}

void first_accesses_collect(struct first_accesses *first_accesses, const struct history *history,
			    const struct contacts *contacts, const struct snapshot *snapshot)
{
	first_accesses->n_readings = first_accesses->n_returns = 0;
	first_accesses_forget_moved(first_accesses, snapshot->until_us);
	for (size_t i = 0; table_count(first_accesses->moved) && i < snapshot->n_attempts; i++)
		if (*snapshot->attempts[i].account &&
		    snapshot->attempts[i].count[OUTCOME_SUCCESS] > 0)
			first_accesses_note_return(first_accesses, history, &snapshot->attempts[i]);
	for (size_t i = 0; i < contacts->count; i++)
		if (is_worth(&contacts->items[i]))
			first_accesses_add(first_accesses, &contacts->items[i]);
	for (size_t i = 0; i < snapshot->n_reads; i++)
		if (snapshot->reads[i].reader == READER_SESSION && snapshot->reads[i].messages)
			first_accesses_note_row(first_accesses, history, &snapshot->reads[i]);
}

struct first_access *first_accesses_find(const struct first_accesses *first_accesses,
					 const struct contact *contact)
{
	uint64_t pair = history_join(contact->network, contact->account);

	return table_find(first_accesses->table, &pair);
}

struct first_access *first_accesses_next(const struct first_accesses *first_accesses,
					 const struct first_access *first_access)
{
	return table_next(first_accesses->table, first_access);
}
