/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/foreign_lines.h"
#include "base/mem.h"

static char path[64];

static int make_path(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/waxseal-lines-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const char *text, size_t length)
{
	FILE *file = fopen(path, "ae");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	fclose(file);
}

/* "one|two|": long ones are "...", and how many steps it took. */
static unsigned int assert_lines(const char *expected)
{
	struct foreign_lines *lines = NULL;
	enum foreign_line_step step;
	unsigned int steps = 0;
	char said[256] = "", *line;
	size_t length;

	assert_int_equal(foreign_lines_open(path, NULL, &lines), 0);
	while ((step = foreign_lines_step(lines, &line, &length)) != FOREIGN_LINE_END) {
		steps++;
		assert_int_not_equal(step, FOREIGN_LINE_BROKEN);
		if (step == FOREIGN_LINE_NONE)
			continue;
		assert_int_equal(line[length], '\0');
		strncat(said, step == FOREIGN_LINE_ONE ? line : "...", 32);
		strcat(said, "|");
	}
	assert_string_equal(said, expected);
	foreign_lines_close(lines);
	return steps;
}

static void each_line_comes_once(void **state)
{
	(void)state;
	assert_lines("");
	put("one\n\ntwo\nlast", 13);
	assert_lines("one||two|last|");
	put("\n", 1);
	assert_lines("one||two|last|");
}

static void lines_over_the_ends_of_buffers_are_whole(void **state)
{
	struct foreign_lines *lines = NULL;
	enum foreign_line_step step;
	char text[32], *line;
	unsigned int n = 0;
	size_t length;

	(void)state;
	for (unsigned int i = 0; i < 5000; i++)
		put(text, (size_t)snprintf(text, sizeof(text), "line %u\n", i));
	assert_int_equal(foreign_lines_open(path, NULL, &lines), 0);
	while ((step = foreign_lines_step(lines, &line, &length)) != FOREIGN_LINE_END) {
		if (step != FOREIGN_LINE_ONE)
			continue;
		snprintf(text, sizeof(text), "line %u", n++);
		assert_string_equal(line, text);
	}
	assert_int_equal(n, 5000);
	foreign_lines_close(lines);
}

static void a_long_line_is_skipped_in_bounded_steps(void **state)
{
	(void)state;
	put("one\n", 4);
	assert_int_equal(truncate(path, 10 << 20), 0); /* a line of ten million NULs */
	put("\ntwo\n", 5);
	assert_true(assert_lines("one|...|two|") > (10 << 20) / (2 * FOREIGN_LINE_BYTES));
}

static void the_longest_line_is_none_too_long(void **state)
{
	_cleanup_free_ char *text = xcalloc(1, FOREIGN_LINE_BYTES + 1);

	(void)state;
	memset(text, 'x', FOREIGN_LINE_BYTES);
	text[FOREIGN_LINE_BYTES - 1] = '\n';
	put(text, FOREIGN_LINE_BYTES);
	assert_lines("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|");
	text[FOREIGN_LINE_BYTES - 1] = 'x';
	put(text, FOREIGN_LINE_BYTES);
	assert_lines("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx|...|");
}

static void what_is_written_meanwhile_comes_another_time(void **state)
{
	struct foreign_lines *lines = NULL;
	char *line;
	size_t length;

	(void)state;
	put("one\n", 4);
	assert_int_equal(foreign_lines_open(path, NULL, &lines), 0);
	put("two\n", 4);
	assert_int_equal(foreign_lines_step(lines, &line, &length), FOREIGN_LINE_NONE);
	assert_int_equal(foreign_lines_step(lines, &line, &length), FOREIGN_LINE_ONE);
	assert_int_equal(foreign_lines_step(lines, &line, &length), FOREIGN_LINE_END);
	foreign_lines_close(lines);
}

static void a_file_without_end_is_refused(void **state)
{
	struct foreign_lines *lines = NULL;

	(void)state;
	assert_int_equal(truncate(path, (off_t)1 << 40), 0);
	assert_int_equal(foreign_lines_open(path, NULL, &lines), -EFBIG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(foreign_lines_open(path, NULL, &lines), -EINVAL);
	assert_null(lines);
}

#define at_path(test) cmocka_unit_test_setup_teardown(test, make_path, remove_path)

int main(void)
{
	const struct CMUnitTest tests[] = {
		at_path(each_line_comes_once),
		at_path(lines_over_the_ends_of_buffers_are_whole),
		at_path(a_long_line_is_skipped_in_bounded_steps),
		at_path(the_longest_line_is_none_too_long),
		at_path(what_is_written_meanwhile_comes_another_time),
		at_path(a_file_without_end_is_refused),
	};

	return cmocka_run_group_tests_name("base/foreign_lines", tests, NULL, NULL);
}
