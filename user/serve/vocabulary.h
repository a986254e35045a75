/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words that may be values of one label. The first ones are kept; whatever comes past the cap
 * is counted as "other", so no client can grow the number of time series.
 */
#ifndef WAX_SERVE_VOCABULARY_H
#define WAX_SERVE_VOCABULARY_H

#include <stddef.h>

#define VOCABULARY_OTHER "other"

struct vocabulary {
	size_t cap;
	char **words; /* sorted */
	size_t count;
};

/* The word itself, or VOCABULARY_OTHER for the empty word and for a new one past the cap. */
const char *vocabulary_admit(struct vocabulary *vocabulary, const char *word);
void vocabulary_done(struct vocabulary *vocabulary);

#endif
