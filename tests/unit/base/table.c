/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounded table: order of touching, eviction, growth, iteration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/table.h"

static uint64_t *put(struct table *table, uint64_t key)
{
	return table_touch(table, &key, NULL);
}

static uint64_t *get(const struct table *table, uint64_t key)
{
	return table_find(table, &key);
}

static void a_new_value_is_zeroed_and_found_again(void **state)
{
	struct table *table = table_new(8, 8, 10, NULL, NULL);
	uint64_t key = 7;
	bool is_new;
	uint64_t *value = table_touch(table, &key, &is_new);

	(void)state;
	assert_true(is_new);
	assert_int_equal(*value, 0);
	*value = 42;
	assert_ptr_equal(table_touch(table, &key, &is_new), value);
	assert_false(is_new);
	assert_int_equal(*get(table, 7), 42);
	assert_null(get(table, 8));
	table_free(table);
}

static void the_entry_touched_least_recently_is_evicted(void **state)
{
	struct table *table = table_new(8, 8, 3, NULL, NULL);

	(void)state;
	for (uint64_t key = 1; key <= 3; key++)
		*put(table, key) = key;
	put(table, 1);
	(void)get(table, 2); /* looking is not touching */
	put(table, 4);
	assert_null(get(table, 2));
	assert_int_equal(*get(table, 1), 1);
	assert_int_equal(*get(table, 4), 0);
	assert_int_equal(table_count(table), 3);
	assert_int_equal(table_evicted(table), 1);
	table_free(table);
}

static void count_release(void *context, const void *key, void *value)
{
	(void)key;
	(void)value;
	++*(int *)context;
}

static void each_entry_is_released_once(void **state)
{
	int released = 0;
	struct table *table = table_new(8, 8, 100, count_release, &released);
	uint64_t key = 150;

	(void)state;
	for (uint64_t i = 0; i < 200; i++)
		put(table, i);
	assert_int_equal(released, 100);
	assert_true(table_remove(table, &key));
	assert_false(table_remove(table, &key));
	assert_int_equal(released, 101);
	table_clear(table);
	assert_int_equal(released, 200);
	put(table, 1);
	table_free(table);
	assert_int_equal(released, 201);
}

static void walking_goes_from_oldest_to_newest(void **state)
{
	struct table *table = table_new(8, 0, 1000, NULL, NULL);
	uint64_t expected = 1, zero = 0;

	(void)state;
	for (uint64_t i = 0; i < 1000; i++)
		put(table, i);
	(void)table_touch(table, &zero, NULL);
	for (void *at = table_next(table, NULL); at; at = table_next(table, at)) {
		assert_int_equal(*(const uint64_t *)table_key(table, at), expected % 1000);
		expected++;
	}
	assert_int_equal(expected, 1001);
	table_free(table);
}

static void entries_may_be_removed_while_walking(void **state)
{
	struct table *table = table_new(8, 8, 1000, NULL, NULL);
	void *at, *next;

	(void)state;
	for (uint64_t i = 0; i < 500; i++)
		*put(table, i) = i;
	for (at = table_next(table, NULL); at; at = next) {
		next = table_next(table, at);
		if (*(uint64_t *)at % 2)
			assert_true(table_remove(table, table_key(table, at)));
	}
	assert_int_equal(table_count(table), 250);
	assert_null(get(table, 1));
	assert_int_equal(*get(table, 498), 498);
	for (uint64_t i = 1000; i < 1250; i++)
		assert_int_equal(*put(table, i), 0);
	assert_int_equal(table_count(table), 500);
	table_free(table);
}

static void a_million_keys_stay_within_the_capacity(void **state)
{
	struct table *table = table_new(8, 8, 5000, NULL, NULL);

	(void)state;
	for (uint64_t i = 0; i < 1000000; i++)
		*put(table, i) = i;
	assert_int_equal(table_count(table), 5000);
	assert_int_equal(table_evicted(table), 995000);
	for (uint64_t i = 995000; i < 1000000; i++)
		assert_int_equal(*get(table, i), i);
	table_free(table);
}

static void values_do_not_move(void **state)
{
	struct table *table = table_new(8, 8, 100000, NULL, NULL);
	uint64_t *first = put(table, 0);

	(void)state;
	*first = 11;
	for (uint64_t i = 1; i < 50000; i++)
		put(table, i);
	assert_ptr_equal(get(table, 0), first);
	assert_int_equal(*first, 11);
	table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_value_is_zeroed_and_found_again),
		cmocka_unit_test(the_entry_touched_least_recently_is_evicted),
		cmocka_unit_test(each_entry_is_released_once),
		cmocka_unit_test(walking_goes_from_oldest_to_newest),
		cmocka_unit_test(entries_may_be_removed_while_walking),
		cmocka_unit_test(a_million_keys_stay_within_the_capacity),
		cmocka_unit_test(values_do_not_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
