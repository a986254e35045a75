/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state survives a restart exactly; a damaged one is refused. */
#include "unit/detect/scene.h"

#include <errno.h>

static const struct engine_settings settings = {0.1, 0, 2000, NULL, NULL};

/* The n-th minute of some traffic with an attacker in it. */
static void play(struct engine *engine, unsigned int n, struct finding_list *findings)
{
	struct snapshot tick = {0};
	struct scene pen = {.now_us = SCENE_START + n * US_PER_MINUTE};
	char source[32];

	snprintf(source, sizeof(source), "192.0.%u.%u", n % 7, n % 11);
	scene_login(&pen, source, scene_name("user", n % 90), n % 5 != 0, n % 5 == 0);
	scene_login(&pen, "198.51.100.7", scene_name("user", n), n % 9 == 8, n % 9 != 8);
	scene_read(&pen, "198.51.100.7", scene_name("user", n - n % 9 + 8), 100);
	tick = pen.tick;
	tick.from_us = pen.now_us;
	tick.until_us = pen.now_us + US_PER_SECOND;
	engine_observe(engine, &tick, findings);
	snapshot_done(&tick);
}

static void expect_same(const struct finding_list *one, const struct finding_list *other)
{
	assert_int_equal(one->count, other->count);
	for (size_t i = 0; i < one->count; i++) {
		assert_string_equal(one->items[i].message, other->items[i].message);
		assert_true(json_equal(one->items[i].evidence, other->items[i].evidence));
		assert_int_equal(one->items[i].n_accounts, other->items[i].n_accounts);
	}
}

static void a_restart_changes_nothing(void **state)
{
	struct engine *whole = engine_new(&settings, NULL, 0), *first, *second;
	struct finding_list one = {0}, other = {0};
	unsigned char *bytes;
	size_t length;

	(void)state;
	first = engine_new(&settings, NULL, 0);
	for (unsigned int n = 0; n < 300; n++) {
		play(whole, n, &one);
		play(first, n, &other);
	}
	bytes = engine_encode(first, &length);
	second = engine_new(&settings, NULL, 0);
	assert_int_equal(engine_decode(second, bytes, length), 0);
	for (unsigned int n = 300; n < 600; n++) {
		play(whole, n, &one);
		play(second, n, &other);
	}
	assert_true(one.count > 20);
	expect_same(&one, &other);
	free(bytes);
	finding_list_done(&one);
	finding_list_done(&other);
	engine_free(whole);
	engine_free(first);
	engine_free(second);
}

static void damaged_or_foreign_states_are_refused(void **state)
{
	struct engine *engine = engine_new(&settings, NULL, 0), *other;
	struct finding_list findings = {0};
	unsigned char *bytes;
	size_t length;

	(void)state;
	for (unsigned int n = 0; n < 50; n++)
		play(engine, n, &findings);
	bytes = engine_encode(engine, &length);
	for (size_t cut = 0; cut < length; cut += 1 + length / 50) {
		other = engine_new(&settings, NULL, 0);
		assert_int_equal(engine_decode(other, bytes, cut), -EINVAL);
		engine_free(other);
	}
	free(bytes);
	finding_list_done(&findings);
	engine_free(engine);
}

static uint64_t pair_of(struct engine *engine, const char *source, const char *account)
{
	struct address address = address_parse(source), network = network_of(&address);
	struct history *history = engine_history(engine);

	return history_join(history_hash(history, &network, sizeof(network)),
			    history_name(history, account));
}

/* More accounts, fewer, a detector off and on again: what is known of networks stays. */
static void memory_survives_other_settings(void **state)
{
	const struct engine_settings all[] = {
		{0.1, 7, 3000000, NULL, NULL}, {0.1, 7, 2000, NULL, NULL}, {0.1, 7, 500000, NULL, NULL}};
	struct engine *engine = engine_new(&settings, NULL, 0);
	struct finding_list findings = {0};
	struct detector_choice *choices;
	size_t length, n;

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		play(engine, i, &findings);
	for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
		unsigned char *bytes = engine_encode(engine, &length);
		struct engine *next;

		choices = detector_choices_new(&n);
		detector_choices_find(choices, n, i % 2 ? "campaign" : "takeover")->enabled = false;
		next = engine_new(&all[i], choices, n);
		assert_int_equal(engine_decode(next, bytes, length), 0);
		assert_int_not_equal(history_pair(engine_history(next),
						  pair_of(next, "192.0.1.1", "user1@example.org")),
				     PAIR_NEW);
		detector_choices_free(choices, n);
		free(bytes);
		engine_free(engine);
		engine = next;
	}
	finding_list_done(&findings);
	engine_free(engine);
}

static void guessers_are_on_the_block_list(void **state)
{
	struct engine *engine = engine_new(&settings, NULL, 0);
	struct finding_list findings = {0};
	json_t *list, *source;

	(void)state;
	for (unsigned int n = 0; n < 8; n++)
		play(engine, n, &findings);
	list = engine_blocklist(engine, SCENE_START + US_PER_HOUR, US_PER_DAY);
	source = json_array_get(json_object_get(list, "sources"), 0);
	assert_non_null(source);
	assert_string_equal(json_string_value(json_object_get(source, "block")), "198.51.100.7");
	json_decref(list);
	finding_list_done(&findings);
	engine_free(engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restart_changes_nothing),
		cmocka_unit_test(damaged_or_foreign_states_are_refused),
		cmocka_unit_test(memory_survives_other_settings),
		cmocka_unit_test(guessers_are_on_the_block_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
