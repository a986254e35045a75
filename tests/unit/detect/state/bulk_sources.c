/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an address read in mailboxes that it newly opened. */
#include "unit/detect/scene.h"

#include "detect/state/bulk_sources.h"

static void evidence_fades_and_after_a_day_all_begins_anew(void **state)
{
	struct table *sources = bulk_sources_new();
	struct bulk_source *source = bulk_sources_touch(sources, 7, SCENE_START);

	(void)state;
	source->nats = 8;
	source->mailboxes = 2;
	bulk_source_add_account(source, "ann", 5);
	source = bulk_sources_touch(sources, 7, SCENE_START + 12 * US_PER_HOUR);
	assert_float_equal(source->nats, 4, 1e-3);
	assert_int_equal(source->n_accounts, 1);
	source = bulk_sources_touch(sources, 7, SCENE_START + 48 * US_PER_HOUR);
	assert_true(source->nats == 0 && source->mailboxes == 0 && source->n_accounts == 0);
	table_free(sources);
}

static void habits_of_the_days_before_are_kept(void **state)
{
	struct table *sources = bulk_sources_new();
	struct bulk_source *source = NULL;

	(void)state;
	for (int day = 0; day < 3; day++) {
		source = bulk_sources_touch(sources, 7, SCENE_START + day * US_PER_DAY);
		source->new = 4;
		source->read = 2;
	}
	source = bulk_sources_touch(sources, 7, SCENE_START + 3 * US_PER_DAY);
	assert_float_equal(source->past_read / source->past_new, .5, 1e-3);
	assert_true(source->new == 0);
	table_free(sources);
}

static void they_survive_as_bytes(void **state)
{
	struct table *sources = bulk_sources_new(), *copies = bulk_sources_new();
	struct bulk_source *source = bulk_sources_touch(sources, 7, SCENE_START);
	struct serializer out = {0}, in;

	(void)state;
	bulk_source_add_account(source, "ann", 5);
	bulk_source_add_account(source, "bob", 6);
	bulk_sources_serialize(sources, &out);
	in = (struct serializer){.bytes = out.bytes, .used = out.used, .is_reading = true};
	bulk_sources_serialize(copies, &in);
	assert_false(in.is_bad);
	source = bulk_sources_touch(copies, 7, SCENE_START);
	assert_int_equal(source->n_accounts, 2);
	assert_string_equal(source->accounts[1].name, "bob");
	table_free(sources);
	table_free(copies);
	serializer_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_fades_and_after_a_day_all_begins_anew),
		cmocka_unit_test(habits_of_the_days_before_are_kept),
		cmocka_unit_test(they_survive_as_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
