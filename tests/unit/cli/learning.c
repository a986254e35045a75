/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the daemon still learns, in one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "cli/learning.h"
#include "detect/engine.h"

/* Takes the document; free(). */
static char *print_line(json_t *document)
{
	char *text = NULL;
	size_t length;
	struct console console = {.out = open_memstream(&text, &length)};

	learning_print(&console, document);
	fclose(console.out);
	json_decref(document);
	return text;
}

static void check_line(const char *detection, const char *expected)
{
	_cleanup_free_ char *text = print_line(json_loads(detection, JSON_DECODE_ANY, NULL));

	assert_string_equal(text, expected);
}

/* Both sides name the members alike. */
static void what_the_engine_says_is_printed(void **state)
{
	const struct engine_settings settings = {
		.false_alarms_per_day = 0.1, .learn_days = 7, .accounts = 1000};
	struct engine *engine = engine_new(&settings, NULL, 0);
	_cleanup_free_ char *text = print_line(engine_status(engine, 0));

	(void)state;
	assert_non_null(strstr(text, "learning 7 d 0 h left; already active: "));
	assert_non_null(strstr(text, "credential_reader"));
	assert_null(strstr(text, "credential_volume"));
	engine_free(engine);
}

static void the_time_left_and_the_active_detectors_are_printed(void **state)
{
	(void)state;
	check_line("{\"learning_seconds_left\": 7200, \"active_detectors\": [\"a\", \"b\"]}",
		   "learning 2 h 0 min left; already active: a, b\n");
}

static void learning_ends(void **state)
{
	(void)state;
	check_line("{\"learning_seconds_left\": 0}",
		   "learning finished; all detectors are active\n");
}

static void an_older_daemon_says_nothing(void **state)
{
	(void)state;
	check_line("null", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_time_left_and_the_active_detectors_are_printed),
		cmocka_unit_test(what_the_engine_says_is_printed),
		cmocka_unit_test(learning_ends),
		cmocka_unit_test(an_older_daemon_says_nothing),
	};

	return cmocka_run_group_tests_name("learning", tests, NULL, NULL);
}
