/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Only a terminal has a width to fit into: there the widest columns that may shrink give way until
 * the row fits. What is piped is never cut, since a program reads it.
 */
#include "cli/listing.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/utf8.h"

#define GAP 2
#define NARROWEST 8

void listing_done(struct listing *listing)
{
	free(listing->cells);
	arena_done(&listing->arena);
	*listing = (struct listing){0};
}

void listing_add(struct listing *listing, const char *text, enum tone tone)
{
	if (listing->n_cells == listing->room) {
		listing->room = listing->room ? 2 * listing->room : 64;
		listing->cells = xrealloc(listing->cells, listing->room * sizeof(*listing->cells));
	}
	listing->cells[listing->n_cells++] = (struct listing_cell){
		.text = arena_copy_string(&listing->arena, text),
		.tone = tone,
	};
}

static void listing_measure(const struct listing *listing, unsigned int *ret_widths)
{
	for (size_t i = 0; i < listing->n_columns; i++)
		ret_widths[i] = utf8_width(listing->columns[i].title);
	for (size_t i = 0; i < listing->n_cells; i++) {
		unsigned int width = utf8_width(listing->cells[i].text);
		unsigned int *widest = &ret_widths[i % listing->n_columns];

		if (width > *widest)
			*widest = width;
	}
}

static unsigned int listing_total(const struct listing *listing, const unsigned int *widths)
{
	unsigned int total = 0;

	for (size_t i = 0; i < listing->n_columns; i++)
		total += widths[i] + (i ? GAP : 0);
	return total;
}

static unsigned int *listing_widest(const struct listing *listing, unsigned int *widths)
{
	unsigned int *widest = NULL;

	for (size_t i = 0; i < listing->n_columns; i++)
		if (listing->columns[i].shrinkable && widths[i] > NARROWEST &&
		    (!widest || widths[i] > *widest))
			widest = &widths[i];
	return widest;
}

static void listing_fit(const struct listing *listing, unsigned int limit, unsigned int *widths)
{
	unsigned int *widest;

	while (listing_total(listing, widths) > limit &&
	       (widest = listing_widest(listing, widths)) != NULL)
		(*widest)--;
}

void listing_tone_begin(const struct console *console, enum tone tone)
{
	static const char *const codes[] = {
		[TONE_FAINT] = "\033[2m",
		[TONE_GOOD] = "\033[32m",
		[TONE_WARNING] = "\033[33m",
		[TONE_BAD] = "\033[1;31m",
	};

	if (console->color && tone != TONE_PLAIN)
		fputs(codes[tone], console->out);
}

void listing_tone_end(const struct console *console, enum tone tone)
{
	if (console->color && tone != TONE_PLAIN)
		fputs("\033[0m", console->out);
}

static void listing_print_padding(const struct console *console, unsigned int columns)
{
	fprintf(console->out, "%*s", (int)columns, "");
}

static void listing_print_cell(const struct console *console, const struct listing_column *column,
			       struct listing_cell cell, unsigned int width, bool last)
{
	unsigned int natural = utf8_width(cell.text);
	unsigned int padding = natural < width ? width - natural : 0;

	if (column->right)
		listing_print_padding(console, padding);
	listing_tone_begin(console, cell.tone);
	natural = utf8_print(console->out, cell.text, width);
	listing_tone_end(console, cell.tone);
	if (!last)
		listing_print_padding(console, GAP + (column->right ? 0 : width - natural));
}

void listing_print(const struct listing *listing, const struct console *console)
{
	_cleanup_free_ unsigned int *widths = xcalloc(listing->n_columns, sizeof(*widths));
	size_t n = listing->n_columns;

	listing_measure(listing, widths);
	if (console->width > 0)
		listing_fit(listing, console->width, widths);
	for (size_t i = 0; i < n + listing->n_cells; i++) {
		size_t at = i % n;
		struct listing_cell cell = {.text = listing->columns[at].title, .tone = TONE_FAINT};

		if (i >= n)
			cell = listing->cells[i - n];
		listing_print_cell(console, &listing->columns[at], cell, widths[at], at + 1 == n);
		if (at + 1 == n)
			fputc('\n', console->out);
	}
}
