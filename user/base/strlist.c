/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A capped set of strings. Linear: a mail host has dozens of paths, not thousands. */
#include "base/strlist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool strlist_has(const struct strlist *list, const char *word)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], word) == 0)
			return true;
	return false;
}

void strlist_add(struct strlist *list, const char *word)
{
	if (strlist_has(list, word))
		return;
	if (list->count == STRLIST_CAP) {
		list->dropped++;
		return;
	}
	list->items = xrealloc(list->items, (list->count + 2) * sizeof(*list->items));
	list->items[list->count++] = xstrdup(word);
	list->items[list->count] = NULL;
}

void strlist_addf(struct strlist *list, const char *format, ...)
{
	_cleanup_free_ char *word = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&word, format, arguments) < 0)
		abort();
	va_end(arguments);
	strlist_add(list, word);
}

void strlist_add_all(struct strlist *list, const struct strlist *more)
{
	for (size_t i = 0; i < more->count; i++)
		strlist_add(list, more->items[i]);
}

const char *const *strlist_list(const struct strlist *list)
{
	static const char *const nothing[] = {NULL};

	return list->count ? (const char *const *)list->items : nothing;
}

void strlist_done(struct strlist *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strlist){};
}
