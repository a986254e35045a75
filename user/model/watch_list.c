/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linear: a mail host has dozens of paths, not thousands. */
#include "model/watch_list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool watch_entries_has(const struct watch_entries *entries, const char *name)
{
	for (size_t i = 0; i < entries->count; i++)
		if (strcmp(entries->items[i].name, name) == 0)
			return true;
	return false;
}

void watch_entries_add(struct watch_entries *entries, uint8_t protocol, const char *name)
{
	if (watch_entries_has(entries, name))
		return;
	if (entries->count == WATCH_ENTRIES_CAP) {
		entries->dropped++;
		return;
	}
	entries->items = xreallocarray(entries->items, entries->count + 1, sizeof(*entries->items));
	entries->items[entries->count++] =
		(struct watch_entry){.name = xstrdup(name), .protocol = protocol};
}

void watch_entries_addf(struct watch_entries *entries, uint8_t protocol, const char *format, ...)
{
	_cleanup_free_ char *name = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&name, format, arguments) < 0)
		abort();
	va_end(arguments);
	watch_entries_add(entries, protocol, name);
}

void watch_list_add(struct watch_list *list, enum watch_role role, uint8_t protocol,
		    const char *name)
{
	watch_entries_add(&list->of[role], protocol, name);
}

void watch_list_add_all(struct watch_list *list, const struct watch_list *more)
{
	for (int role = 0; role < WATCH_ROLES; role++)
		for (size_t i = 0; i < more->of[role].count; i++)
			watch_list_add(list, role, more->of[role].items[i].protocol,
				       more->of[role].items[i].name);
}

void watch_list_done(struct watch_list *list)
{
	for (int role = 0; role < WATCH_ROLES; role++) {
		for (size_t i = 0; i < list->of[role].count; i++)
			free(list->of[role].items[i].name);
		free(list->of[role].items);
	}
	*list = (struct watch_list){};
}
