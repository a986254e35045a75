/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Past the cap the one that was touched least recently is forgotten. */
#include "detect/openings.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

#define OPENINGS 16384

static void release_opening(void *context, const void *key, void *value)
{
	struct opening *opening = value;

	(void)context;
	(void)key;
	free(opening->account);
	free(opening->source);
}

void openings_init(struct openings *openings)
{
	*openings = (struct openings){
		.table = table_new(sizeof(uint64_t), sizeof(struct opening), OPENINGS,
				   release_opening, NULL),
	};
}

void openings_done(struct openings *openings)
{
	table_free(openings->table);
	free(openings->readings);
}

static void keep_opening(struct archive *archive, void *value)
{
	struct opening *opening = value;

	archive_text(archive, &opening->account);
	archive_text(archive, &opening->source);
}

void openings_keep(struct openings *openings, struct archive *archive)
{
	archive_member(archive, &openings->appetite, sizeof(openings->appetite));
	archive_table(archive, openings->table, sizeof(uint64_t), sizeof(struct opening),
		      keep_opening);
}

static bool is_worth(const struct contact *contact)
{
	return contact->is_success && contact->network && (contact->is_newcomer || contact->score);
}

static void add(struct openings *openings, const struct contact *contact)
{
	uint64_t pair = memory_join(contact->network, contact->account);
	bool is_new, is_quiet = contact->normal && !tenant_siege_since(contact->normal);
	struct opening *opening = table_touch(openings->table, &pair, &is_new);

	if (!is_new)
		return;
	*opening = (struct opening){
		.network = contact->network,
		.machine = contact->machine,
		.tenant = contact->tenant,
		.time_us = contact->row->last_us,
		.class = contact->class,
		.is_newcomers = contact->is_newcomer,
		.is_strange_vote = contact->is_vote && contact->is_strange_vote,
		.is_learnt = contact->is_newcomer && is_quiet,
		.account = xstrdup(contact->row->account),
		.source = xstrdup(contact->row->source),
	};
	if (opening->is_learnt)
		appetite_note_opened(&openings->appetite, opening->time_us);
}

static void append(struct openings *openings, const struct opening_reading *reading)
{
	if (openings->n_readings == openings->room) {
		openings->room = openings->room ? 2 * openings->room : 16;
		openings->readings = xreallocarray(openings->readings, openings->room,
						   sizeof(*openings->readings));
	}
	openings->readings[openings->n_readings++] = *reading;
}

static void read_one(struct openings *openings, const struct memory *memory,
		     const struct read_row *row)
{
	struct address address = address_parse(row->source), network = network_of(&address);
	uint64_t pair = memory_join(memory_hash(memory, &network, sizeof(network)),
				    memory_name(memory, row->account));
	struct opening *opening = table_find(openings->table, &pair);

	if (!opening || row->last_us - opening->time_us > US_PER_DAY)
		return;
	append(openings, &(struct opening_reading){opening, row, opening->messages});
	if (opening->is_learnt)
		appetite_note_read(&openings->appetite, opening->messages,
				   opening->messages + row->messages);
	opening->messages += row->messages;
}

void openings_collect(struct openings *openings, const struct memory *memory,
		      const struct contacts *contacts, const struct snapshot *snapshot)
{
	openings->n_readings = 0;
	for (size_t i = 0; i < contacts->count; i++)
		if (is_worth(&contacts->items[i]))
			add(openings, &contacts->items[i]);
	for (size_t i = 0; i < snapshot->n_reads; i++)
		if (snapshot->reads[i].reader == READER_SESSION && snapshot->reads[i].messages)
			read_one(openings, memory, &snapshot->reads[i]);
}

struct opening *openings_find(const struct openings *openings, const struct contact *contact)
{
	uint64_t pair = memory_join(contact->network, contact->account);

	return table_find(openings->table, &pair);
}

struct opening *openings_next(const struct openings *openings, const struct opening *opening)
{
	return table_next(openings->table, opening);
}
