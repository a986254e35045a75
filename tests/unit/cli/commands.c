/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each command asks for the right document and shows it; --json shows it as it came. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "responder.h"

/* Runs command and checks the request; what was written must hold part. */
static void assert_asks(const char *command, const char *words, const char *request,
			const char *response, const char *part)
{
	struct responder responder;
	struct spoken spoken;
	char line[512];

	responder_start(&responder, response);
	spoken = speak(responder.path, command, words, false, 0);
	responder_stop(&responder);
	snprintf(line, sizeof(line), "GET %s HTTP/1.1", request);
	assert_string_equal(spoken.err, "");
	assert_int_equal(spoken.code, 0);
	assert_string_equal(responder.asked, line);
	if (!strstr(spoken.out, part))
		fail_msg("'%s' is not in:\n%s", part, spoken.out);
	spoken_done(&spoken);
}

static void accounts_asks_with_all_its_options(void **state)
{
	(void)state;
	assert_asks("accounts", "--by messages --top=5 --tenant a+b.example",
		    "/v1/accounts?by=messages&top=5&tenant=a%2Bb.example",
		    RESPOND("200 OK",
			    "{\"since\":\"2026-06-01T00:00:00.000Z\",\"accounts\":[{\"account\":"
			    "\"a@b.example\",\"successes\":1234567,\"failures\":2,\"temporary\":0,"
			    "\"messages\":9,\"bytes_sent\":1572864,\"sources\":3,\"last_seen\":"
			    "\"2026-07-01T11:59:30.000Z\"}]}"),
		    "a@b.example  1,234,567       2          0         9  1.5 MiB        3  30 s "
		    "ago\n");
}

static void account_shows_services_sources_and_readers(void **state)
{
	(void)state;
	assert_asks("account", "a@b.example", "/v1/accounts/a%40b.example",
		    RESPOND("200 OK",
			    "{\"account\":\"a@b.example\",\"by_service\":[{\"service\":\"imap\","
			    "\"mechanism\":\"password\",\"transport\":\"tls\",\"successes\":1,"
			    "\"failures\":0}],\"by_source\":[],\"readers\":[{\"actor\":\"/bin/tar\","
			    "\"uid\":0,\"class\":\"other\",\"messages\":7,\"bytes_read\":null}]}"),
		    "/bin/tar    0  other         7     -\n");
}

static void sources_asks_with_all_its_options(void **state)
{
	(void)state;
	assert_asks("sources", "--by unanswered --top 100000",
		    "/v1/sources?by=unanswered&top=100000",
		    RESPOND("200 OK", "{\"sources\":[{\"source\":\"2001:db8::1\",\"score\":7.25}]}"),
		    "2001:db8::1         -");
}

static void source_encodes_an_address(void **state)
{
	(void)state;
	assert_asks("source", "2001:db8::1", "/v1/sources/2001%3Adb8%3A%3A1",
		    RESPOND("200 OK", "{\"source\":\"2001:db8::1\",\"by_account\":[]}"),
		    "No account.\n");
}

static void stores_gives_one_row_per_reader(void **state)
{
	(void)state;
	assert_asks("stores", "", "/v1/stores",
		    RESPOND("200 OK",
			    "{\"stores\":[{\"path\":\"/etc/p\",\"readers\":[{\"actor\":\"/bin/cat\","
			    "\"uid\":0,\"allowed\":false,\"opens\":3,\"bytes\":10}]}]}"),
		    "/etc/p  /bin/cat    0  no           3  10 B\n");
}

static void tenants_without_any_says_so(void **state)
{
	(void)state;
	assert_asks("tenants", "", "/v1/tenants", RESPOND("200 OK", "{\"tenants\":[]}"),
		    "No tenant seen.\n");
}

static void status_names_losses_and_mechanisms(void **state)
{
	static const char response[] =
		RESPOND("200 OK",
			"{\"version\":\"1\",\"uptime_seconds\":3700.5,\"kernel\":\"6.1\",\"mechanism\":"
			"{\"auth\":\"syscall\"},\"sensors\":[{\"name\":\"auth\",\"state\":\"degraded\","
			"\"reason\":\"io_uring in use\"}],\"tick\":{\"count\":5,\"last_ms\":1.25},"
			"\"lost\":{\"attempts\":0,\"reads\":12},\"maps\":[],\"alerts_active\":2}");

	(void)state;
	assert_asks("status", "", "/v1/status", response, "up 1 h 1 min");
	assert_asks("status", "", "/v1/status", response, "lost     reads 12\n");
	assert_asks("status", "", "/v1/status", response, "auth    degraded  syscall    io_uring");
}

