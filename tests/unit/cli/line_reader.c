/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of text out of a file, and what is refused as text. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "cli/line_reader.h"

static struct line_reader *open_reader(const char *bytes, size_t length)
{
	struct line_reader *reader = xcalloc(1, sizeof(*reader));

	reader->file = tmpfile();
	assert_non_null(reader->file);
	assert_int_equal(fwrite(bytes, 1, length, reader->file), length);
	rewind(reader->file);
	return reader;
}

static void close_reader(struct line_reader *reader)
{
	fclose(reader->file);
	free(reader);
}

static void check_refused(const char *bytes, size_t length, const char *reason)
{
	struct line_reader *reader = open_reader(bytes, length);
	const char *wrong;
	char *text;

	assert_int_equal(line_reader_read(reader, &text, &wrong), -EINVAL);
	assert_non_null(strstr(wrong, reason));
	close_reader(reader);
}

static void the_last_line_needs_no_end(void **state)
{
	struct line_reader *reader = open_reader("one\n\nthree", 10);
	const char *wrong;
	char *text;

	(void)state;
	assert_int_equal(line_reader_read(reader, &text, &wrong), 1);
	assert_string_equal(text, "one");
	assert_int_equal(line_reader_read(reader, &text, &wrong), 1);
	assert_string_equal(text, "");
	assert_int_equal(line_reader_read(reader, &text, &wrong), 1);
	assert_string_equal(text, "three");
	assert_int_equal(line_reader_read(reader, &text, &wrong), 0);
	assert_int_equal(line_reader_read(reader, &text, &wrong), 0);
	close_reader(reader);
}

static void lines_outlast_the_buffer(void **state)
{
	enum { LINES = 3000, LENGTH = 60 };
	_cleanup_free_ char *bytes = xmalloc(LINES * LENGTH);
	struct line_reader *reader;
	const char *wrong;
	char *text;

	(void)state;
	memset(bytes, 'x', LINES * LENGTH);
	for (size_t i = 1; i <= LINES; i++)
		bytes[i * LENGTH - 1] = '\n';
	reader = open_reader(bytes, LINES * LENGTH);
	for (size_t i = 0; i < LINES; i++) {
		assert_int_equal(line_reader_read(reader, &text, &wrong), 1);
		assert_int_equal(strlen(text), LENGTH - 1);
	}
	assert_int_equal(line_reader_read(reader, &text, &wrong), 0);
	close_reader(reader);
}

static void a_line_has_a_greatest_length(void **state)
{
	_cleanup_free_ char *bytes = xcalloc(1, LINE_READER_BYTES + 3);
	struct line_reader *reader;
	const char *wrong;
	char *text;

	(void)state;
	memset(bytes, 'x', LINE_READER_BYTES + 1);
	check_refused(bytes, LINE_READER_BYTES + 1, "too long");
	reader = open_reader(bytes, LINE_READER_BYTES);
	assert_int_equal(line_reader_read(reader, &text, &wrong), 1);
	assert_int_equal(strlen(text), LINE_READER_BYTES);
	close_reader(reader);
}

static void only_text_is_read(void **state)
{
	(void)state;
	check_refused("a\0b\n", 4, "NUL");
	check_refused("a\033b\n", 4, "control");
	check_refused("a\r\n", 3, "control");
	check_refused("a\xff\n", 3, "UTF-8");
}

static void tabs_and_question_marks_are_text(void **state)
{
	struct line_reader *reader = open_reader("a\t?\tü\n", 8);
	const char *wrong;
	char *text;

	(void)state;
	assert_int_equal(line_reader_read(reader, &text, &wrong), 1);
	assert_string_equal(text, "a\t?\tü");
	close_reader(reader);
}

static void what_hides_is_escaped_as_the_sensors_do(void **state)
{
	static const char line[] = "a\u200bb\tc\u202e\n";
	struct line_reader *reader = open_reader(line, sizeof(line) - 1);
	_cleanup_free_ char *many = xcalloc(1, LINE_READER_BYTES + 1);
	const char *wrong;
	char *text;

	(void)state;
	assert_int_equal(line_reader_read(reader, &text, &wrong), 1);
	assert_string_equal(text, "a\\xe2\\x80\\x8bb\tc\\xe2\\x80\\xae");
	close_reader(reader);
	for (size_t i = 0; i + 3 <= LINE_READER_BYTES; i += 3)
		memcpy(many + i, "\u200b", 3);
	check_refused(many, strlen(many), "control");
	check_refused("a\xc2\x85\n", 5, "control");
}

static void fields_past_the_most_are_counted_only(void **state)
{
	char text[] = "a\t\tc\td";
	char *fields[2];

	(void)state;
	assert_int_equal(line_reader_split(text, fields, 2), 4);
	assert_string_equal(fields[0], "a");
	assert_string_equal(fields[1], "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_line_needs_no_end),
		cmocka_unit_test(lines_outlast_the_buffer),
		cmocka_unit_test(a_line_has_a_greatest_length),
		cmocka_unit_test(only_text_is_read),
		cmocka_unit_test(tabs_and_question_marks_are_text),
		cmocka_unit_test(what_hides_is_escaped_as_the_sensors_do),
		cmocka_unit_test(fields_past_the_most_are_counted_only),
	};

	return cmocka_run_group_tests_name("line reader", tests, NULL, NULL);
}
