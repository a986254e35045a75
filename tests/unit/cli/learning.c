/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long the daemon still learns, in one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"
#include "cli/learning.h"

static void check_line(const char *detection, const char *expected)
{
	_cleanup_free_ char *text = NULL;
	json_t *document = json_loads(detection, JSON_DECODE_ANY, NULL);
	size_t length;
	struct console console = {.out = open_memstream(&text, &length)};

	learning_print(&console, document);
	fclose(console.out);
	json_decref(document);
	assert_string_equal(text, expected);
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
		cmocka_unit_test(learning_ends),
		cmocka_unit_test(an_older_daemon_says_nothing),
	};

	return cmocka_run_group_tests_name("learning", tests, NULL, NULL);
}
