/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two tables: (source, account) pairs with a window of messages, and sources that emptied any. */
#include "detect/emptied.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/table.h"
#include "detect/window.h"

#define BOXES 65536
#define SOURCES 4096
#define NAMES_PER_SOURCE 1024

struct emptied {
	int64_t span_us;
	struct table *boxes, *sources;
};

struct box {
	struct window messages;
	int64_t emptied_us; /* when it was last counted as emptied; 0: never */
};

struct source {
	uint64_t mailboxes, messages;
	int64_t first_us, last_us;
	char **accounts;
	size_t n_accounts;
};

static void forget_accounts(struct source *source)
{
	for (size_t i = 0; i < source->n_accounts; i++)
		free(source->accounts[i]);
	free(source->accounts);
	*source = (struct source){0};
}

static void release_source(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	forget_accounts(value);
}

struct emptied *emptied_new(int64_t span_us)
{
	struct emptied *emptied = xcalloc(1, sizeof(*emptied));

	emptied->span_us = span_us;
	emptied->boxes = table_new(sizeof(uint64_t), sizeof(struct box), BOXES, NULL, NULL);
	emptied->sources =
		table_new(sizeof(uint64_t), sizeof(struct source), SOURCES, release_source, NULL);
	return emptied;
}

void emptied_free(struct emptied *emptied)
{
	if (!emptied)
		return;
	table_free(emptied->boxes);
	table_free(emptied->sources);
	free(emptied);
}

static void count_for_source(struct emptied *emptied, const struct read_row *row,
			     const struct emptied_box *box, bool is_new_box, int64_t now_us)
{
	uint64_t key = hash_string(row->source);
	struct source *source = table_touch(emptied->sources, &key, NULL);

	if (now_us - source->last_us >= emptied->span_us)
		forget_accounts(source);
	if (!source->mailboxes)
		source->first_us = now_us - box->age_us;
	source->last_us = now_us;
	source->messages += is_new_box ? box->messages : row->messages;
	if (!is_new_box)
		return;
	source->mailboxes++;
	if (source->n_accounts >= NAMES_PER_SOURCE)
		return;
	source->accounts =
		xreallocarray(source->accounts, source->n_accounts + 1, sizeof(*source->accounts));
	source->accounts[source->n_accounts++] = xstrdup(row->account);
}

struct emptied_box emptied_add(struct emptied *emptied, const struct read_row *row, uint64_t limit,
			       int64_t now_us)
{
	uint64_t key = hash_two_strings(row->source, row->account);
	struct box *box = table_touch(emptied->boxes, &key, NULL);
	struct emptied_box result;
	bool is_new_box;

	window_add(&box->messages, emptied->span_us, row->last_us, row->messages);
	if (row->first_us < box->messages.first_us)
		box->messages.first_us = row->first_us;
	result.messages = window_sum(&box->messages, emptied->span_us, now_us);
	result.age_us = window_age(&box->messages, emptied->span_us, now_us);
	if (result.messages < limit)
		return result;
	/* Without a source nothing tells that two mailboxes were emptied by one. */
	is_new_box = !box->emptied_us || now_us - box->emptied_us >= emptied->span_us;
	box->emptied_us = now_us;
	if (*row->source)
		count_for_source(emptied, row, &result, is_new_box, now_us);
	return result;
}

struct emptied_source emptied_find_source(const struct emptied *emptied, const char *name,
					  int64_t now_us)
{
	uint64_t key = hash_string(name);
	const struct source *source = table_find(emptied->sources, &key);

	if (!source || now_us - source->last_us >= emptied->span_us)
		return (struct emptied_source){0};
	return (struct emptied_source){
		.mailboxes = source->mailboxes,
		.messages = source->messages,
		.age_us = now_us - source->first_us,
		.accounts = source->accounts,
		.n_accounts = source->n_accounts,
	};
}
