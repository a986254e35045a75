/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keyed hash: stable within the process, different for different parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"

static void equal_strings_have_equal_hashes(void **state)
{
	char copy[] = "198.51.100.7";

	(void)state;
	assert_true(hash_string("198.51.100.7") == hash_string(copy));
	assert_true(hash_two_strings("a", "b") == hash_two_strings("a", "b"));
}

static void parts_are_told_apart(void **state)
{
	(void)state;
	assert_true(hash_two_strings("ab", "c") != hash_two_strings("a", "bc"));
	assert_true(hash_two_strings("", "abc") != hash_two_strings("abc", ""));
	assert_true(hash_two_strings("12345678", "") != hash_two_strings("", "12345678"));
	assert_true(hash_bytes("\0", 1) != hash_bytes("\0\0", 2));
}

static void the_low_bits_are_spread(void **state)
{
	unsigned int buckets[64] = {0};

	(void)state;
	for (uint64_t i = 0; i < 64000; i++)
		buckets[hash_bytes(&i, sizeof(i)) % 64]++;
	/* 1000 expected, standard deviation 31: eight of them never happen by chance. */
	for (int i = 0; i < 64; i++)
		assert_in_range(buckets[i], 750, 1250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_strings_have_equal_hashes),
		cmocka_unit_test(parts_are_told_apart),
		cmocka_unit_test(the_low_bits_are_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
