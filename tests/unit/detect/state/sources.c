/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The score of a network that fails at first contact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/state/sources.h"

static struct source_score *add(struct sources *sources, const struct evidence *evidence,
				const char *address, enum contact_class class, int64_t time_us)
{
	const struct source_contact contact = {7, address_parse(address), class, true, time_us, 0};

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

static void a_day_is_learnt_when_it_is_over(void **state)
{
	const int64_t begin_us = 20000 * US_PER_DAY;
	struct evidence evidence;
	struct source_score *score = NULL;
	struct sources sources;

	(void)state;
	evidence_init(&evidence);
	sources_init(&sources);
	score = add(&sources, &evidence, "192.0.2.1", CONTACT_BAD, begin_us);
	assert_int_equal(score->days, 0);
	assert_int_equal(score->failed_today, 1);
	score = add(&sources, &evidence, "192.0.2.1", CONTACT_BAD, begin_us + US_PER_HOUR);
	assert_int_equal(score->days, 0);
	score = add(&sources, &evidence, "192.0.2.1", CONTACT_BAD, begin_us + US_PER_DAY);
	assert_int_equal(score->days, 1);
	assert_float_equal(score->usual, 2, .01);
	assert_int_equal(score->failed_today, 1);
	sources_done(&sources);
}

static void a_typing_error_is_taken_back_and_no_more(void **state)
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
	sources_redeem(score, &evidence, true, US_PER_DAY);
	assert_true(source_nats(score) < nats);
	assert_int_equal(source_failures(score), 2);
	assert_int_equal(source_tried(score, US_PER_DAY), 2);
	for (int i = 0; i < 5; i++)
		sources_redeem(score, &evidence, true, US_PER_DAY);
	assert_int_equal(source_failures(score), 0);
	assert_true(source_nats(score) >= 0);
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

static const struct network_list none;
static const struct unblockable everybody = {&none, &none};

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
	list = sources_blocklist(&sources, &everybody, US_PER_DAY, US_PER_DAY);
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
	list = sources_blocklist(&sources, &everybody, US_PER_DAY, US_PER_DAY);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "block")),
			    "192.0.2.0/24");
	json_decref(list);
	sources_done(&sources);
}

/* What the block list has of an address that failed, and of neighbours when there are several; free().
 * NULL: nothing. */
static char *blocked(const char *address, int neighbours, const struct unblockable *unblockable)
{
	struct evidence evidence;
	struct source_score *score = NULL;
	struct sources sources;
	char text[64], *block = NULL;
	json_t *list;

	evidence_init(&evidence);
	sources_init(&sources);
	for (int i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", 100 + i);
		score = add(&sources, &evidence, i < neighbours ? text : address, CONTACT_UNKNOWN,
			    US_PER_DAY);
	}
	assert_true(sources_flag(&sources, score, US_PER_DAY));
	list = sources_blocklist(&sources, unblockable, US_PER_DAY, US_PER_DAY);
	assert_true(json_array_size(list) <= 1);
	if (json_array_size(list))
		block = xstrdup(json_string_value(
			json_object_get(json_array_get(list, 0), "block")));
	json_decref(list);
	sources_done(&sources);
	return block;
}

static void check_blocked(const char *address, int neighbours,
			  const struct unblockable *unblockable, const char *expected)
{
	_cleanup_free_ char *block = blocked(address, neighbours, unblockable);

	if (expected)
		assert_string_equal(block, expected);
	else
		assert_null(block);
}

static void add_range(struct network_list *list, const char *text)
{
	struct network_range range;

	assert_int_equal(network_range_parse(text, &range), 0);
	network_list_add(list, &range);
}

static void nobody_is_blocked_who_must_not_be(void **state)
{
	struct network_list trusted = {0}, own = {0};
	const struct unblockable unblockable = {&trusted, &own};

	(void)state;
	add_range(&trusted, "203.0.113.0/28");
	add_range(&trusted, "2001:db8:1::/64");
	add_range(&own, "172.22.1.1");
	add_range(&own, "198.51.100.9");
	check_blocked("127.0.0.1", 0, &unblockable, NULL);
	check_blocked("127.99.0.1", 0, &unblockable, NULL);
	check_blocked("::1", 0, &unblockable, NULL);
	check_blocked("169.254.1.1", 0, &unblockable, NULL);
	check_blocked("fe80::1", 0, &unblockable, NULL);
	check_blocked("172.22.1.1", 0, &unblockable, NULL);
	check_blocked("::ffff:172.22.1.1", 0, &unblockable, NULL);
	check_blocked("198.51.100.9", 0, &unblockable, NULL);
	check_blocked("203.0.113.15", 0, &unblockable, NULL);
	check_blocked("203.0.113.16", 0, &unblockable, "203.0.113.16");
	check_blocked("2001:db8:1::9", 0, &unblockable, NULL);
	check_blocked("172.22.1.2", 0, &unblockable, "172.22.1.2");
	check_blocked("192.0.2.1", 5, &unblockable, "192.0.2.0/24");
	/* a network in which one of them lies is not blocked as a whole */
	add_range(&own, "192.0.2.25");
	check_blocked("192.0.2.1", 5, &unblockable, "192.0.2.1");
	network_list_done(&own);
	add_range(&trusted, "192.0.0.0/16");
	check_blocked("192.0.2.1", 5, &unblockable, NULL);
	network_list_done(&trusted);
}

static void trust_forgives(void **state)
{
	struct network_list trusted = {0};
	struct evidence evidence;
	struct sources sources;

	(void)state;
	evidence_init(&evidence);
	sources_init(&sources);
	(void)add(&sources, &evidence, "192.0.2.1", CONTACT_UNKNOWN, US_PER_DAY);
	sources_forgive(&sources, &trusted);
	assert_int_equal(table_count(sources.scores), 1);
	add_range(&trusted, "192.0.2.0/24");
	sources_forgive(&sources, &trusted);
	assert_int_equal(table_count(sources.scores), 0);
	network_list_done(&trusted);
	sources_done(&sources);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_add_up_and_fade_within_a_day),
		cmocka_unit_test(a_day_is_learnt_when_it_is_over),
		cmocka_unit_test(a_typing_error_is_taken_back_and_no_more),
		cmocka_unit_test(a_network_that_only_succeeds_needs_no_score),
		cmocka_unit_test(successes_speak_for_it_and_never_below_zero),
		cmocka_unit_test(a_flag_comes_at_the_threshold_and_goes_at_half_of_it),
		cmocka_unit_test(several_addresses_block_their_network),
		cmocka_unit_test(nobody_is_blocked_who_must_not_be),
		cmocka_unit_test(trust_forgives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
