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

		if (strcmp(label_set->words[middle].word, word) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Gives the place of the word that was not asked for longest, of those that do not last. */
static bool label_set_make_room(struct label_set *label_set, char **ret_gone)
{
	struct label_word *found = NULL, *end = label_set->words + label_set->count;

	for (struct label_word *word = label_set->words; word < end; word++)
		if (!word->lasts && (!found || word->used < found->used))
			found = word;
	if (!found)
		return false;
	*ret_gone = found->word;
	memmove(found, found + 1, (size_t)(end - found - 1) * sizeof(*found));
	label_set->count--;
	return true;
}

const char *label_set_admit(struct label_set *label_set, const char *word, bool lasts,
			    char **ret_gone)
{
	size_t place = label_set_place(label_set, word);
	struct label_word *found;

	*ret_gone = NULL;
	if (!word[0])
		return LABEL_SET_OTHER;
	if (!label_set->words)
		label_set->words = xcalloc(label_set->cap, sizeof(*label_set->words));
	found = &label_set->words[place];
	if (place == label_set->count || strcmp(found->word, word) != 0) {
		if (label_set->count == label_set->cap) {
			if (!lasts || !label_set_make_room(label_set, ret_gone))
				return LABEL_SET_OTHER;
			place = label_set_place(label_set, word);
			found = &label_set->words[place];
		}
		memmove(found + 1, found, (label_set->count - place) * sizeof(*found));
		*found = (struct label_word){.word = xstrdup(word)};
		label_set->count++;
	}
	found->lasts = found->lasts || lasts;
	found->used = ++label_set->asked;
	return found->word;
}

void label_set_done(struct label_set *label_set)
{
	for (size_t i = 0; i < label_set->count; i++)
		free(label_set->words[i].word);
	free(label_set->words);
}
