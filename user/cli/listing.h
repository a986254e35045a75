/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table for people: titles, rows of text, columns as wide as their widest cell. */
#ifndef WAX_CLI_LISTING_H
#define WAX_CLI_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "cli/console.h"

struct listing_column {
	const char *title;
	bool right;	 /* numbers */
	bool shrinkable; /* may be cut when the terminal is too narrow */
};

enum tone { TONE_PLAIN, TONE_FAINT, TONE_GOOD, TONE_WARNING, TONE_BAD };

struct listing_cell {
	const char *text;
	enum tone tone;
};

/* Needs no call but zero-initialisation with columns and n_columns set. */
struct listing {
	const struct listing_column *columns;
	size_t n_columns;
	struct listing_cell *cells; /* row after row */
	size_t n_cells, room;
	struct arena arena;
};

void listing_done(struct listing *listing);
/* The next cell, left to right; text is copied. */
void listing_add(struct listing *listing, const char *text, enum tone tone);
void listing_print(const struct listing *listing, const struct console *console);

/* Starts and ends a tone on a terminal with colour; writes nothing elsewhere. */
void listing_tone_begin(const struct console *console, enum tone tone);
void listing_tone_end(const struct console *console, enum tone tone);

#endif
