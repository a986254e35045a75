/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row is chosen by one half of the key each. */
#include "detect/state/sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void sketch_init(struct sketch *sketch, size_t width)
{
	*sketch = (struct sketch){
		.cells = xcalloc(SKETCH_ROWS * width, sizeof(*sketch->cells)),
		.width = width,
	};
}

void sketch_done(struct sketch *sketch)
{
	free(sketch->cells);
	*sketch = (struct sketch){0};
}

static uint16_t *sketch_cell(const struct sketch *sketch, int row, uint64_t key)
{
	uint64_t half = row ? key >> 32 : key & UINT32_MAX;

	return &sketch->cells[(size_t)row * sketch->width + (half * sketch->width >> 32)];
}

static uint16_t sketch_least(const struct sketch *sketch, uint64_t key)
{
	uint16_t least = UINT16_MAX;

	for (int row = 0; row < SKETCH_ROWS; row++) {
		uint16_t count = *sketch_cell(sketch, row, key);

		least = count < least ? count : least;
	}
	return least;
}

double sketch_count(const struct sketch *sketch, uint64_t key)
{
	return fmax(sketch_least(sketch, key) - (double)sketch->added / (double)sketch->width, 0);
}

double sketch_add(struct sketch *sketch, uint64_t key)
{
	uint16_t least = sketch_least(sketch, key);

	if (least < UINT16_MAX)
		least++;
	for (int row = 0; row < SKETCH_ROWS; row++) {
		uint16_t *cell = sketch_cell(sketch, row, key);

		*cell = *cell < least ? least : *cell;
	}
	sketch->added++;
	return sketch_count(sketch, key);
}

void sketch_halve(struct sketch *sketch)
{
	for (size_t i = 0; i < SKETCH_ROWS * sketch->width; i++)
		sketch->cells[i] /= 2;
	sketch->added /= 2;
}

void sketch_clear(struct sketch *sketch)
{
	memset(sketch->cells, 0, SKETCH_ROWS * sketch->width * sizeof(*sketch->cells));
	sketch->added = 0;
}

size_t sketch_bytes(const struct sketch *sketch)
{
	return SKETCH_ROWS * sketch->width * sizeof(*sketch->cells);
}

/* Of another size it starts anew. */
void sketch_serialize(struct sketch *sketch, struct serializer *serializer)
{
	uint64_t width = sketch->width;

	serializer_member(serializer, &width, sizeof(width));
	serializer_member(serializer, &sketch->added, sizeof(sketch->added));
	if (width == sketch->width) {
		serializer_member(serializer, sketch->cells, sketch_bytes(sketch));
		return;
	}
	sketch->added = 0;
	serializer_skip(serializer, SKETCH_ROWS * width * sizeof(*sketch->cells));
}
