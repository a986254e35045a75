/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that behave and programs that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "discover/capture.h"

static int run(const char *script, unsigned int timeout_ms, size_t cap, char **ret_output)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};

	return capture_output(argv, timeout_ms, cap, ret_output);
}

static void output_is_kept_whole(void **state)
{
	_cleanup_free_ char *output = NULL, *large = NULL;

	(void)state;
	assert_int_equal(run("echo one; echo two", 10000, 100, &output), 0);
	assert_string_equal(output, "one\ntwo\n");
	assert_int_equal(run("head -c 300000 /dev/zero | tr '\\0' x", 10000, 300000, &large), 0);
	assert_int_equal(strlen(large), 300000);
}

static void nothing_is_an_output(void **state)
{
	_cleanup_free_ char *output = NULL;

	(void)state;
	assert_int_equal(run("true", 10000, 100, &output), 0);
	assert_string_equal(output, "");
}

static void the_environment_is_ours(void **state)
{
	_cleanup_free_ char *output = NULL;

	(void)state;
	setenv("WAXSEAL_MARKER", "seen", 1);
	assert_int_equal(run("echo \"$WAXSEAL_MARKER\"", 10000, 100, &output), 0);
	assert_string_equal(output, "\n");
}

static void failures_are_told_apart(void **state)
{
	const char *absent[] = {"/nonexistent/program", NULL};
	char *output = NULL;

	(void)state;
	assert_int_equal(run("echo x; exit 3", 10000, 100, &output), -EIO);
	assert_int_equal(run("kill -9 $$", 10000, 100, &output), -EIO);
	assert_int_equal(run("exec sleep 60", 50, 100, &output), -ETIMEDOUT);
	assert_int_equal(run("exec sleep 60 >&-", 50, 100, &output), -ETIMEDOUT);
	assert_int_equal(run("yes", 10000, 1000, &output), -E2BIG);
	assert_int_equal(capture_output(absent, 10000, 100, &output), -ENOENT);
	assert_null(output);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_kept_whole),
		cmocka_unit_test(nothing_is_an_output),
		cmocka_unit_test(the_environment_is_ours),
		cmocka_unit_test(failures_are_told_apart),
	};

	return cmocka_run_group_tests_name("discover/capture", tests, NULL, NULL);
}
