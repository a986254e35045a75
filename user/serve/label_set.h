/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words that may be values of one label. The first ones are kept; whatever comes past the cap
 * is counted as "other", so no client can grow the number of time series. Nor can one use them up: a
 * word that lasts takes the place of one that anybody can invent.
 */
#ifndef WAX_SERVE_LABEL_SET_H
#define WAX_SERVE_LABEL_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LABEL_SET_OTHER "other"

struct label_word {
	char *word;
	bool lasts;
	uint64_t used; /* when it was last asked for, in askings */
};

struct label_set {
	size_t cap;
	struct label_word *words; /* sorted */
	size_t count;
	uint64_t asked;
};

/* The word itself, or LABEL_SET_OTHER for the empty word and for one without a place. lasts: it
 * keeps its place from now on. ret_gone: the word that gave way (free()), else NULL. */
const char *label_set_admit(struct label_set *label_set, const char *word, bool lasts,
			    char **ret_gone);
void label_set_done(struct label_set *label_set);

#endif
