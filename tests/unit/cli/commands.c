/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each command asks for the right document and shows it; --json shows it as it came. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>

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
			    "\"messages\":9,\"mailbox_files\":0,\"bytes_sent\":1572864,\"sources\":3,\"last_seen\":"
			    "\"2026-07-01T11:59:30.000Z\"}]}"),
		    "a@b.example  1,234,567       2          0         9              0  1.5 MiB        3  30 "
		    "s ago\n");
}

static void account_shows_services_sources_and_readers(void **state)
{
	(void)state;
	assert_asks("account", "a@b.example", "/v1/accounts/a%40b.example",
		    RESPOND("200 OK",
			    "{\"account\":\"a@b.example\",\"by_service\":[{\"service\":\"imap\","
			    "\"mechanism\":\"password\",\"transport\":\"tls\",\"successes\":1,"
			    "\"failures\":0}],\"by_source\":[],\"readers\":[{\"actor\":\"/bin/tar\","
			    "\"uid\":0,\"login_uid\":1000,\"unit\":\"session-5.scope\","
			    "\"master\":null,\"class\":\"other\",\"messages\":null,"
			    "\"mailbox_files\":7,\"scanned\":0,\"bytes_read\":null}]}"),
		    "/bin/tar    0  1,000  session-5.scope  -       other         -              7        0     -\n");
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
		    "/etc/p  /bin/cat    0      -  -     no           3  10 B\n");
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
			"\"reason\":\"io_uring in use\"}],\"session_gaps\":[\"dovecot: no login\"],\"tick\":{\"count\":5,\"last_ms\":1.25},"
			"\"lost\":{\"attempts\":0,\"reads\":12},\"maps\":[],\"alerts_active\":2}");

	(void)state;
	assert_asks("status", "", "/v1/status", response, "up 1 h 1 min");
	assert_asks("status", "", "/v1/status", response, "lost     reads 12\n");
	assert_asks("status", "", "/v1/status", response, "auth    degraded  syscall    io_uring");
	assert_asks("status", "", "/v1/status", response, "session: dovecot: no login\n");
}

static void status_says_how_far_the_inventory_is(void **state)
{
	static const char response[] =
		RESPOND("200 OK",
			"{\"version\":\"1\",\"inventory\":{\"complete\":true,\"accounts\":12345,"
			"\"capacity\":100000,\"places\":[{\"name\":\"mail_directories\",\"state\":"
			"\"reading\",\"accounts\":12000,\"read\":null,\"problem\":\"cannot read /m\"}]}}");

	(void)state;
	assert_asks("status", "", "/v1/status", response, "mail_directories  reading");
	assert_asks("status", "", "/v1/status", response, "cannot read /m\n");
	assert_asks("status", "", "/v1/status", response,
		    "known: 12345 accounts; a name beyond them does not exist\n");
}

static void explain_shows_parts_that_add_up(void **state)
{
	static const char alert[] =
		RESPOND("200 OK",
			"{\"id\":\"0653a1b2c3d4e5-000001\",\"message\":\"Said.\",\"evidence\":{"
			"\"log_likelihood_ratio\":15.64,\"threshold\":13.5,\"contributions\":["
			"{\"what\":\"wrong passwords\",\"count\":24,\"adds\":59.21}]}}");
	static const char settled[] =
		RESPOND("200 OK",
			"{\"id\":\"0653a1b2c3d4e5-000001\",\"message\":\"Said.\",\"evidence\":{"
			"\"log_likelihood_ratio\":15.64,\"threshold\":13.5,\"contributions\":["
			"{\"what\":\"wrong passwords\",\"count\":24,\"adds\":59.21},{\"what\":"
			"\"taken away by time, successes and limits\",\"count\":null,\"adds\":-43.57}]}}");

	(void)state;
	assert_asks("explain", "0653a1b2c3d4e5-000001", "/v1/alerts/0653a1b2c3d4e5-000001", settled,
		    "\n            taken away by time, successes and limits                -43.57\n\n");
	assert_asks("explain", "0653a1b2c3d4e5-000001", "/v1/alerts/0653a1b2c3d4e5-000001", alert,
		    "      24.0  wrong passwords                                         +59.21\n"
		    "            taken away by time, successes and limits                -43.57\n"
		    "\n"
		    "            log-likelihood ratio when the alert was raised           15.64\n"
		    "            threshold                                                13.50\n");
}

