/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts as lines in a file, also when the file is rotated away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "alert/sink.h"
#include "base/mem.h"

static const struct alert sample = {
	.id = "0001",
	.detector = "takeover",
	.severity = SEVERITY_CRITICAL,
	.subject_kind = SUBJECT_ACCOUNT,
	.subject = (char *)"ann@example.org",
	.message = (char *)"two\nlines",
	.active = true,
};

static int count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	int lines = 0, c;

	if (!file)
		return -1;
	while ((c = fgetc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static void lines_go_to_what_the_path_names_now(void **state)
{
	char folder[] = "/tmp/waxseal-jsonl-XXXXXX";
	_cleanup_free_ char *path = NULL, *old = NULL;
	struct sink_value values[] = {{0}};
	const struct sink_settings settings = {values, folder};
	void *sink = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = xasprintf("%s/alerts", folder);
	old = xasprintf("%s/alerts.1", folder);
	values[0].text = path;
	assert_int_equal(jsonl_sink.open(&settings, &sink), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), 0);
	assert_int_equal(count_lines(path), 2);
	assert_int_equal(rename(path, old), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), 0);
	assert_int_equal(count_lines(old), 2);
	assert_int_equal(count_lines(path), 1);
	jsonl_sink.close(sink);
	assert_int_equal(jsonl_sink.open(&settings, &sink), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), 0);
	assert_int_equal(count_lines(path), 2);
	jsonl_sink.close(sink);
	unlink(path);
	unlink(old);
	rmdir(folder);
}

static void without_a_path_lines_go_to_the_state_directory(void **state)
{
	char folder[] = "/tmp/waxseal-jsonl-XXXXXX";
	_cleanup_free_ char *path = NULL;
	const struct sink_value values[] = {{0}};
	const struct sink_settings settings = {values, folder};
	void *sink = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = xasprintf("%s/alerts.jsonl", folder);
	assert_int_equal(jsonl_sink.open(&settings, &sink), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), 0);
	assert_int_equal(count_lines(path), 1);
	jsonl_sink.close(sink);
	unlink(path);
	rmdir(folder);
}

static void what_cannot_be_written_is_an_error(void **state)
{
	struct sink_value values[] = {{.text = (char *)"/nonexistent/alerts"}};
	const struct sink_settings settings = {values, "/nonexistent"};
	void *sink = NULL;

	(void)state;
	assert_int_equal(jsonl_sink.open(&settings, &sink), -ENOENT);
	assert_int_equal(jsonl_sink.send(sink, &sample), -ENOENT);
	jsonl_sink.close(sink);
	values[0].text = (char *)"/dev/full";
	assert_int_equal(jsonl_sink.open(&settings, &sink), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), -ENOSPC);
	jsonl_sink.close(sink);
}

static void what_cannot_be_opened_is_tried_again(void **state)
{
	char folder[] = "/tmp/waxseal-jsonl-XXXXXX";
	_cleanup_free_ char *below = NULL, *path = NULL;
	struct sink_value values[] = {{0}};
	const struct sink_settings settings = {values, folder};
	void *sink = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	below = xasprintf("%s/later", folder);
	path = xasprintf("%s/alerts", below);
	values[0].text = path;
	assert_int_equal(jsonl_sink.open(&settings, &sink), -ENOENT);
	assert_int_equal(jsonl_sink.send(sink, &sample), -ENOENT);
	assert_int_equal(mkdir(below, 0700), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), 0);
	assert_int_equal(count_lines(path), 1);
	jsonl_sink.close(sink);
	unlink(path);
	rmdir(below);
	rmdir(folder);
}

/* A limit on the file's size stands for a full disk: the kernel writes what fits. */
static void after_half_a_line_the_next_one_begins_anew(void **state)
{
	char folder[] = "/tmp/waxseal-jsonl-XXXXXX";
	_cleanup_free_ char *path = NULL;
	struct sink_value values[] = {{0}};
	const struct sink_settings settings = {values, folder};
	struct rlimit before, full;
	struct stat file, full_file;
	void *sink = NULL;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = xasprintf("%s/alerts", folder);
	values[0].text = path;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(jsonl_sink.open(&settings, &sink), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), 0);
	assert_int_equal(stat(path, &file), 0);
	full = (struct rlimit){(rlim_t)file.st_size + 20, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), 0);
	assert_int_equal(count_lines(path), 2);
	assert_int_equal(stat(path, &full_file), 0);
	assert_int_equal(full_file.st_size, 2 * file.st_size);
	jsonl_sink.close(sink);
	unlink(path);
	rmdir(folder);
}

/* Of a daemon that was killed in the middle. */
static void half_a_line_of_an_earlier_run_is_ended(void **state)
{
	char folder[] = "/tmp/waxseal-jsonl-XXXXXX";
	_cleanup_free_ char *path = NULL;
	struct sink_value values[] = {{0}};
	const struct sink_settings settings = {values, folder};
	void *sink = NULL;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	path = xasprintf("%s/alerts", folder);
	values[0].text = path;
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("{\"id\":\"00", file);
	fclose(file);
	assert_int_equal(jsonl_sink.open(&settings, &sink), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), 0);
	assert_int_equal(jsonl_sink.send(sink, &sample), 0);
	assert_int_equal(count_lines(path), 3);
	jsonl_sink.close(sink);
	unlink(path);
	rmdir(folder);
}

static void sinks_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(sink_find("jsonl"), &jsonl_sink);
	assert_ptr_equal(sink_find("journal"), &journal_sink);
	assert_null(sink_find("pigeon"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_go_to_what_the_path_names_now),
		cmocka_unit_test(without_a_path_lines_go_to_the_state_directory),
		cmocka_unit_test(what_cannot_be_written_is_an_error),
		cmocka_unit_test(what_cannot_be_opened_is_tried_again),
		cmocka_unit_test(after_half_a_line_the_next_one_begins_anew),
		cmocka_unit_test(half_a_line_of_an_earlier_run_is_ended),
		cmocka_unit_test(sinks_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
