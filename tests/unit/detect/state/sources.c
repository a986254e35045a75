/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The score of a network that fails at first contact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>

#include "base/time.h"
#include "detect/state/sources.h"

static struct source_score *add(struct sources *sources, const struct evidence *evidence,
				const char *address, enum contact_class class, int64_t time_us)
{
	const struct source_contact contact = {7, address_parse(address), class, true, time_us};

	return sources_add(sources, evidence, &contact, sources_find(sources, 7, time_us));
}

static void failures_add_up_and_fade_within_a_day(void **state)
{
	struct evidence evidence;
	struct source_score *score = NULL;
	struct sources sources;
	double nats;

	(void)state;
	evidence_init(&evidence);
	sources_init(&sources);
	for (int i = 0; i < 3; i++)
		score = add(&sources, &evidence, "192.0.2.1", CONTACT_BAD, US_PER_DAY);
	nats = source_nats(score);
	assert_true(nats > 8);
	assert_int_equal(source_failures(score), 3);
	score = sources_find(&sources, 7, 2 * US_PER_DAY);
	assert_float_equal(source_nats(score), nats / 2, .01);
	sources_done(&sources);
}

static void a_network_that_only_succeeds_needs_no_score(void **state)
{
	struct evidence evidence;
	struct sources sources;

	(void)state;
	evidence_init(&evidence);
	sources_init(&sources);
	assert_null(add(&sources, &evidence, "192.0.2.1", CONTACT_ACTIVE, US_PER_DAY));
	assert_null(sources_find(&sources, 7, US_PER_DAY));
	sources_done(&sources);
}

static void successes_speak_for_it_and_never_below_zero(void **state)
{
	struct evidence evidence;
	struct source_score *score;
	struct sources sources;

	(void)state;
	evidence_init(&evidence);
	sources_init(&sources);
	(void)add(&sources, &evidence, "192.0.2.1", CONTACT_BAD, US_PER_DAY);
	for (int i = 0; i < 50; i++)
		score = add(&sources, &evidence, "192.0.2.1", CONTACT_ACTIVE, US_PER_DAY);
	assert_true(source_nats(score) == 0);
	sources_done(&sources);
}

static void a_flag_comes_at_the_threshold_and_goes_at_half_of_it(void **state)
{
	struct evidence evidence;
	struct source_score *score;
	struct sources sources;
	json_t *list;

	(void)state;
	evidence_init(&evidence);
	sources_init(&sources);
	sources.threshold = 12;
	do
		score = add(&sources, &evidence, "192.0.2.1", CONTACT_UNKNOWN, US_PER_DAY);
	while (!sources_flag(&sources, score, US_PER_DAY));
	assert_true(score->is_flagged && score->is_rare && source_nats(score) >= 12);
	assert_false(sources_flag(&sources, score, US_PER_DAY));
	list = sources_blocklist(&sources, US_PER_DAY, US_PER_DAY);
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "block")),
			    "192.0.2.1");
	json_decref(list);
	score = sources_find(&sources, 7, 3 * US_PER_DAY);
	assert_false(sources_flag(&sources, score, 3 * US_PER_DAY));
	assert_false(score->is_flagged);
	sources_done(&sources);
}

static void several_addresses_block_their_network(void **state)
{
	struct evidence evidence;
	struct source_score *score = NULL;
	struct sources sources;
	json_t *list;

	(void)state;
	evidence_init(&evidence);
	sources_init(&sources);
	for (char address[] = "192.0.2.1"; address[8] < '8'; address[8]++)
		score = add(&sources, &evidence, address, CONTACT_UNKNOWN, US_PER_DAY);
	assert_true(source_is_many(score));
	assert_true(sources_flag(&sources, score, US_PER_DAY));
	list = sources_blocklist(&sources, US_PER_DAY, US_PER_DAY);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "block")),
			    "192.0.2.0/24");
	json_decref(list);
	sources_done(&sources);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_add_up_and_fade_within_a_day),
		cmocka_unit_test(a_network_that_only_succeeds_needs_no_score),
		cmocka_unit_test(successes_speak_for_it_and_never_below_zero),
		cmocka_unit_test(a_flag_comes_at_the_threshold_and_goes_at_half_of_it),
		cmocka_unit_test(several_addresses_block_their_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