static void explain_says_why_there_is_no_alert(void **state)
{
	static const char standing[] =
		RESPOND("200 OK",
			"{\"subject\":{\"kind\":\"source\",\"name\":\"192.0.2.7\"},\"raised\":false,"
			"\"sums\":[{\"detector\":\"source_guessing\",\"measure\":"
			"\"log_likelihood_ratio\",\"sum\":8.1,\"threshold\":14.2,\"contributions\":["
			"{\"what\":\"wrong passwords\",\"count\":3,\"adds\":8.1}],"
			"\"needs\":\"3 more wrong passwords on other mailboxes\"}],\"alerts\":[]}");

	(void)state;
	assert_asks("explain", "192.0.2.7", "/v1/alerts?top=1000", standing,
		    "No alert about 192.0.2.7 is active.\n\nsource_guessing\n");
	assert_asks("explain", "ann@one.example", "/v1/alerts?top=1000", standing,
		    "What would raise it: 3 more wrong passwords on other mailboxes\n");
}

static void affected_asks_with_a_relative_time(void **state)
{
	(void)state;
	assert_asks("affected", "--since -2h --detector takeover",
		    "/v1/affected?since=2026-07-01T10%3A00%3A00.000Z&detector=takeover&top=1000",
		    RESPOND("200 OK",
			    "{\"accounts\":[{\"account\":\"a\",\"sources\":[\"192.0.2.1\",\"192.0.2.2\"],"
			    "\"alerts\":[\"x\"]}]}"),
		    "192.0.2.1, 192.0.2.2  x\n");
}

static void affected_says_who_needs_a_new_password_and_why(void **state)
{
	static const char response[] =
		RESPOND("200 OK",
			"{\"accounts\":[{\"account\":\"a@b.example\",\"tenant\":\"b.example\","
			"\"happened\":\"opened\",\"time\":\"2026-07-01T10:00:00.000Z\","
			"\"last_time\":\"2026-07-01T10:00:00.000Z\",\"reset\":true,"
			"\"reason\":\"password guessed by 192.0.2.1\",\"messages\":5,"
			"\"mailbox_files\":0,\"bytes_sent\":0,\"first\":null,\"last\":null,"
			"\"sources\":[\"192.0.2.1\",\"192.0.2.2\"],\"alerts\":[\"x\",\"y\"]},"
			"{\"account\":\"c@b.example\",\"happened\":\"read\",\"reset\":false,"
			"\"reason\":\"read by /usr/bin/tar, root\",\"sources\":[],\"alerts\":[]}]}");

	(void)state;
	assert_asks("affected", "--include tried", "/v1/affected?include=tried&top=1000", response,
		    "2026-07-01 10:00:00  yes    password guessed by 192.0.2.1");
	assert_asks("affected", "--format csv", "/v1/affected?top=1000", response,
		    "a@b.example,b.example,opened,2026-07-01T10:00:00.000Z,"
		    "2026-07-01T10:00:00.000Z,yes,password guessed by 192.0.2.1,5,0,0,,,"
		    "192.0.2.1 192.0.2.2,x y\r\n");
	assert_asks("affected", "--format doveadm", "/v1/affected?top=1000", response,
		    "a@b.example\n");
}

#define LEDGER_ROW                                                                                 \
	"{\"hour\":\"2026-07-01T11:00:00.000Z\",\"account\":\"a, \\\"b\\\"@c.example\","               \
	"\"tenant\":\"c.example\",\"source\":null,\"service\":null,\"actor\":\"/bin/tar\",\"uid\":0,"  \
	"\"class\":\"other\",\"successes\":0,\"failures\":0,\"messages\":1234,\"mailbox_files\":0,"    \
	"\"scanned\":0,\"bytes_read\":null,"                                                        \
	"\"bytes_sent\":0,\"first\":\"2026-07-01T11:00:01.000Z\","                                     \
	"\"last\":\"2026-07-01T11:00:02.000Z\","                                                     \
	"\"login_uid\":1000,\"unit\":\"backup.service\",\"master\":null}"
