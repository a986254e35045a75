/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small sorted list: searched for each row of a tick, and grown a few hundred times ever. */
#include <string.h>

#include "base/mem.h"
#include "serve/label_set.h"

/* Index of the first word that is not before the one asked for. */
static size_t label_set_place(const struct label_set *label_set, const char *word)
{
	size_t low = 0, high = label_set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(label_set->words[middle], word) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *label_set_admit(struct label_set *label_set, const char *word)
{
	size_t place = label_set_place(label_set, word);

	if (!word[0])
		return LABEL_SET_OTHER;
	if (place < label_set->count && strcmp(label_set->words[place], word) == 0)
		return label_set->words[place];
	if (label_set->count >= label_set->cap)
		return LABEL_SET_OTHER;
	if (!label_set->words)
		label_set->words = xcalloc(label_set->cap, sizeof(*label_set->words));
	memmove(&label_set->words[place + 1], &label_set->words[place],
		(label_set->count - place) * sizeof(*label_set->words));
	label_set->words[place] = xstrdup(word);
	label_set->count++;
	return label_set->words[place];
}

void label_set_done(struct label_set *label_set)
{
	for (size_t i = 0; i < label_set->count; i++)
		free(label_set->words[i]);
	free(label_set->words);
}
