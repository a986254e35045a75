/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * State as bytes and back. Each owner of state has one function that names its members, used both
 * to write and to read them, so that the two cannot differ.
 */
#ifndef WAX_BASE_SERIALIZER_H
#define WAX_BASE_SERIALIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/table.h"

struct serializer {
	unsigned char *bytes;  /* owned while writing; the caller's while reading */
	size_t used, capacity; /* used: written, or how many there are to read */
	size_t at;	       /* reading position */
	bool is_reading;
	bool is_bad; /* read past the end or something that does not fit: the state is void */
};

void serializer_done(struct serializer *serializer);
/* Writes the member, or reads it (zeroes once the serializer is bad). */
void serializer_member(struct serializer *serializer, void *member, size_t bytes);
/* Passes over so many bytes while reading. */
void serializer_skip(struct serializer *serializer, size_t bytes);
/* A part that may be skipped by who does not know it: its name and its length are in front. While
 * writing: begin, the members, end. While reading: next gives the name (owned by the caller, NULL at
 * the end) and a serializer of the part alone. */
size_t serializer_begin_section(struct serializer *serializer, const char *name);
void serializer_end_section(struct serializer *serializer, size_t begun);
char *serializer_next_section(struct serializer *serializer, struct serializer *ret_part);
/* Writes a number, or reads it and marks the serializer bad when it is another one. */
bool serializer_same(struct serializer *serializer, size_t value);
/* A string that the owner frees; NULL is kept. */
void serializer_text(struct serializer *serializer, char **text);
/* All entries in the order of touching. Values must hold no pointers, or members does them. */
void serializer_table(struct serializer *serializer, struct table *table, size_t key_bytes,
		      size_t value_bytes,
		      void (*members)(struct serializer *serializer, void *value));

#endif