#define LEDGER(row)                                                                                \
	RESPOND("200 OK", "{\"since\":\"2026-06-01T00:00:00.000Z\",\"until\":\"2026-07-01T12:00:01"  \
			  ".000Z\",\"complete_since\":\"2026-06-01T00:00:00.000Z\",\"cut\":false,"       \
			  "\"next\":null,\"rows\":[" row "]}")

static void ledger_asks_with_all_its_options(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	assert_asks("ledger", "--since -2h --until -1h --account a@b.example --actor /bin/tar --top 7",
		    "/v1/ledger?since=2026-07-01T10%3A00%3A00.000Z&until=2026-07-01T11%3A00%3A00."
		    "000Z&account=a%40b.example&actor=%2Fbin%2Ftar&top=7",
		    LEDGER(LEDGER_ROW), "  /bin/tar    0  1,000  backup.service  -       other   0 ");
}

#define LEDGER_REQUEST "/v1/ledger?until=2026-07-01T12%3A00%3A01.000Z&top=1000"

static void ledger_without_rows_points_to_coverage(void **state)
{
	(void)state;
	assert_asks("ledger", "", LEDGER_REQUEST, LEDGER(""), "No row. 'waxseal coverage' shows");
}

static void csv_quotes_what_must_be_quoted(void **state)
{
	(void)state;
	assert_asks("ledger", "--csv", LEDGER_REQUEST, LEDGER(LEDGER_ROW),
		    "hour,account,tenant,source,service,actor,uid,class,successes,failures,messages,"
		    "mailbox_files,scanned,bytes_read,bytes_sent,first,last,login_uid,unit,master\r\n"
		    "2026-07-01T11:00:00.000Z,\"a, \"\"b\"\"@c.example\",c.example,,,/bin/tar,0,other,"
		    "0,0,1234,0,0,,0,2026-07-01T11:00:01.000Z,2026-07-01T11:00:02.000Z,1000,backup.service,\r\n");
	assert_asks("ledger", "--csv", LEDGER_REQUEST, LEDGER(""), "unit,master\r\n");
}

static void ledger_s_pages_are_one_document(void **state)
{
	struct responder responder;
	struct spoken spoken;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		json_t *document;

		responder_start(&responder, i ? LEDGER(LEDGER_ROW "," LEDGER_ROW) : LEDGER(""));
		spoken = speak(responder.path, "ledger", "", true, 0);
		responder_stop(&responder);
		document = json_loads(spoken.out, 0, NULL);
		assert_non_null(document);
		assert_int_equal(json_array_size(json_object_get(document, "rows")),
				 i ? 2 : 0);
		assert_true(json_is_false(json_object_get(document, "cut")));
		json_decref(document);
		spoken_done(&spoken);
	}
}

static void a_list_that_was_cut_says_so(void **state)
{
	(void)state;
	assert_asks("ledger", "--top 1",
		    "/v1/ledger?until=2026-07-01T12%3A00%3A01.000Z&top=1",
		    RESPOND("200 OK", "{\"next\":\"1-2-3-4\",\"cut\":true,\"rows\":[" LEDGER_ROW "]}"),
		    "There are more rows");
	assert_asks("ledger", "--top 1 --json",
		    "/v1/ledger?until=2026-07-01T12%3A00%3A01.000Z&top=1",
		    RESPOND("200 OK", "{\"next\":\"1-2-3-4\",\"cut\":true,\"rows\":[" LEDGER_ROW "]}"),
		    "],\"cut\":true}\n");
	/* the second page begins where the first ended */
	assert_asks("ledger", "--top 2 --csv",
		    "/v1/ledger?until=2026-07-01T12%3A00%3A01.000Z&top=1&after=1-2-3-4",
		    RESPOND("200 OK", "{\"next\":\"1-2-3-4\",\"cut\":true,\"rows\":[" LEDGER_ROW "]}"),
		    "hour,");
}

#define INTERVAL(sensor, from, until, state, lost)                                                 \
	"{\"sensor\":\"" sensor "\",\"from\":\"2026-07-01T" from ".000Z\",\"until\":\"2026-07-01T" until   \
	".000Z\",\"state\":\"" state "\",\"reason\":\"\",\"lost\":{" lost "}}"

