/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The body of POST /v1/accept: strict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "base/mem.h"
#include "base/time.h"
#include "serve/accept.h"

static int parse(const char *text, struct accept_request *ret)
{
	json_t *document = json_loads(text, 0, NULL);
	char wrong[256] = "";
	int r = accept_parse(document, ret, wrong, sizeof(wrong));

	assert_int_equal(r < 0, wrong[0] != '\0');
	json_decref(document);
	return r;
}

static void what_is_allowed_is_read(void **state)
{
	struct accept_request request;

	(void)state;
	assert_int_equal(parse("{\"alert\": \"a-1\"}", &request), 0);
	assert_int_equal(request.for_us, 0);
	assert_int_equal(parse("{\"alert\": \"a-1\", \"for\": \"90d\", \"note\": \"x\"}", &request), 0);
	assert_int_equal(request.for_us, 90 * US_PER_DAY);
	assert_int_equal(parse("{\"alert\": \"a-1\", \"for\": 60}", &request), 0);
	assert_int_equal(request.for_us, US_PER_MINUTE);
	assert_int_equal(parse("{\"revoke\": 3}", &request), 0);
	assert_int_equal(request.revoke, 3);
	assert_null(request.alert);
}

static void everything_else_is_refused(void **state)
{
	static const char *const texts[] = {
		"[]", "{}", "{\"note\": \"x\"}", "{\"alert\": \"\"}", "{\"alert\": 1}",
		"{\"alert\": \"123456789012345678901234\"}", "{\"alert\": \"a\", \"more\": 1}",
		"{\"alert\": \"a\", \"for\": 0}", "{\"alert\": \"a\", \"for\": 1.5}",
		"{\"alert\": \"a\", \"for\": \"9000d\"}", "{\"alert\": \"a\", \"for\": null}",
		"{\"alert\": \"a\", \"note\": \"\\u001b[2J\"}", "{\"revoke\": 0}",
		"{\"revoke\": \"1\"}", "{\"revoke\": 1, \"note\": \"x\"}",
	};
	struct accept_request request;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		assert_int_equal(parse(texts[i], &request), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_allowed_is_read),
		cmocka_unit_test(everything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
