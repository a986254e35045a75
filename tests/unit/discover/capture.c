/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that behave and programs that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "discover/capture.h"

static int run(const char *script, unsigned int timeout_ms, size_t cap, char **ret_output)
{
	const char *argv[] = {"/bin/sh", "-c", script, NULL};

	return capture_output(argv, -1, timeout_ms, cap, ret_output);
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
	assert_int_equal(capture_output(absent, -1, 10000, 100, &output), -ENOENT);
	assert_null(output);
}

static void the_program_has_no_capability_and_no_descriptor(void **state)
{
	_cleanup_free_ char *status = NULL, *descriptors = NULL;
	int leaked = dup2(STDIN_FILENO, 50); /* not closed on exec */

	(void)state;
	assert_int_equal(run("grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)' /proc/self/status | tr -d '\\n'",
			     10000, 1000, &status),
			 0);
	assert_string_equal(status, "CapInh:\t0000000000000000CapPrm:\t0000000000000000"
				    "CapEff:\t0000000000000000CapAmb:\t0000000000000000"
				    "NoNewPrivs:\t1");
	assert_int_equal(run("for fd in /proc/$$/fd/*; do echo ${fd##*/}; done | tr '\\n' ' '", 10000,
			     1000, &descriptors),
			 0);
	assert_null(strstr(descriptors, " 50 "));
	close(leaked);
}

static void an_input_is_its_standard_input(void **state)
{
	_cleanup_free_ char *output = NULL;
	const char *argv[] = {"/bin/cat", "/proc/self/fd/0", NULL};
	int input = memfd_create("input", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(write(input, "text", 4), 4);
	assert_int_equal(capture_output(argv, input, 10000, 100, &output), 0);
	assert_string_equal(output, "text");
	close(input);
}

static void what_others_could_have_written_is_not_run(void **state)
{
	char folder[] = "/tmp/waxseal-capture-XXXXXX";
	_cleanup_free_ char *program = NULL, *link = NULL;
	const char *argv[] = {NULL, NULL};
	char *output = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	program = xasprintf("%s/program", folder);
	link = xasprintf("%s/link", folder);
	assert_int_equal(symlink("/bin/true", link), 0);
	assert_int_equal(chmod(folder, 0777), 0);
	argv[0] = link;
	assert_int_equal(capture_output(argv, -1, 10000, 100, &output), -EPERM);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(chmod(folder, 0755), 0);
	argv[0] = program;
	assert_int_equal(close(open(program, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	assert_int_equal(capture_output(argv, -1, 10000, 100, &output), -EACCES);
	assert_int_equal(chmod(program, 0777), 0);
	assert_int_equal(capture_output(argv, -1, 10000, 100, &output), -EPERM);
	argv[0] = folder;
	assert_int_equal(capture_output(argv, -1, 10000, 100, &output), -EACCES);
	assert_int_equal(unlink(program), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_null(output);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_is_kept_whole),
		cmocka_unit_test(nothing_is_an_output),
		cmocka_unit_test(the_environment_is_ours),
		cmocka_unit_test(failures_are_told_apart),
		cmocka_unit_test(the_program_has_no_capability_and_no_descriptor),
		cmocka_unit_test(an_input_is_its_standard_input),
		cmocka_unit_test(what_others_could_have_written_is_not_run),
	};

	return cmocka_run_group_tests_name("discover/capture", tests, NULL, NULL);
}
