/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts of very many keys in fixed memory (Cormode and Muthukrishnan, "Count-Min Sketch", 2005,
 * with conservative update). Others that share a cell make a count too high, never too low; the
 * mean of all cells is taken off, so that a small count is not made of others.
 */
#ifndef WAX_DETECT_STATE_SKETCH_H
#define WAX_DETECT_STATE_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/serializer.h"

#define SKETCH_ROWS 2

struct sketch {
	uint16_t *cells; /* row after row */
	size_t width;	 /* cells of a row */
	uint64_t added;
};

void sketch_init(struct sketch *sketch, size_t width);
void sketch_done(struct sketch *sketch);
/* Adds one; the count with it. */
double sketch_add(struct sketch *sketch, uint64_t key);
double sketch_count(const struct sketch *sketch, uint64_t key);
/* Halves all counts. */
void sketch_halve(struct sketch *sketch);
void sketch_clear(struct sketch *sketch);
size_t sketch_bytes(const struct sketch *sketch);
void sketch_serialize(struct sketch *sketch, struct serializer *serializer);

#endif
