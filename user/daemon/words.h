/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of strings in the order of adding: paths and templates from the configuration and from
 * discovery. Capped, because a damaged mail server configuration must not fill the memory; what
 * came past the cap is counted.
 */
#ifndef WAX_DAEMON_WORDS_H
#define WAX_DAEMON_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_CAP 512

/* Zero-initialised it is empty. */
struct words {
	char **items; /* ends with NULL once there is one */
	size_t count;
	uint64_t dropped;
};

/* Keeps a copy, once. */
void words_add(struct words *words, const char *word);
void words_addf(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
void words_add_all(struct words *words, const struct words *more);
bool words_has(const struct words *words, const char *word);
/* Ends with NULL, never NULL itself; valid until the next change. */
const char *const *words_list(const struct words *words);
void words_done(struct words *words);

#endif
