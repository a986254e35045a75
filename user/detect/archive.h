/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State as bytes and back. One function of each owner names its members once; whether they are
 * written or read is the archive's business, so the two can never differ.
 */
#ifndef WAX_DETECT_ARCHIVE_H
#define WAX_DETECT_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/table.h"

struct archive {
	unsigned char *bytes; /* owned while writing; the caller's while reading */
	size_t used, room;    /* used: written, or how many there are to read */
	size_t at;	      /* reading position */
	bool is_reading;
	bool is_bad; /* read past the end or something that does not fit: the state is void */
};

void archive_done(struct archive *archive);
/* Writes the member, or reads it (zeroes once the archive is bad). */
void archive_member(struct archive *archive, void *member, size_t bytes);
/* A size that must be the same in both; says whether it is. */
bool archive_same(struct archive *archive, size_t value);
/* A string that the owner frees; NULL is kept. */
void archive_text(struct archive *archive, char **text);
/* All entries in the order of touching. Values must hold no pointers, or members does them. */
void archive_table(struct archive *archive, struct table *table, size_t key_bytes,
		   size_t value_bytes, void (*members)(struct archive *archive, void *value));

#endif
