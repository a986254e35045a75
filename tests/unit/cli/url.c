/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of strangers in paths and queries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"
#include "cli/url.h"

static void everything_but_unreserved_characters_is_encoded(void **state)
{
	_cleanup_free_ char *url =
		url_with_segment("/v1/accounts", "a/b c+d@e%f?g&h=\xc3\xbc~._-Z9");

	(void)state;
	assert_string_equal(url, "/v1/accounts/a%2Fb%20c%2Bd%40e%25f%3Fg%26h%3D%C3%BC~._-Z9");
}

static void dots_stay_a_name(void **state)
{
	_cleanup_free_ char *url = url_with_segment("/v1/accounts", "..");

	(void)state;
	assert_string_equal(url, "/v1/accounts/..");
}

static void the_first_parameter_begins_the_query(void **state)
{
	_cleanup_free_ char *url = xstrdup("/v1/alerts");

	(void)state;
	url_add_query(&url, "since", NULL);
	assert_string_equal(url, "/v1/alerts");
	url_add_query(&url, "since", "2026-07-01T12:00:00Z");
	url_add_query(&url, "detector", "");
	assert_string_equal(url, "/v1/alerts?since=2026-07-01T12%3A00%3A00Z&detector=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_but_unreserved_characters_is_encoded),
		cmocka_unit_test(dots_stay_a_name),
		cmocka_unit_test(the_first_parameter_begins_the_query),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
