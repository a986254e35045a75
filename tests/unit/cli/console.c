/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line on standard error, and the exit status that goes with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "cli/console.h"

static void a_failure_is_one_line_that_names_the_program(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	struct console console = {.out = stdout, .err = open_memstream(&text, &length)};

	(void)state;
	assert_int_equal(console_fail(&console, "no %s", "daemon"), EXIT_RUNTIME);
	assert_int_equal(console_misuse(&console, "no %d", 7), EXIT_USAGE);
	fclose(console.err);
	assert_string_equal(text, "waxseal: no daemon\nwaxseal: no 7\n");
}

static void output_that_cannot_be_written_is_a_failure(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	struct console console = {.out = fopen("/dev/full", "we"),
				  .err = open_memstream(&text, &length)};

	(void)state;
	fputs("a table", console.out);
	assert_int_equal(console_finish(&console, EXIT_OK), EXIT_RUNTIME);
	fclose(console.out);
	fclose(console.err);
	assert_non_null(strstr(text, "cannot write the output: No space left on device"));
}

static void a_written_output_keeps_the_code(void **state)
{
	struct console console = {.out = fopen("/dev/null", "we"), .err = stderr};

	(void)state;
	assert_int_equal(console_finish(&console, EXIT_USAGE), EXIT_USAGE);
	fclose(console.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_is_one_line_that_names_the_program),
		cmocka_unit_test(output_that_cannot_be_written_is_a_failure),
		cmocka_unit_test(a_written_output_keeps_the_code),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
