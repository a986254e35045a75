/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines: levels, reasons, priorities only when standard error is the journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

/* What a call writes to standard error, which is a file for its time. */
static char *written_by(void (*call)(void), bool as_journal)
{
	int kept = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	static char text[4096];
	struct stat status;
	size_t length;

	assert_int_equal(fstat(fileno(file), &status), 0);
	if (as_journal) {
		_cleanup_free_ char *stream =
			xasprintf("%llu:%llu", (unsigned long long)status.st_dev,
				  (unsigned long long)status.st_ino);

		setenv("JOURNAL_STREAM", stream, 1);
	} else {
		setenv("JOURNAL_STREAM", "1:1", 1);
	}
	dup2(fileno(file), STDERR_FILENO);
	call();
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	fclose(file);
	return text;
}

static void say_all(void)
{
	errno = EPERM;
	log_error("one %d", 1);
	log_warning("two");
	log_info("three");
	log_debug("four");
	assert_int_equal(errno, EPERM);
}

static void say_reason(void)
{
	assert_int_equal(log_error_errno(-ENOENT, "cannot open '%s'", "x"), -ENOENT);
	assert_int_equal(log_warning_errno(ENOENT, "cannot open"), -ENOENT);
}

static void lines_are_plain_on_a_terminal(void **state)
{
	(void)state;
	assert_string_equal(written_by(say_all, /* as_journal= */ false), "one 1\ntwo\nthree\n");
}

static void lines_carry_their_priority_in_the_journal(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_DEBUG);
	assert_string_equal(written_by(say_all, /* as_journal= */ true),
			    "<3>one 1\n<4>two\n<6>three\n<7>four\n");
	log_set_level(LOG_LEVEL_INFO);
}

static void the_reason_is_told_and_the_error_returned_negative(void **state)
{
	(void)state;
	assert_string_equal(written_by(say_reason, /* as_journal= */ false),
			    "cannot open 'x': No such file or directory\n"
			    "cannot open: No such file or directory\n");
}

static void levels_have_words(void **state)
{
	(void)state;
	assert_int_equal(log_level_from_string("debug"), LOG_LEVEL_DEBUG);
	assert_int_equal(log_level_from_string("chatty"), -EINVAL);
}

/* As journald's stream, when journald hangs. */
static void a_reader_that_hangs_is_not_waited_for(void **state)
{
	int kept = dup(STDERR_FILENO), ends[2];
	char text[64] = "";

	(void)state;
	setenv("JOURNAL_STREAM", "1:1", 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	dup2(ends[1], STDERR_FILENO);
	for (int i = 0; i < 20000; i++)
		log_warning("line %d", i);
	dup2(kept, STDERR_FILENO);
	close(kept);
	assert_true(recv(ends[0], text, sizeof(text) - 1, 0) > 0);
	assert_non_null(strstr(text, "line 0\n"));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_plain_on_a_terminal),
		cmocka_unit_test(lines_carry_their_priority_in_the_journal),
		cmocka_unit_test(the_reason_is_told_and_the_error_returned_negative),
		cmocka_unit_test(levels_have_words),
		cmocka_unit_test(a_reader_that_hangs_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
