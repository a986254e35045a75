/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics page: sums, caps, escaping, both formats. promtool judges it where it is installed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "serve/metrics.h"

static void observe_login(struct metrics *metrics, const char *account, const char *service,
			  uint64_t count)
{
	struct attempt_row row = {.account = account,
				  .source = "192.0.2.1",
				  .service = service,
				  .mechanism = MECHANISM_PASSWORD,
				  .transport = TRANSPORT_TLS,
				  .count = {[OUTCOME_FAILURE] = count}};
	struct snapshot snapshot = {.attempts = &row, .n_attempts = 1};

	metrics_observe(metrics, &snapshot);
}

static void observe_read(struct metrics *metrics, const char *account)
{
	struct read_row row = {.account = account,
			       .source = "192.0.2.1",
			       .service = "imap",
			       .actor = "/bin/cat",
			       .reader = READER_OTHER,
			       .messages = 3,
			       .bytes_sent = 1000};
	struct store_row store = {.path = "/etc/\"odd\"\\name", .actor = "/bin/cat", .opens = 1};
	struct snapshot snapshot = {.reads = &row, .n_reads = 1, .stores = &store, .n_stores = 1};

	metrics_observe(metrics, &snapshot);
}

static void observe_connections(struct metrics *metrics, uint64_t accepted)
{
	struct connection_row row = {.source = "192.0.2.1", .service = "imap", .accepted = accepted};
	struct snapshot snapshot = {.connections = &row, .n_connections = 1};

	metrics_observe(metrics, &snapshot);
}

static struct metrics *example(void)
{
	struct metrics *metrics = metrics_new();

	observe_login(metrics, "ann@one.example", "imap", 2);
	observe_login(metrics, "ann@one.example", "imap", 3);
	observe_login(metrics, "", "pop3", 1);
	observe_login(metrics, "ann@192.0.2.7", "imap", 4);
	observe_read(metrics, "ann@one.example");
	observe_connections(metrics, 2);
	observe_connections(metrics, 3);
	metrics_observe_duration(metrics, 0.003);
	metrics_observe_duration(metrics, 7.5);
	metrics_set(metrics, METRIC_ACCOUNTS_SEEN, NULL, NULL, 14200000);
	metrics_set(metrics, METRIC_SOURCES_SEEN, NULL, NULL, 0);
	metrics_set(metrics, METRIC_ALERTS, "takeover", "critical", 1);
	metrics_set(metrics, METRIC_ALERTS_ACTIVE, "takeover", NULL, 1);
	metrics_set(metrics, METRIC_LOST, "map_full", NULL, 0);
	metrics_set(metrics, METRIC_MAP_ENTRIES, "attempts", NULL, 1);
	metrics_set(metrics, METRIC_MAP_CAPACITY, "attempts", NULL, 65536);
	metrics_set(metrics, METRIC_PROGRAM_RUNS, "auth", NULL, 12);
	metrics_set(metrics, METRIC_PROGRAM_RUN_SECONDS, "auth", NULL, 0.25);
	metrics_set(metrics, METRIC_SENSOR_UP, "auth", "syscall", 1);
	return metrics;
}

static void check_line(const char *page, const char *line)
{
	_cleanup_free_ char *with_end = xasprintf("\n%s\n", line);

	if (!strstr(page, with_end))
		fail_msg("no line %s in\n%s", line, page);
}

static void ticks_add_up_by_label(void **state)
{
	struct metrics *metrics = example();
	_cleanup_free_ char *page = metrics_print(metrics, METRICS_PROMETHEUS, NULL);

	(void)state;
	check_line(page, "# TYPE waxseal_auth_attempts_total counter");
	check_line(page, "waxseal_auth_attempts_total{tenant=\"one.example\",service=\"imap\","
			 "mechanism=\"password\",transport=\"tls\",outcome=\"failure\"} 5");
	check_line(page, "waxseal_connections_total{service=\"imap\"} 5");
	check_line(page, "waxseal_auth_attempts_total{tenant=\"other\",service=\"imap\","
			 "mechanism=\"password\",transport=\"tls\",outcome=\"failure\"} 4");
	check_line(page, "waxseal_auth_attempts_total{tenant=\"other\",service=\"pop3\","
			 "mechanism=\"password\",transport=\"tls\",outcome=\"failure\"} 1");
	check_line(page,
		   "waxseal_messages_opened_total{tenant=\"one.example\",reader=\"other\"} 3");
	check_line(page, "waxseal_session_bytes_sent_total{tenant=\"one.example\",service=\"imap\"}"
			 " 1000");
	check_line(page, "waxseal_tick_duration_seconds_bucket{le=\"0.0025\"} 0");
	check_line(page, "waxseal_tick_duration_seconds_bucket{le=\"0.005\"} 1");
	check_line(page, "waxseal_tick_duration_seconds_bucket{le=\"+Inf\"} 2");
	check_line(page, "waxseal_tick_duration_seconds_sum 7.503");
	check_line(page, "waxseal_accounts_seen 14200000");
	check_line(page, "waxseal_program_run_seconds_total{program=\"auth\"} 0.25");
	assert_null(strstr(page, "ann"));
	assert_null(strstr(page, "192.0.2."));
	metrics_free(metrics);
}

