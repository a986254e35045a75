/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts of many keys, a little wrong and never far too low. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/hash.h"
#include "detect/state/sketch.h"

static uint64_t key(uint64_t number)
{
	return hash_bytes(&number, sizeof(number));
}

static void a_large_count_stands_out_of_very_many_small_ones(void **state)
{
	struct sketch sketch;
	double most = 0;

	(void)state;
	sketch_init(&sketch, 1000);
	for (uint64_t i = 0; i < 20000; i++)
		(void)sketch_add(&sketch, key(i));
	for (int i = 0; i < 500; i++)
		(void)sketch_add(&sketch, key(77));
	for (uint64_t i = 100; i < 1100; i++)
		most = sketch_count(&sketch, key(i)) > most ? sketch_count(&sketch, key(i)) : most;
	assert_true(sketch_count(&sketch, key(77)) > 450);
	assert_true(sketch_count(&sketch, key(77)) < 530);
	assert_true(most < 600);
	sketch_halve(&sketch);
	assert_in_range((unsigned int)sketch_count(&sketch, key(77)), 225, 265);
	sketch_clear(&sketch);
	assert_true(sketch_count(&sketch, key(77)) == 0);
	sketch_done(&sketch);
}

static void it_survives_as_bytes_and_starts_anew_in_another_size(void **state)
{
	struct serializer writer = {0}, reader;
	struct sketch sketch, same, other;

	(void)state;
	sketch_init(&sketch, 100);
	(void)sketch_add(&sketch, key(1));
	(void)sketch_add(&sketch, key(1));
	sketch_serialize(&sketch, &writer);
	sketch_init(&same, 100);
	reader = (struct serializer){.bytes = writer.bytes, .used = writer.used, .is_reading = true};
	sketch_serialize(&same, &reader);
	assert_true(sketch_count(&same, key(1)) > 1.9);
	sketch_init(&other, 200);
	reader = (struct serializer){.bytes = writer.bytes, .used = writer.used, .is_reading = true};
	sketch_serialize(&other, &reader);
	assert_false(reader.is_bad);
	assert_int_equal(reader.at, reader.used);
	assert_true(sketch_count(&other, key(1)) == 0);
	sketch_done(&sketch);
	sketch_done(&same);
	sketch_done(&other);
	serializer_done(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_count_stands_out_of_very_many_small_ones),
		cmocka_unit_test(it_survives_as_bytes_and_starts_anew_in_another_size),
	};

	return cmocka_run_group_tests_name("detect/state/sketch", tests, NULL, NULL);
}
