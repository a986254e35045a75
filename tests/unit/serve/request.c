/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters of a request: what is allowed, and what the refusal says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "serve/request.h"

/* 2026-07-01T12:00:00Z */
#define NOW INT64_C(1782907200000000)

static const char *const orders[] = {"failures", "messages", NULL};

static int parse(const char *name, const char *value, struct request_query *ret,
		 struct reply *reply)
{
	struct request request = {.parameters = {{name, value}}, .n_parameters = 1, .now_us = NOW};

	*reply = (struct reply){0};
	return request_parse(&request, "by top since account", orders, ret, reply);
}

static void check_refused(const char *name, const char *value, const char *reason)
{
	struct request_query query;
	struct reply reply;

	assert_int_equal(parse(name, value, &query, &reply), -EINVAL);
	assert_int_equal(reply.status, 400);
	if (!strstr(reply.body, reason))
		fail_msg("'%s' is not in %s", reason, reply.body);
	free(reply.body);
}

static void a_refusal_says_what_is_allowed(void **state)
{
	(void)state;
	check_refused("to", "x", "unknown parameter 'to', allowed: by top since account");
	check_refused("accoun", "x", "unknown parameter 'accoun'");
	check_refused("by", "shoe_size", "allowed: failures messages");
	check_refused("top", "0", "allowed: 1 to 100000");
	check_refused("top", "100001", "allowed: 1 to 100000");
	check_refused("since", "yesterday", "allowed: 2026-07-01T12:34:56Z");
	check_refused("account", "", "parameter 'account' is empty");
	check_refused("account", NULL, "parameter 'account' is empty");
	check_refused("account", "a%2", "not percent-encoded UTF-8");
}

static void values_are_decoded(void **state)
{
	struct request_query query;
	struct reply reply;

	(void)state;
	assert_int_equal(parse("account", "a%20%2b+b", &query, &reply), 0);
	assert_string_equal(query.ledger.account, "a ++b");
	request_query_done(&query);
	assert_int_equal(parse("since", "-1h", &query, &reply), 0);
	assert_int_equal(query.ledger.since_us, NOW - INT64_C(3600000000));
	assert_int_equal(query.ledger.now_us, NOW);
	request_query_done(&query);
}

static void too_many_parameters_are_refused(void **state)
{
	struct request request = {.n_parameters = REQUEST_PARAMETERS + 1};
	struct request_query query;
	struct reply reply = {0};

	(void)state;
	assert_int_equal(request_parse(&request, "", NULL, &query, &reply), -EINVAL);
	assert_non_null(strstr(reply.body, "more than 8 parameters"));
	free(reply.body);
}

static void decoding_is_strict(void **state)
{
	static const char *const wrong[] = {"%", "%4", "%4g", "%00", "%ff", "a%c3"};
	char *text = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
		assert_int_equal(request_decode(wrong[i], &text), -EINVAL);
	assert_null(text);
	assert_int_equal(request_decode("%41%c3%BC/..", &text), 0);
	assert_string_equal(text, "Aü/..");
	free(text);
}

static void an_error_repeats_only_text(void **state)
{
	struct reply reply = {0};

	(void)state;
	reply_error(&reply, 404, "no '%s'", "\xff");
	assert_string_equal(reply.body, "{\"error\":\"bad request\"}");
	free(reply.body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refusal_says_what_is_allowed),
		cmocka_unit_test(values_are_decoded),
		cmocka_unit_test(too_many_parameters_are_refused),
		cmocka_unit_test(decoding_is_strict),
		cmocka_unit_test(an_error_repeats_only_text),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