static void label_values_are_escaped(void **state)
{
	struct metrics *metrics = example();
	_cleanup_free_ char *page = metrics_print(metrics, METRICS_PROMETHEUS, NULL);

	(void)state;
	check_line(page, "waxseal_credential_opens_total{store=\"/etc/\\\"odd\\\"\\\\name\","
			 "allowed=\"no\"} 1");
	metrics_free(metrics);
}

static void openmetrics_names_families_without_total(void **state)
{
	struct metrics *metrics = example();
	size_t length;
	_cleanup_free_ char *page = metrics_print(metrics, METRICS_OPENMETRICS, &length);

	(void)state;
	check_line(page, "# TYPE waxseal_auth_attempts counter");
	check_line(page, "waxseal_alerts_total{detector=\"takeover\",severity=\"critical\"} 1");
	assert_string_equal(page + length - strlen("# EOF\n"), "# EOF\n");
	metrics_free(metrics);
}

static void a_scrape_forgets_what_is_gone(void **state)
{
	struct metrics *metrics = example();
	_cleanup_free_ char *page = NULL;

	(void)state;
	metrics_begin_scrape(metrics);
	page = metrics_print(metrics, METRICS_PROMETHEUS, NULL);
	assert_null(strstr(page, "waxseal_sensor_up"));
	assert_non_null(strstr(page, "waxseal_build_info{version="));
	assert_non_null(strstr(page, "waxseal_auth_attempts_total{"));
	metrics_free(metrics);
}

static size_t count_lines(const char *page, const char *start)
{
	size_t count = 0;

	while ((page = strstr(page, start))) {
		count++;
		page++;
	}
	return count;
}

static void tenants_and_services_are_capped(void **state)
{
	struct metrics *metrics = metrics_new();
	_cleanup_free_ char *page = NULL;
	char account[64], service[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(account, sizeof(account), "ann@t%d.example", i);
		observe_login(metrics, account, "imap", 1);
		(void)snprintf(service, sizeof(service), "service%d", i);
		observe_login(metrics, "ann", service, 1);
	}
	page = metrics_print(metrics, METRICS_PROMETHEUS, NULL);
	assert_int_equal(count_lines(page, "service=\"imap\""), 201);
	/* imap took one of the 32 places. */
	assert_int_equal(count_lines(page, "service=\"service"), 31);
	check_line(page, "waxseal_auth_attempts_total{tenant=\"other\",service=\"other\","
			 "mechanism=\"password\",transport=\"tls\",outcome=\"failure\"} 969");
	/* They are under "other", so nothing is lost. */
	assert_int_equal(metrics_refused(metrics), 0);
	metrics_free(metrics);
}

static void observe_success(struct metrics *metrics, const char *account)
{
	struct attempt_row row = {.account = account,
				  .source = "192.0.2.1",
				  .service = "imap",
				  .mechanism = MECHANISM_PASSWORD,
				  .transport = TRANSPORT_TLS,
				  .count = {[OUTCOME_SUCCESS] = 1}};
	struct snapshot snapshot = {.attempts = &row, .n_attempts = 1};

	metrics_observe(metrics, &snapshot);
}

/* 200 invented domains, then the first login of a tenant. */
static void invented_domains_do_not_use_up_the_tenants(void **state)
{
	struct metrics *metrics = metrics_new();
	_cleanup_free_ char *page = NULL;
	char account[64];

	(void)state;
	for (int i = 0; i < 300; i++) {
		(void)snprintf(account, sizeof(account), "info@d%03d.example", i);
		observe_login(metrics, account, "imap", 1);
	}
	observe_success(metrics, "ann@one.example");
	observe_read(metrics, "bob@two.example");
	for (int i = 300; i < 600; i++) {
		(void)snprintf(account, sizeof(account), "info@d%03d.example", i);
		observe_login(metrics, account, "imap", 1);
	}
	observe_success(metrics, "ann@one.example");
	page = metrics_print(metrics, METRICS_PROMETHEUS, NULL);
	check_line(page, "waxseal_auth_attempts_total{tenant=\"one.example\",service=\"imap\","
			 "mechanism=\"password\",transport=\"tls\",outcome=\"success\"} 2");
	check_line(page, "waxseal_messages_opened_total{tenant=\"two.example\",reader=\"other\"} 3");
	/* the two that gave way are under "other" with those that never had a place */
	assert_null(strstr(page, "d000.example"));
	assert_null(strstr(page, "d001.example"));
	assert_non_null(strstr(page, "d002.example"));
	check_line(page, "waxseal_auth_attempts_total{tenant=\"other\",service=\"imap\","
			 "mechanism=\"password\",transport=\"tls\",outcome=\"failure\"} 402");
	assert_int_equal(count_lines(page, "waxseal_auth_attempts_total{"), 200);
	metrics_free(metrics);
}

