/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of strings in the order of adding: paths and templates from the configuration and from
 * discovery. Capped, because a damaged mail server configuration must not fill the memory; what
 * came past the cap is counted.
 */
#ifndef WAX_BASE_STRLIST_H
#define WAX_BASE_STRLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRLIST_CAP 512

/* Zero-initialised it is empty. */
struct strlist {
	char **items; /* ends with NULL once there is one */
	size_t count;
	uint64_t dropped;
};

/* Keeps a copy, once. */
void strlist_add(struct strlist *list, const char *word);
void strlist_addf(struct strlist *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strlist_add_all(struct strlist *list, const struct strlist *more);
bool strlist_has(const struct strlist *list, const char *word);
/* Ends with NULL, never NULL itself; valid until the next change. */
const char *const *strlist_list(const struct strlist *list);
void strlist_done(struct strlist *list);

#endif
