/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small sorted list: it is asked for each row of a tick and grows a few hundred times ever. */
#include <string.h>

#include "base/mem.h"
#include "serve/vocabulary.h"

/* Index of the first word that is not before the one asked for. */
static size_t vocabulary_place(const struct vocabulary *vocabulary, const char *word)
{
	size_t low = 0, high = vocabulary->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(vocabulary->words[middle], word) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *vocabulary_admit(struct vocabulary *vocabulary, const char *word)
{
	size_t place = vocabulary_place(vocabulary, word);

	if (!word[0])
		return VOCABULARY_OTHER;
	if (place < vocabulary->count && strcmp(vocabulary->words[place], word) == 0)
		return vocabulary->words[place];
	if (vocabulary->count >= vocabulary->cap)
		return VOCABULARY_OTHER;
	if (!vocabulary->words)
		vocabulary->words = xcalloc(vocabulary->cap, sizeof(*vocabulary->words));
	memmove(&vocabulary->words[place + 1], &vocabulary->words[place],
		(vocabulary->count - place) * sizeof(*vocabulary->words));
	vocabulary->words[place] = xstrdup(word);
	vocabulary->count++;
	return vocabulary->words[place];
}

void vocabulary_done(struct vocabulary *vocabulary)
{
	for (size_t i = 0; i < vocabulary->count; i++)
		free(vocabulary->words[i]);
	free(vocabulary->words);
}