static void affected_asks_with_a_relative_time(void **state)
{
	(void)state;
	assert_asks("affected", "--since -2h --detector takeover",
		    "/v1/affected?since=2026-07-01T10%3A00%3A00.000Z&detector=takeover",
		    RESPOND("200 OK",
			    "{\"accounts\":[{\"account\":\"a\",\"sources\":[\"192.0.2.1\",\"192.0.2.2\"],"
			    "\"alerts\":[\"x\"]}]}"),
		    "192.0.2.1, 192.0.2.2  x\n");
}

#define ALERT                                                                                      \
	"{\"alerts\":[{\"id\":\"1\",\"time\":\"2026-07-01T11:00:00.000Z\",\"detector\":"           \
	"\"takeover\",\"severity\":\"critical\",\"subject\":{\"kind\":\"account\",\"name\":\"a\"}," \
	"\"message\":\"one two three four five six seven eight nine ten eleven\",\"state\":"       \
	"\"over\"}]}"

static void alerts_in_a_pipe_are_one_line_each(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	assert_asks("alerts", "--detector takeover", "/v1/alerts?detector=takeover",
		    RESPOND("200 OK", ALERT),
		    "2026-07-01 11:00:00  critical  takeover  a  (over)  one two three four five six "
		    "seven eight nine ten eleven\n");
}

static void alerts_on_a_terminal_are_wrapped_and_never_cut(void **state)
{
	struct responder responder;
	struct spoken spoken;

	(void)state;
	responder_start(&responder, RESPOND("200 OK", ALERT));
	spoken = speak(responder.path, "alerts", "", false, 40);
	responder_stop(&responder);
	assert_non_null(strstr(spoken.out, "\n    one two three four five six seven\n"
					   "    eight nine ten eleven\n"));
	spoken_done(&spoken);
}

static void json_is_printed_as_it_came(void **state)
{
	struct responder responder;
	struct spoken spoken;

	(void)state;
	responder_start(&responder, RESPOND("200 OK", "{ \"b\":1,\n\"a\" : 2.50 }\n\n"));
	spoken = speak(responder.path, "tenants", "", true, 0);
	responder_stop(&responder);
	assert_int_equal(spoken.code, 0);
	assert_string_equal(spoken.out, "{ \"b\":1,\n\"a\" : 2.50 }\n");
	spoken_done(&spoken);
}

static void doctor_fails_when_a_required_part_is_missing(void **state)
{
	struct responder responder;
	struct spoken spoken;

	(void)state;
	responder_start(&responder, RESPOND("200 OK", "{\"features\":[{\"name\":\"btf\",\"present\":"
						      "false,\"required\":true}],\"problems\":["
						      "\"no mail root\"]}"));
	spoken = speak(responder.path, "doctor", "", false, 0);
	responder_stop(&responder);
	assert_int_equal(spoken.code, 1);
	assert_non_null(strstr(spoken.out, "- no mail root\n"));
	spoken_done(&spoken);
}

static void helps_fit_eighty_columns(void **state)
{
	(void)state;
	for (const struct command *command = commands; command->run; command++) {
		struct spoken spoken = speak("", command->grammar.command, "--help", false, 0);

		assert_int_equal(spoken.code, 0);
		for (const char *line = spoken.out; *line; line += strcspn(line, "\n") + 1)
			if (strcspn(line, "\n") > 80)
				fail_msg("too wide: %.*s", (int)strcspn(line, "\n"), line);
		spoken_done(&spoken);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accounts_asks_with_all_its_options),
		cmocka_unit_test(account_shows_services_sources_and_readers),
		cmocka_unit_test(sources_asks_with_all_its_options),
		cmocka_unit_test(source_encodes_an_address),
		cmocka_unit_test(stores_gives_one_row_per_reader),
		cmocka_unit_test(tenants_without_any_says_so),
		cmocka_unit_test(status_names_losses_and_mechanisms),
		cmocka_unit_test(affected_asks_with_a_relative_time),
		cmocka_unit_test(alerts_in_a_pipe_are_one_line_each),
		cmocka_unit_test(alerts_on_a_terminal_are_wrapped_and_never_cut),
		cmocka_unit_test(json_is_printed_as_it_came),
		cmocka_unit_test(doctor_fails_when_a_required_part_is_missing),
		cmocka_unit_test(helps_fit_eighty_columns),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
