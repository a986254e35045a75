/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arena: zeroed, aligned, reusable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"

static void memory_is_zeroed_also_after_a_reset(void **state)
{
	struct arena arena = {0};
	char *memory = arena_take(&arena, 100);

	(void)state;
	memset(memory, 0xff, 100);
	arena_reset(&arena);
	memory = arena_take(&arena, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(memory[i], 0);
	arena_done(&arena);
}

static void pieces_are_aligned_and_apart(void **state)
{
	struct arena arena = {0};
	char *before = arena_take(&arena, 1);

	(void)state;
	for (size_t bytes = 1; bytes < 5000; bytes += 37) {
		char *memory = arena_take(&arena, bytes);

		assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
		assert_ptr_not_equal(memory, before);
		memset(memory, 1, bytes);
		before = memory;
	}
	arena_done(&arena);
}

static void strings_are_copied_whatever_their_length(void **state)
{
	static char long_text[3 << 20];
	struct arena arena = {0};

	(void)state;
	memset(long_text, 'a', sizeof(long_text) - 1);
	assert_string_equal(arena_copy_string(&arena, ""), "");
	assert_string_equal(arena_copy_string(&arena, "ann@example.org"), "ann@example.org");
	assert_string_equal(arena_copy_string(&arena, long_text), long_text);
	arena_reset(&arena);
	arena_reset(&arena);
	arena_done(&arena);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_also_after_a_reset),
		cmocka_unit_test(pieces_are_aligned_and_apart),
		cmocka_unit_test(strings_are_copied_whatever_their_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
