/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "discover/settings_file.h"

static char path[64];

static int make_path(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/waxseal-settings-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void assert_value(const char *name, char separator, const char *expected)
{
	struct strlist problems = {};
	_cleanup_free_ char *value = settings_file_value(path, name, separator, &problems);

	assert_string_equal(value, expected);
	assert_int_equal(problems.count, 0);
}

static void the_last_line_that_sets_a_name_counts(void **state)
{
	(void)state;
	put("name = one\n#name = three\n  name=two words \t\r\nnamed = four\n");
	assert_value("name", '=', "two words");
	assert_value("other", '=', "");
}

static void each_separator_cuts_its_own_lines(void **state)
{
	(void)state;
	put("a: 1\nb = 2\nMYSQL_PORT\t \t3\n");
	assert_value("a", ':', "1");
	assert_value("b", '=', "2");
	assert_value("MYSQL_PORT", ' ', "3");
	assert_value("b", ':', "");
}

/* With lines of a fixed length the rest of this one was a setting of its own. */
static void the_tail_of_a_long_line_is_no_setting(void **state)
{
	_cleanup_free_ char *text = xcalloc(1, 200000);

	(void)state;
	memset(text, 'x', 9000);
	for (size_t at = 100; at < 8900; at += 50)
		memcpy(text + at, " name: bad ", 11);
	strcpy(text + 9000, "\n");
	put(text);
	assert_value("name", ':', "");
	strcpy(text + 9000, "\nname: good\n");
	put(text);
	assert_value("name", ':', "good");
}

static void a_last_line_without_its_end_counts(void **state)
{
	(void)state;
	put("name: value");
	assert_value("name", ':', "value");
}

static void a_nul_byte_ends_its_line_and_not_the_file(void **state)
{
	static const char text[] = "before = 1\nname = a\0b = 2\n\0\nafter = 3\n";
	FILE *file = fopen(path, "we");

	(void)state;
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, sizeof(text) - 1, file), sizeof(text) - 1);
	fclose(file);
	assert_value("before", '=', "1");
	assert_value("name", '=', "a");
	assert_value("b", '=', "");
	assert_value("after", '=', "3");
}

static void take_nothing(void *context, char *line)
{
	(void)line;
	++*(int *)context;
}

static int each_line(const char *file, struct strlist *ret_problems)
{
	int lines = 0, r = settings_file_each_line(file, FOREIGN_OF_ANYBODY, take_nothing, &lines,
						   ret_problems);

	assert_int_equal(lines, 0);
	return r;
}

static void what_is_no_regular_file_is_refused_without_waiting(void **state)
{
	struct strlist problems = {};

	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(each_line(path, &problems), -EINVAL);
	assert_int_equal(each_line(path, &problems), -EINVAL);
	assert_int_equal(problems.count, 1); /* said once */
	assert_int_equal(each_line("/dev/zero", &problems), -EINVAL);
	assert_int_equal(each_line("/", &problems), -EINVAL);
	assert_int_equal(each_line("/nonexistent", &problems), -ENOENT);
	assert_int_equal(problems.count, 3);
	assert_string_equal(problems.items[1],
			    "/dev/zero is not read: /dev/zero is not a regular file");
	strlist_done(&problems);
}

static void a_file_that_is_too_large_is_refused(void **state)
{
	struct strlist problems = {};

	(void)state;
	assert_int_equal(truncate(path, SETTINGS_FILE_BYTES + 1), 0);
	assert_int_equal(each_line(path, &problems), -EFBIG);
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.items[0], "has 1048577 bytes; allowed: 1048576"));
	strlist_done(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_last_line_that_sets_a_name_counts, make_path,
						remove_path),
		cmocka_unit_test_setup_teardown(each_separator_cuts_its_own_lines, make_path,
						remove_path),
		cmocka_unit_test_setup_teardown(the_tail_of_a_long_line_is_no_setting, make_path,
						remove_path),
		cmocka_unit_test_setup_teardown(a_last_line_without_its_end_counts, make_path,
						remove_path),
		cmocka_unit_test_setup_teardown(a_nul_byte_ends_its_line_and_not_the_file, make_path,
						remove_path),
		cmocka_unit_test_setup_teardown(what_is_no_regular_file_is_refused_without_waiting,
						make_path, remove_path),
		cmocka_unit_test_setup_teardown(a_file_that_is_too_large_is_refused, make_path,
						remove_path),
	};

	return cmocka_run_group_tests_name("discover/settings_file", tests, NULL, NULL);
}
