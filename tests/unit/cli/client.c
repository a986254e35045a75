/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operator reads when the daemon is absent, forbidden, broken or refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "responder.h"

static void assert_says(struct spoken *spoken, int code, const char *part)
{
	assert_int_equal(spoken->code, code);
	assert_string_equal(spoken->out, "");
	assert_non_null(strstr(spoken->err, part));
	assert_ptr_equal(strchr(spoken->err, '\n'), spoken->err + strlen(spoken->err) - 1);
	spoken_done(spoken);
}

static void no_daemon_is_said_with_how_to_start_it(void **state)
{
	struct spoken spoken = speak("/nonexistent/sock", "tenants", "", false, 0);

	(void)state;
	assert_says(&spoken, 1, "systemctl start waxseald");
}

static void a_stale_socket_is_no_daemon(void **state)
{
	struct responder responder;
	struct spoken spoken;

	(void)state;
	responder_start(&responder, "");
	shutdown(responder.listener, SHUT_RDWR);
	spoken = speak(responder.path, "tenants", "", false, 0);
	assert_says(&spoken, 1, "not running");
	responder_stop(&responder);
}

static void a_path_that_is_too_long_is_said(void **state)
{
	char path[200];
	struct spoken spoken;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	spoken = speak(path, "tenants", "", false, 0);
	assert_says(&spoken, 1, "too long");
}

static void a_refusal_gives_the_daemons_reason(void **state)
{
	struct responder responder;
	struct spoken spoken;

	(void)state;
	responder_start(&responder, RESPOND("400 Bad Request", "{\"error\": \"by: no such word\"}"));
	spoken = speak(responder.path, "tenants", "", true, 0);
	assert_says(&spoken, 1, "by: no such word");
	responder_stop(&responder);
}

static void an_answer_that_is_no_json_is_an_error(void **state)
{
	struct responder responder;
	struct spoken spoken;

	(void)state;
	responder_start(&responder, RESPOND("200 OK", "{\"tenants\": ["));
	spoken = speak(responder.path, "tenants", "", true, 0);
	assert_says(&spoken, 1, "not JSON");
	responder_stop(&responder);
}

static void an_answer_that_breaks_off_is_an_error(void **state)
{
	struct responder responder;
	struct spoken spoken;

	(void)state;
	responder_start(&responder, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}");
	spoken = speak(responder.path, "tenants", "", true, 0);
	assert_says(&spoken, 1, "broke off");
	responder_stop(&responder);
}

static void an_unknown_account_is_said_by_name(void **state)
{
	struct responder responder;
	struct spoken spoken;

	(void)state;
	responder_start(&responder, RESPOND("404 Not Found", "{\"error\": \"no\"}"));
	spoken = speak(responder.path, "account", "a/b@x.example", false, 0);
	assert_string_equal(responder.asked, "GET /v1/accounts/a%2Fb%40x.example HTTP/1.1");
	assert_says(&spoken, 1, "'a/b@x.example' was never seen");
	responder_stop(&responder);
}

static void a_name_of_dots_stays_a_name(void **state)
{
	struct responder responder;
	struct spoken spoken;

	(void)state;
	responder_start(&responder, RESPOND("404 Not Found", "{}"));
	spoken = speak(responder.path, "account", "..", false, 0);
	assert_string_equal(responder.asked, "GET /v1/accounts/.. HTTP/1.1");
	assert_says(&spoken, 1, "never seen");
	responder_stop(&responder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_daemon_is_said_with_how_to_start_it),
		cmocka_unit_test(a_stale_socket_is_no_daemon),
		cmocka_unit_test(a_path_that_is_too_long_is_said),
		cmocka_unit_test(a_refusal_gives_the_daemons_reason),
		cmocka_unit_test(an_answer_that_is_no_json_is_an_error),
		cmocka_unit_test(an_answer_that_breaks_off_is_an_error),
		cmocka_unit_test(an_unknown_account_is_said_by_name),
		cmocka_unit_test(a_name_of_dots_stays_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
