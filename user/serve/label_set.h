/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words that may be values of one label. The first ones are kept; whatever comes past the cap
 * is counted as "other", so no client can grow the number of time series.
 */
#ifndef WAX_SERVE_LABEL_SET_H
#define WAX_SERVE_LABEL_SET_H

#include <stddef.h>

#define LABEL_SET_OTHER "other"

struct label_set {
	size_t cap;
	char **words; /* sorted */
	size_t count;
};

/* The word itself, or LABEL_SET_OTHER for the empty word and for a new one past the cap. */
const char *label_set_admit(struct label_set *label_set, const char *word);
void label_set_done(struct label_set *label_set);

#endif
