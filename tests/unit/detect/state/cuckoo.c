/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was put in is found; little else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "detect/state/cuckoo.h"

#define ENTRIES 100000

static const uint64_t seed[2] = {1, 2};

static uint64_t mark(uint64_t number)
{
	return hash_seeded(seed, &number, sizeof(number));
}

static void fill(struct cuckoo *cuckoo, unsigned int values)
{
	for (uint64_t i = 0; i < ENTRIES; i++)
		cuckoo_put(cuckoo, mark(i), i % values);
}

static void check(enum cuckoo_width width, unsigned int values, uint64_t most_wrong)
{
	struct cuckoo *cuckoo = cuckoo_new(width, ENTRIES);
	uint64_t wrong = 0, changed = 0;

	fill(cuckoo, values);
	for (uint64_t i = 0; i < ENTRIES; i++) {
		assert_true(cuckoo_find(cuckoo, mark(i)) >= 0);
		changed += cuckoo_find(cuckoo, mark(i)) != (int)(i % values);
		wrong += cuckoo_find(cuckoo, mark(i + ENTRIES)) >= 0;
	}
	assert_int_equal(cuckoo_lost(cuckoo), 0);
	assert_true(wrong <= most_wrong && changed <= most_wrong);
	cuckoo_free(cuckoo);
}

static void all_are_found_at_full_load_and_few_others(void **state)
{
	(void)state;
	check(CUCKOO_NARROW, 16, ENTRIES / 300);
	check(CUCKOO_WIDE, 256, ENTRIES / 4000);
}

static void what_is_too_much_is_counted_as_lost(void **state)
{
	struct cuckoo *cuckoo = cuckoo_new(CUCKOO_NARROW, ENTRIES / 2);

	(void)state;
	fill(cuckoo, 16);
	assert_true(cuckoo_lost(cuckoo) > ENTRIES / 3);
	assert_true(cuckoo_count(cuckoo) <= ENTRIES * 0.6);
	cuckoo_free(cuckoo);
}

static void a_sweep_changes_and_drops(void **state)
{
	struct cuckoo *cuckoo = cuckoo_new(CUCKOO_NARROW, 1000);
	uint16_t change[16] = {CUCKOO_DROP, 5, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

	(void)state;
	cuckoo_put(cuckoo, mark(1), 0);
	cuckoo_put(cuckoo, mark(2), 1);
	cuckoo_put(cuckoo, mark(3), 2);
	cuckoo_sweep(cuckoo, change);
	assert_int_equal(cuckoo_find(cuckoo, mark(1)), -1);
	assert_int_equal(cuckoo_find(cuckoo, mark(2)), 5);
	assert_int_equal(cuckoo_find(cuckoo, mark(3)), 2);
	assert_int_equal(cuckoo_count(cuckoo), 2);
	cuckoo_free(cuckoo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_found_at_full_load_and_few_others),
		cmocka_unit_test(what_is_too_much_is_counted_as_lost),
		cmocka_unit_test(a_sweep_changes_and_drops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
