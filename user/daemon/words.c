/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capped set of strings. Linear: a mail host has dozens of paths, not thousands. */
#include "daemon/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool words_has(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->items[i], word) == 0)
			return true;
	return false;
}

void words_add(struct words *words, const char *word)
{
	if (words_has(words, word))
		return;
	if (words->count == WORDS_CAP) {
		words->dropped++;
		return;
	}
	words->items = xrealloc(words->items, (words->count + 2) * sizeof(*words->items));
	words->items[words->count++] = xstrdup(word);
	words->items[words->count] = NULL;
}

void words_addf(struct words *words, const char *format, ...)
{
	_cleanup_free_ char *word = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&word, format, arguments) < 0)
		abort();
	va_end(arguments);
	words_add(words, word);
}

void words_add_all(struct words *words, const struct words *more)
{
	for (size_t i = 0; i < more->count; i++)
		words_add(words, more->items[i]);
}

const char *const *words_list(const struct words *words)
{
	static const char *const nothing[] = {NULL};

	return words->count ? (const char *const *)words->items : nothing;
}

void words_done(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	free(words->items);
	*words = (struct words){};
}
