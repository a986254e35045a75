/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chain of blocks. Blocks double up to a limit, so a quiet tick costs one small block and a
 * busy one few calls to malloc.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_BLOCK_BYTES ((size_t)4 << 10)
#define LARGEST_BLOCK_BYTES ((size_t)1 << 20)

struct arena_block {
	struct arena_block *next;
	size_t bytes;
	alignas(max_align_t) char memory[];
};

static size_t align(size_t bytes)
{
	const size_t mask = alignof(max_align_t) - 1;

	return (bytes + mask) & ~mask;
}

static size_t next_block_bytes(const struct arena *arena, size_t wanted)
{
	size_t bytes = arena->current ? arena->current->bytes * 2 : FIRST_BLOCK_BYTES;

	if (bytes > LARGEST_BLOCK_BYTES)
		bytes = LARGEST_BLOCK_BYTES;
	return bytes > wanted ? bytes : wanted;
}

static void add_block(struct arena *arena, size_t wanted)
{
	size_t bytes = next_block_bytes(arena, wanted);
	struct arena_block *block = xmalloc(sizeof(*block) + bytes);

	block->next = NULL;
	block->bytes = bytes;
	if (arena->current)
		arena->current->next = block;
	else
		arena->first = block;
	arena->current = block;
	arena->used = 0;
}

static void *take(struct arena *arena, size_t bytes)
{
	void *memory;

	/* Only an absurd request overflows; it must not wrap to a small one. */
	if (bytes > (size_t)PTRDIFF_MAX / 2)
		abort();
	bytes = align(bytes ? bytes : 1);
	if (!arena->current || arena->current->bytes - arena->used < bytes)
		add_block(arena, bytes);
	memory = arena->current->memory + arena->used;
	arena->used += bytes;
	return memory;
}

void *arena_take(struct arena *arena, size_t bytes)
{
	return memset(take(arena, bytes), 0, bytes);
}

char *arena_copy_string(struct arena *arena, const char *text)
{
	size_t bytes = strlen(text) + 1;

	return memcpy(take(arena, bytes), text, bytes);
}

static void free_chain(struct arena_block *block)
{
	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
}

void arena_reset(struct arena *arena)
{
	struct arena_block *kept = arena->first;

	if (!kept)
		return;
	free_chain(kept->next);
	kept->next = NULL;
	arena->current = kept;
	arena->used = 0;
}

void arena_done(struct arena *arena)
{
	free_chain(arena->first);
	*arena = (struct arena){0};
}
