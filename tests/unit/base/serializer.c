/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State as bytes and back, and what damaged bytes do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/serializer.h"

struct sample {
	uint64_t number;
	char *text;
};

static void sample_serialize(struct sample *sample, struct table *table,
			     struct serializer *serializer)
{
	if (!serializer_same(serializer, 6))
		return;
	serializer_member(serializer, &sample->number, sizeof(sample->number));
	serializer_text(serializer, &sample->text);
	serializer_table(serializer, table, sizeof(uint64_t), sizeof(uint32_t), NULL);
}

static struct serializer written(struct table *table)
{
	struct sample sample = {42, (char *)"ann"};
	struct serializer out = {0};
	uint64_t key = 7;

	*(uint32_t *)table_touch(table, &key, NULL) = 9;
	sample_serialize(&sample, table, &out);
	return out;
}

static void what_was_written_is_read(void **state)
{
	struct table *table = table_new(sizeof(uint64_t), sizeof(uint32_t), 10, NULL, NULL);
	struct table *copy = table_new(sizeof(uint64_t), sizeof(uint32_t), 10, NULL, NULL);
	struct serializer out = written(table), in;
	struct sample sample = {0};
	uint64_t key = 7;

	(void)state;
	in = (struct serializer){.bytes = out.bytes, .used = out.used, .is_reading = true};
	sample_serialize(&sample, copy, &in);
	assert_false(in.is_bad);
	assert_int_equal(in.at, in.used);
	assert_int_equal(sample.number, 42);
	assert_string_equal(sample.text, "ann");
	assert_int_equal(*(uint32_t *)table_find(copy, &key), 9);
	free(sample.text);
	serializer_done(&out);
	table_free(table);
	table_free(copy);
}

static void any_cut_makes_it_bad(void **state)
{
	struct table *table = table_new(sizeof(uint64_t), sizeof(uint32_t), 10, NULL, NULL);
	struct table *copy = table_new(sizeof(uint64_t), sizeof(uint32_t), 10, NULL, NULL);
	struct serializer out = written(table);

	(void)state;
	for (size_t cut = 0; cut < out.used; cut++) {
		struct serializer in = {.bytes = out.bytes, .used = cut, .is_reading = true};
		struct sample sample = {0};

		sample_serialize(&sample, copy, &in);
		assert_true(in.is_bad);
		free(sample.text);
	}
	serializer_done(&out);
	table_free(table);
	table_free(copy);
}

static void another_number_makes_it_bad(void **state)
{
	struct serializer out = {0}, in;

	(void)state;
	assert_true(serializer_same(&out, 6));
	in = (struct serializer){.bytes = out.bytes, .used = out.used, .is_reading = true};
	assert_false(serializer_same(&in, 7));
	assert_true(in.is_bad);
	serializer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(any_cut_makes_it_bad),
		cmocka_unit_test(another_number_makes_it_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
