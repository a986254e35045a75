/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of accounts that a replay gets. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cli/roster.h"

static int64_t read_text(const char *text, struct history *history, char *ret_problem, size_t size)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	int64_t count;

	assert_non_null(file);
	count = roster_read(file, "list", history, ret_problem, size);
	fclose(file);
	return count;
}

static enum account_state state_of(const struct history *history, const char *name)
{
	return history_account(history, history_name(history, name));
}

static void accounts_are_counted_and_kept(void **state)
{
	struct history *history = history_new(100);
	char problem[256];

	(void)state;
	history_advance(history, INT64_C(1782907200000000));
	assert_int_equal(read_text("# a comment\n"
				   "ann@one.example\tactive\t1782900000\n"
				   "bob@one.example\tcancelled\t-\n"
				   "eve@one.example\thoney\t-\n",
				   history, problem, sizeof(problem)),
			 3);
	assert_int_equal(state_of(history, "ann@one.example"), ACCOUNT_ACTIVE);
	assert_int_equal(state_of(history, "bob@one.example"), ACCOUNT_CANCELLED);
	assert_int_equal(state_of(history, "eve@one.example"), ACCOUNT_HONEY);
	assert_int_equal(state_of(history, "joe@one.example"), ACCOUNT_UNSEEN);
	history_free(history);
}

static void a_wrong_line_is_named(void **state)
{
	char problem[256];

	(void)state;
	assert_int_equal(read_text("ann\tactive\t-\n# comment\nbob\tasleep\t-\n", NULL, problem,
				   sizeof(problem)),
			 -EINVAL);
	assert_non_null(strstr(problem, "list:3: "));
	assert_int_equal(
		read_text("ann\tactive\t-\nbo\001b\tactive\t-\n", NULL, problem, sizeof(problem)),
		-EINVAL);
	assert_non_null(strstr(problem, "list:2: a control character"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accounts_are_counted_and_kept),
		cmocka_unit_test(a_wrong_line_is_named),
	};

	return cmocka_run_group_tests_name("roster", tests, NULL, NULL);
}
