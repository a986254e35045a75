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

void openings_add(struct openings *openings, const struct contact *contact, double nats)
{
	uint64_t pair = memory_join(contact->network, contact->account);
	struct opening *opening;
	bool is_new;

	opening = table_touch(openings->table, &pair, &is_new);
	if (!is_new)
		return;
	*opening = (struct opening){
		.network = contact->network,
		.machine = contact->machine,
		.tenant = contact->tenant,
		.time_us = contact->row->last_us,
		.class = contact->class,
		.nats = (float)nats,
		.is_newcomers = contact->is_newcomer,
		.account = xstrdup(contact->row->account),
		.source = xstrdup(contact->row->source),
	};
	if (contact->is_newcomer)
		appetite_note_opened(&openings->appetite, opening->time_us);
}

struct opening *openings_read(struct openings *openings, const struct memory *memory,
			      const struct read_row *row)
{
	struct address address = address_parse(row->source), network = network_of(&address);
	uint64_t pair = memory_join(memory_hash(memory, &network, sizeof(network)),
				    memory_name(memory, row->account));
	struct opening *opening = table_find(openings->table, &pair);

	if (!opening)
		return NULL;
	if (row->last_us - opening->time_us > US_PER_DAY) {
		openings_remove(openings, opening);
		return NULL;
	}
	if (opening->is_newcomers)
		appetite_note_read(&openings->appetite, opening->messages,
				   opening->messages + row->messages);
	opening->messages += row->messages;
	return opening;
}

struct opening *openings_next(const struct openings *openings, const struct opening *opening)
{
	return table_next(openings->table, opening);
}

void openings_remove(struct openings *openings, struct opening *opening)
{
	uint64_t pair;

	pair = *(const uint64_t *)table_key(openings->table, opening);
	(void)table_remove(openings->table, &pair);
}