static void coverage_says_what_an_empty_answer_is_worth(void **state)
{
	static const char response[] = RESPOND(
		"200 OK",
		"{\"since\":\"2026-07-01T01:00:00.000Z\",\"until\":\"2026-07-01T09:00:00.000Z\","
		"\"intervals\":[" INTERVAL("mailbox", "00:00:00", "02:00:00", "active", "") ","
		INTERVAL("mailbox", "02:00:00", "03:00:00", "active", "") ","
		INTERVAL("mailbox", "03:00:00", "04:00:00", "active", "\"reads_full\":5") ","
		INTERVAL("mailbox", "04:00:00", "05:00:00", "degraded", "") ","
		INTERVAL("mailbox", "08:00:00", "09:00:00", "active", "")
		"],\"gaps\":[{\"sensor\":\"mailbox\",\"from\":\"2026-07-01T05:00:00.000Z\","
		"\"until\":\"2026-07-01T08:00:00.000Z\",\"why\":\"waxseald was stopped\"}]}");

	(void)state;
	setenv("TZ", "UTC", 1);
	assert_asks("coverage", "--since 2026-07-01", "/v1/coverage?since=2026-07-01T00%3A00%3A00.000Z",
		    response,
		    "\"no message was opened\" is certain (mailbox):\n"
		    "  2026-07-01 01:00:00 to 2026-07-01 03:00:00  (2 h 0 min)\n"
		    "  2026-07-01 08:00:00 to 2026-07-01 09:00:00  (1 h 0 min)\n");
	assert_asks("coverage", "", "/v1/coverage", response,
		    "\"nobody logged in\" is certain (auth):\n  never\n");
	assert_asks("coverage", "", "/v1/coverage", response, "active    reads_full 5  -\n");
	assert_asks("coverage", "", "/v1/coverage", response, "08:00:00  waxseald was stopped\n");
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
	assert_asks("alerts", "--detector takeover", "/v1/alerts?detector=takeover&top=1000",
		    RESPOND("200 OK", ALERT),
		    "2026-07-01 11:00:00  id 1  critical  takeover  a  (over)  one two three four five six "
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

static void doctor_says_how_long_the_learning_still_takes(void **state)
{
	struct responder responder;
	struct spoken spoken;

	(void)state;
	responder_start(&responder,
			RESPOND("200 OK", "{\"features\":[],\"problems\":[],\"detection\":{\"learning\":true,"
					  "\"learning_seconds_left\":172800.0,\"active_detectors\":"
					  "[\"takeover\",\"brute_force\"]}}"));
	spoken = speak(responder.path, "doctor", "", false, 0);
	responder_stop(&responder);
	assert_int_equal(spoken.code, 0);
	assert_non_null(strstr(spoken.out, "learning 2 d 0 h left; "));
	assert_non_null(strstr(spoken.out, "already active: takeover, brute_force\n"));
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
		cmocka_unit_test(status_says_how_far_the_inventory_is),
		cmocka_unit_test(explain_shows_parts_that_add_up),
		cmocka_unit_test(explain_says_why_there_is_no_alert),
		cmocka_unit_test(affected_asks_with_a_relative_time),
		cmocka_unit_test(affected_says_who_needs_a_new_password_and_why),
		cmocka_unit_test(ledger_asks_with_all_its_options),
		cmocka_unit_test(ledger_without_rows_points_to_coverage),
		cmocka_unit_test(csv_quotes_what_must_be_quoted),
		cmocka_unit_test(ledger_s_pages_are_one_document),
		cmocka_unit_test(a_list_that_was_cut_says_so),
		cmocka_unit_test(coverage_says_what_an_empty_answer_is_worth),
		cmocka_unit_test(alerts_in_a_pipe_are_one_line_each),
		cmocka_unit_test(alerts_on_a_terminal_are_wrapped_and_never_cut),
		cmocka_unit_test(json_is_printed_as_it_came),
		cmocka_unit_test(doctor_fails_when_a_required_part_is_missing),
		cmocka_unit_test(doctor_says_how_long_the_learning_still_takes),
		cmocka_unit_test(helps_fit_eighty_columns),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
