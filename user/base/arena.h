/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that is taken piece by piece and given back all at once: one tick's strings. */
#ifndef WAX_BASE_ARENA_H
#define WAX_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *first, *current;
	size_t used; /* bytes taken from the current block */
};

/* Zeroed memory, aligned for any type; aborts when the system has none. */
void *arena_take(struct arena *arena, size_t bytes);
char *arena_copy_string(struct arena *arena, const char *text);
/* Forgets what was taken and keeps one block for reuse. */
void arena_reset(struct arena *arena);
void arena_done(struct arena *arena);

#endif
