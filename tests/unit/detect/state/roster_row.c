/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of a roster, understood whole or refused. */
#include "unit/detect/scene.h"

#include "detect/state/roster_row.h"

static void a_row_has_account_state_and_last_login(void **state)
{
	char line[] = "ann@example.org\tactive\t1782864000", never[] = "bait@example.org\thoney\t-";
	struct roster_row row;

	(void)state;
	assert_null(roster_row_parse(line, &row));
	assert_string_equal(row.account, "ann@example.org");
	assert_int_equal(row.state, ACCOUNT_ACTIVE);
	assert_int_equal(row.last_login_us, 1782864000 * US_PER_SECOND);
	assert_null(roster_row_parse(never, &row));
	assert_int_equal(row.state, ACCOUNT_HONEY);
	assert_int_equal(row.last_login_us, 0);
}

static void what_is_not_a_row_is_refused_with_what_is_allowed(void **state)
{
	static const struct {
		const char *line, *wrong;
	} cases[] = {
		{"ann@example.org", "allowed: ACCOUNT, STATE and LAST_LOGIN"},
		{"ann\tactive\t-\tmore", "allowed: ACCOUNT, STATE and LAST_LOGIN"},
		{"-\tactive\t-", "ACCOUNT is missing"},
		{"\tactive\t-", "ACCOUNT is missing"},
		{"ann\tgone\t-", "STATE; allowed: active, cancelled, honey"},
		{"ann\tactive\tyesterday", "LAST_LOGIN; allowed: Unix seconds, or -"},
		{"ann\tactive\t999999999999", "LAST_LOGIN; allowed: Unix seconds, or -"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		_cleanup_free_ char *line = xstrdup(cases[i].line);
		struct roster_row row;
		const char *wrong = roster_row_parse(line, &row);

		assert_non_null(wrong);
		assert_memory_equal(wrong, cases[i].wrong, strlen(cases[i].wrong));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_has_account_state_and_last_login),
		cmocka_unit_test(what_is_not_a_row_is_refused_with_what_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
