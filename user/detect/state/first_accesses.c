/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Past the cap the one that was touched least recently is forgotten. */
#include "detect/state/first_accesses.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

#define FIRST_ACCESSES 16384

static void first_access_release(void *context, const void *key, void *value)
{
	struct first_access *first_access = value;

	(void)context;
	(void)key;
	free(first_access->account);
	free(first_access->source);
}

void first_accesses_init(struct first_accesses *first_accesses)
{
	*first_accesses = (struct first_accesses){
		.table = table_new(sizeof(uint64_t), sizeof(struct first_access), FIRST_ACCESSES,
				   first_access_release, NULL),
	};
}

void first_accesses_done(struct first_accesses *first_accesses)
{
	table_free(first_accesses->table);
	free(first_accesses->readings);
}

static void first_access_serialize(struct serializer *serializer, void *value)
{
	struct first_access *first_access = value;

	serializer_text(serializer, &first_access->account);
	serializer_text(serializer, &first_access->source);
}

void first_accesses_serialize(struct first_accesses *first_accesses, struct serializer *serializer)
{
	serializer_member(serializer, &first_accesses->read_depth,
			  sizeof(first_accesses->read_depth));
	serializer_table(serializer, first_accesses->table, sizeof(uint64_t),
			 sizeof(struct first_access), first_access_serialize);
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

void first_accesses_collect(struct first_accesses *first_accesses, const struct history *history,
			    const struct contacts *contacts, const struct snapshot *snapshot)
{
	first_accesses->n_readings = 0;
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
