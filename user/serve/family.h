/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The samples of one metric: a value for each set of label values, in the order of their text. */
#ifndef WAX_SERVE_FAMILY_H
#define WAX_SERVE_FAMILY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FAMILY_LABELS 5

enum family_type {
	FAMILY_COUNTER,
	FAMILY_GAUGE,
	FAMILY_HISTOGRAM,
	FAMILY_INFO, /* always 1: what it says is in its labels */
};

/* When its samples get their values. */
enum family_read {
	FAMILY_AT_START,
	FAMILY_EACH_TICK,   /* what the tick counted is added */
	FAMILY_EACH_SCRAPE, /* measured anew: a scrape never shows what is gone */
};

struct family_kind {
	const char *name; /* without prefix and without _total */
	enum family_type type;
	enum family_read read;
	const char *unit; /* NULL: a number of what the name says */
	const char *help;
	const char *labels[FAMILY_LABELS + 1]; /* ends with NULL */
};

struct sample {
	char *labels; /* as printed between the braces, "" for none */
	double value;
};

struct family {
	const struct family_kind *kind;
	struct sample *samples;
	size_t count, room;
	uint64_t refused; /* samples past the cap */
};

/* The value of the sample with these label values (as many as the kind has labels; NULL counts as
 * ""), 0 when new. NULL when the family is full: that is counted. */
double *family_touch(struct family *family, const char *const *values);
/* Adds the samples whose first label has the value `from` to those with the value `into`, so that
 * sums over all values stay what they are. */
void family_fold(struct family *family, const char *from, const char *into);
void family_clear(struct family *family);

/* How a number is written in both text formats. */
void family_print_number(FILE *page, double value);
/* "\" and newline, and where quotes is set also the double quote. */
void family_print_escaped(FILE *page, const char *text, int quotes);

#endif