static void tenants_past_the_cap_are_other(void **state)
{
	struct metrics *metrics = metrics_new();
	_cleanup_free_ char *page = NULL;
	char account[64];

	(void)state;
	for (int i = 0; i < 210; i++) {
		(void)snprintf(account, sizeof(account), "ann@t%03d.example", i);
		observe_success(metrics, account);
	}
	page = metrics_print(metrics, METRICS_PROMETHEUS, NULL);
	assert_non_null(strstr(page, "t000.example"));
	assert_non_null(strstr(page, "t199.example"));
	check_line(page, "waxseal_auth_attempts_total{tenant=\"other\",service=\"imap\","
			 "mechanism=\"password\",transport=\"tls\",outcome=\"success\"} 10");
	metrics_free(metrics);
}

static void accept_chooses_the_format(void **state)
{
	(void)state;
	assert_int_equal(metrics_format_from_accept(NULL), METRICS_PROMETHEUS);
	assert_int_equal(metrics_format_from_accept("*/*"), METRICS_PROMETHEUS);
	assert_int_equal(metrics_format_from_accept("text/plain"), METRICS_PROMETHEUS);
	assert_int_equal(
		metrics_format_from_accept("application/openmetrics-text;version=1.0.0;q=0.75,"
					   "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
		METRICS_OPENMETRICS);
	assert_int_equal(
		metrics_format_from_accept("application/openmetrics-text;q=0.1,text/plain"),
		METRICS_PROMETHEUS);
	assert_int_equal(metrics_format_from_accept("application/openmetrics-text;q=0"),
			 METRICS_PROMETHEUS);
}

static void promtool_finds_nothing_to_say(void **state)
{
	struct metrics *metrics = example();
	_cleanup_free_ char *page = metrics_print(metrics, METRICS_PROMETHEUS, NULL);
	FILE *promtool;

	(void)state;
	metrics_free(metrics);
	if (access("/usr/bin/promtool", X_OK) < 0) {
		print_message("no promtool here\n");
		skip();
	}
	promtool = popen("/usr/bin/promtool check metrics", "w");
	assert_non_null(promtool);
	(void)fputs(page, promtool);
	assert_int_equal(pclose(promtool), 0);
}

/* promtool reads OpenMetrics only as a backfill, where each sample carries a time. */
static void promtool_reads_the_openmetrics_page(void **state)
{
	struct metrics *metrics = example();
	_cleanup_free_ char *page = metrics_print(metrics, METRICS_OPENMETRICS, NULL);
	char directory[] = "/tmp/metrics.XXXXXX";
	_cleanup_free_ char *command = NULL;
	FILE *promtool;

	(void)state;
	metrics_free(metrics);
	if (access("/usr/bin/promtool", X_OK) < 0) {
		print_message("no promtool here\n");
		skip();
	}
	assert_non_null(mkdtemp(directory));
	command = xasprintf("cd %1$s && sed '/^#/!s/$/ 1782909296/' >page && /usr/bin/promtool tsdb"
			    " create-blocks-from openmetrics page blocks >/dev/null; r=$?;"
			    " rm -r %1$s; exit $r",
			    directory);
	promtool = popen(command, "w");
	assert_non_null(promtool);
	(void)fputs(page, promtool);
	assert_int_equal(pclose(promtool), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks_add_up_by_label),
		cmocka_unit_test(label_values_are_escaped),
		cmocka_unit_test(openmetrics_names_families_without_total),
		cmocka_unit_test(a_scrape_forgets_what_is_gone),
		cmocka_unit_test(tenants_and_services_are_capped),
		cmocka_unit_test(invented_domains_do_not_use_up_the_tenants),
		cmocka_unit_test(tenants_past_the_cap_are_other),
		cmocka_unit_test(accept_chooses_the_format),
		cmocka_unit_test(promtool_finds_nothing_to_say),
		cmocka_unit_test(promtool_reads_the_openmetrics_page),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
