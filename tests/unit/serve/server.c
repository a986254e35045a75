/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real server on a socket of its own, driven by the same event loop as in the daemon. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/mem.h"
#include "serve/server.h"

struct bench {
	char directory[64], path[96], database[96], listen[32];
	uint16_t port;
	sd_event *event;
	struct ledger *ledger;
	struct server_view view;
	struct server *server;
	char problem[256];
};

static json_t *status(void *context)
{
	(void)context;
	return json_pack("{s:s}", "version", "0");
}

static bool is_healthy(void *context, char *ret_problem, size_t size)
{
	(void)context;
	(void)snprintf(ret_problem, size, "no tick for 60 s");
	return false;
}

static void measure(void *context, struct metrics *metrics)
{
	(void)context;
	metrics_set(metrics, METRIC_SENSOR_UP, "auth", "syscall", 1);
}

static void fill_ledger(struct bench *bench)
{
	struct attempt_row row = {.account = "ann /%@one.example",
				  .source = "192.0.2.1",
				  .service = "imap",
				  .count = {1, 2, 0, 0}};
	struct snapshot snapshot = {
		.attempts = &row, .n_attempts = 1, .until_us = INT64_C(1782909296000000)};

	assert_int_equal(ledger_add(bench->ledger, &snapshot), 0);
}

static uint16_t free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(address);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	return ntohs(address.sin_port);
}

static int open_server(struct bench *bench, struct server **ret)
{
	struct server_settings settings = {.socket_path = bench->path,
					   .group = "waxseal",
					   .listen = bench->listen,
					   .view = &bench->view};

	return server_open(&settings, bench->event, ret, bench->problem, sizeof(bench->problem));
}

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	struct ledger_settings settings = {.path = bench->database, .max_rows = 1000};
	enum ledger_opening opening;
	char aside[64];

	(void)snprintf(bench->directory, sizeof(bench->directory), "/tmp/server.XXXXXX");
	assert_non_null(mkdtemp(bench->directory));
	(void)snprintf(bench->path, sizeof(bench->path), "%s/sock", bench->directory);
	(void)snprintf(bench->database, sizeof(bench->database), "%s/db", bench->directory);
	bench->port = free_port();
	(void)snprintf(bench->listen, sizeof(bench->listen), "127.0.0.1:%u", bench->port);
	assert_int_equal(ledger_open(&settings, &bench->ledger, &opening, aside, sizeof(aside)), 0);
	fill_ledger(bench);
	bench->view = (struct server_view){.ledger = bench->ledger,
					   .metrics = metrics_new(),
					   .status = status,
					   .measure = measure};
	assert_true(sd_event_new(&bench->event) >= 0);
	if (open_server(bench, &bench->server) < 0)
		fail_msg("%s", bench->problem);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	server_close(bench->server);
	metrics_free(bench->view.metrics);
	ledger_close(bench->ledger);
	sd_event_unref(bench->event);
	(void)unlink(bench->database);
	(void)unlink(bench->path);
	assert_int_equal(rmdir(bench->directory), 0);
	free(bench);
	return 0;
}

static int dial_local(struct bench *bench)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", bench->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static int dial_tcp(struct bench *bench)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(bench->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* Sends the text and reads until the server closes. free(). */
static char *talk(struct bench *bench, int dialled, const char *text)
{
	_cleanup_close_ int fd = dialled;
	_cleanup_free_ char *answer = xcalloc(1, 1);
	size_t length = 0, sent = 0;
	ssize_t n;

	for (int i = 0; i < 1000; i++) {
		if (sent < strlen(text)) {
			n = send(fd, text + sent, strlen(text) - sent, MSG_NOSIGNAL);
			sent += n > 0 ? (size_t)n : 0;
		}
		assert_true(sd_event_run(bench->event, 10000) >= 0);
		answer = xrealloc(answer, length + 65536 + 1);
		n = recv(fd, answer + length, 65536, 0);
		if (n > 0)
			length += (size_t)n;
		if (n == 0 || (n < 0 && errno != EAGAIN))
			break;
	}
	answer[length] = '\0';
	return take_ptr(answer);
}

static char *get(struct bench *bench, int fd, const char *target, const char *header)
{
	_cleanup_free_ char *text = xasprintf(
		"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", target, header);

	return talk(bench, fd, text);
}

static void check_local(struct bench *bench, const char *target, const char *status_line,
			const char *part)
{
	_cleanup_free_ char *answer = get(bench, dial_local(bench), target, "");

	if (strncmp(answer, status_line, strlen(status_line)) != 0 || !strstr(answer, part))
		fail_msg("%s answers %s", target, answer);
}

static void the_socket_serves_every_document(void **state)
{
	struct bench *bench = *state;
	static const char *const targets[][2] = {
		{"/v1/status", "{\"version\":\"0\"}"},
		{"/v1/accounts", "\"accounts\":[{\"account\":\"ann /%@one.example\""},
		{"/v1/accounts?by=bytes&top=1&tenant=one.example", "\"failures\":2"},
		{"/v1/accounts?tenant=two.example", "\"accounts\":[]"},
		{"/v1/accounts/ann%20%2f%25%40one.example", "\"by_source\":[{"},
		{"/v1/sources?by=accounts", "\"source\":\"192.0.2.1\",\"attempts\":3"},
		{"/v1/sources/192.0.2.1", "\"by_account\":[{"},
		{"/v1/tenants", "\"tenant\":\"one.example\""},
		{"/v1/stores", "\"stores\":[]"},
		{"/v1/alerts?since=2026-07-01T12:34:56Z&detector=takeover", "{\"alerts\":[],\"next\":null}"},
		{"/v1/affected?since=-2h", "{\"accounts\":[],\"next\":null}"},
		{"/v1/ledger", "\"rows\":[{\"hour\":\"2026-07-01T12:00:00.000Z\",\"account\":\"ann /%@"},
		{"/v1/ledger?since=2026-07-01&until=2026-07-02&account=ann%20%2f%25%40one.example",
		 "\"failures\":2"},
		{"/v1/ledger?actor=%2Fbin%2Fcat&top=1&after=1-2-3-4", "\"rows\":[]"},
		{"/v1/ledger?until=2026-07-01", "\"rows\":[]"},
		{"/v1/coverage?since=-2h", "\"intervals\":[],\"gaps\":[]"},
		{"/metrics", "waxseal_sensor_up{sensor=\"auth\",mechanism=\"syscall\"} 1"},
		{"/metrics", "waxseal_accounts_seen 1\n"},
		{"/healthz", "ok\n"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++)
		check_local(bench, targets[i][0], "HTTP/1.1 200 ", targets[i][1]);
}

static void errors_say_what_is_allowed(void **state)
{
	struct bench *bench = *state;
	static const char *const targets[][3] = {
		{"/v1/accounts?by=size", "400", "allowed: failures successes messages bytes"},
		{"/v1/accounts?top=0", "400", "'top' is '0', allowed: 1 to 100000"},
		{"/v1/accounts?since=-2h", "400", "'since', allowed: by top tenant"},
		{"/v1/accounts?tenant=", "400", "'tenant' is empty"},
		{"/v1/alerts?since=soon", "400", "'since' is 'soon', allowed: "},
		{"/v1/ledger?until=soon", "400", "'until' is 'soon', allowed: "},
		{"/v1/ledger?after=1-2-x", "400", "'after' is '1-2-x', allowed: 'next' of a page"},
		{"/v1/ledger?by=hour", "400", "allowed: since until account actor top after"},
		{"/v1/coverage?top=3", "400", "allowed: since"},
		{"/v1/tenants?top=3", "400", "none is allowed here"},
		{"/v1/accounts?by=%zz", "400", "percent"},
		{"/v1/accounts/ann%00", "400", "percent"},
		{"/v1/accounts/%ff", "400", "percent"},
		{"/v1/accounts?a&b&c&d&e&f&g&h&i", "400", "more than 8"},
		{"/v1/accounts/nobody", "404", "account 'nobody' was never seen"},
		{"/v1/sources/192.0.2.9", "404", "source '192.0.2.9' was never seen"},
		{"/v1/accounts/", "404", "{\"error\":\"no such document\"}"},
		{"/", "404", "{\"error\":"},
		{"/v1/doctor", "503", "{\"error\":"},
	};
	char status_line[32];

	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
		(void)snprintf(status_line, sizeof(status_line), "HTTP/1.1 %s ", targets[i][1]);
		check_local(bench, targets[i][0], status_line, targets[i][2]);
	}
}

static void only_get_is_allowed(void **state)
{
	struct bench *bench = *state;
	_cleanup_free_ char *answer =
		talk(bench, dial_local(bench),
		     "POST /v1/status HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");

	assert_non_null(strstr(answer, "HTTP/1.1 405 "));
	assert_non_null(strstr(answer, "Allow: GET, HEAD\r\n"));
	assert_non_null(strstr(answer, "{\"error\":"));
}

static void tcp_names_nobody(void **state)
{
	struct bench *bench = *state;
	_cleanup_free_ char *accounts = get(bench, dial_tcp(bench), "/v1/accounts", "");
	_cleanup_free_ char *page = get(bench, dial_tcp(bench), "/metrics",
					"Accept: application/openmetrics-text;version=1.0.0\r\n");
	_cleanup_free_ char *health = get(bench, dial_tcp(bench), "/healthz", "");

	assert_non_null(strstr(accounts, "HTTP/1.1 404 "));
	assert_non_null(strstr(page, "Content-Type: application/openmetrics-text; version=1.0.0"));
	assert_non_null(strstr(page, "# EOF\n"));
	assert_non_null(strstr(health, "HTTP/1.1 200 "));
}

static void ill_health_is_told(void **state)
{
	struct bench *bench = *state;

	bench->view.is_healthy = is_healthy;
	check_local(bench, "/healthz", "HTTP/1.1 503 ", "no tick for 60 s\n");
}

static void a_missing_ledger_is_told(void **state)
{
	struct bench *bench = *state;

	bench->view.ledger = NULL;
	check_local(bench, "/v1/accounts", "HTTP/1.1 503 ", "the ledger is not open");
	check_local(bench, "/metrics", "HTTP/1.1 200 ", "waxseal_build_info");
}

static void nonsense_and_crowds_do_not_hurt(void **state)
{
	struct bench *bench = *state;
	_cleanup_free_ char *long_path = xmalloc(200001);
	char *answer;
	int crowd[100];

	memset(long_path, 'a', 200000);
	long_path[0] = '/';
	long_path[200000] = '\0';
	answer = get(bench, dial_local(bench), long_path, "");
	assert_null(strstr(answer, "HTTP/1.1 200"));
	free(answer);
	free(talk(bench, dial_local(bench), "\x16\x03\x01\x02\r\n\r\n\r\n"));
	/* Half of a request each. */
	for (size_t i = 0; i < 60; i++) {
		crowd[i] = dial_local(bench);
		assert_int_equal(send(crowd[i], "GET ", 4, MSG_NOSIGNAL), 4);
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	}
	check_local(bench, "/v1/status", "HTTP/1.1 200 ", "version");
	for (size_t i = 60; i < 100; i++)
		crowd[i] = dial_tcp(bench);
	for (size_t i = 0; i < 100; i++)
		(void)close(crowd[i]);
	check_local(bench, "/v1/status", "HTTP/1.1 200 ", "version");
}

/* They stay open, and say nothing or half of a request. */
static void an_idle_crowd_keeps_nobody_out(void **state)
{
	struct bench *bench = *state;
	_cleanup_free_ char *page = NULL;
	int crowd[300];

	for (size_t i = 0; i < ARRAY_LENGTH(crowd); i++) {
		crowd[i] = i % 2 ? dial_tcp(bench) : dial_local(bench);
		if (i % 3)
			assert_int_equal(send(crowd[i], "GET ", 4, MSG_NOSIGNAL), 4);
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	}
	page = get(bench, dial_tcp(bench), "/metrics", "");
	assert_non_null(strstr(page, "HTTP/1.1 200 "));
	check_local(bench, "/v1/status", "HTTP/1.1 200 ", "version");
	for (size_t i = 0; i < ARRAY_LENGTH(crowd); i++)
		(void)close(crowd[i]);
}

static void a_crowd_past_the_limit_leaves_the_door_open(void **state)
{
	struct bench *bench = *state;
	int crowd[100];

	for (size_t i = 0; i < ARRAY_LENGTH(crowd); i++) {
		crowd[i] = dial_local(bench);
		assert_true(sd_event_run(bench->event, 1000) >= 0);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(crowd); i++)
		(void)close(crowd[i]);
	check_local(bench, "/v1/status", "HTTP/1.1 200 ", "version");
}

/* As another user, from the address of those who ask: connections with half of a request. */
static pid_t crowd_of_nobody(struct bench *bench, int count)
{
	pid_t child = fork();

	if (child > 0)
		return child;
	if (setuid(65534) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(1);
	for (int i = 0;; i = (i + 1) % count) {
		static int held[4096];

		if (held[i] > 0)
			(void)close(held[i]);
		held[i] = dial_tcp(bench);
		(void)send(held[i], "GET ", 4, MSG_NOSIGNAL);
	}
}

/* The crowd comes on and on; the one that asks says nothing until it is long accepted. */
static void a_flood_of_another_user_keeps_nobody_out(void **state)
{
	struct bench *bench = *state;
	pid_t child;

	if (getuid() != 0)
		skip();
	child = crowd_of_nobody(bench, 500);
	for (int i = 0; i < 20; i++)
		assert_true(sd_event_run(bench->event, 10000) >= 0);
	for (int i = 0; i < 5; i++) {
		_cleanup_free_ char *page = NULL;
		int fd = dial_tcp(bench);

		assert_int_equal(send(fd, "G", 1, MSG_NOSIGNAL), 1);
		for (int j = 0; j < 20; j++)
			assert_true(sd_event_run(bench->event, 10000) >= 0);
		page = talk(bench, fd, "ET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
		assert_non_null(strstr(page, "HTTP/1.1 200 "));
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void the_socket_is_for_owner_and_group(void **state)
{
	struct bench *bench = *state;
	struct stat file;

	assert_int_equal(stat(bench->path, &file), 0);
	assert_int_equal(file.st_mode & 07777, 0660);
}

static void a_live_socket_is_an_error(void **state)
{
	struct bench *bench = *state;
	struct server *second;

	assert_int_equal(open_server(bench, &second), -EADDRINUSE);
	assert_non_null(strstr(bench->problem, bench->path));
	check_local(bench, "/v1/status", "HTTP/1.1 200 ", "version");
}

static void a_busy_port_is_named(void **state)
{
	struct bench *bench = *state;
	struct server *second;

	bench->path[strlen(bench->path) - 1] = '2';
	assert_int_equal(open_server(bench, &second), -EADDRINUSE);
	assert_non_null(strstr(bench->problem, bench->listen));
	assert_int_equal(access(bench->path, F_OK), -1);
	bench->path[strlen(bench->path) - 1] = 'k';
}

static void a_stale_socket_is_replaced(void **state)
{
	struct bench *bench = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	server_close(take_ptr(bench->server));
	assert_int_equal(access(bench->path, F_OK), -1);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", bench->path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
	assert_int_equal(open_server(bench, &bench->server), 0);
	check_local(bench, "/v1/status", "HTTP/1.1 200 ", "version");
}

static void a_file_in_the_way_is_kept(void **state)
{
	struct bench *bench = *state;

	server_close(take_ptr(bench->server));
	(void)close(open(bench->path, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(open_server(bench, &bench->server), -EEXIST);
	assert_non_null(strstr(bench->problem, "no socket"));
	assert_int_equal(access(bench->path, F_OK), 0);
}

static void odd_addresses_are_refused(void **state)
{
	struct bench *bench = *state;
	static const char *const odd[] = {"9799",     ":9799",	   "127.0.0.1:",      "127.0.0.1:0",
					  "::1:9799", "[::1:9799", "127.0.0.1:65536", "[]:1"};
	struct server *second;

	bench->path[strlen(bench->path) - 1] = '2';
	for (size_t i = 0; i < ARRAY_LENGTH(odd); i++) {
		(void)snprintf(bench->listen, sizeof(bench->listen), "%s", odd[i]);
		assert_int_equal(open_server(bench, &second), -EINVAL);
		assert_non_null(strstr(bench->problem, odd[i]));
	}
	bench->path[strlen(bench->path) - 1] = 'k';
}

#define server_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		server_test(the_socket_serves_every_document),
		server_test(errors_say_what_is_allowed),
		server_test(only_get_is_allowed),
		server_test(tcp_names_nobody),
		server_test(ill_health_is_told),
		server_test(a_missing_ledger_is_told),
		server_test(nonsense_and_crowds_do_not_hurt),
		server_test(an_idle_crowd_keeps_nobody_out),
		server_test(a_crowd_past_the_limit_leaves_the_door_open),
		server_test(a_flood_of_another_user_keeps_nobody_out),
		server_test(the_socket_is_for_owner_and_group),
		server_test(a_live_socket_is_an_error),
		server_test(a_busy_port_is_named),
		server_test(a_stale_socket_is_replaced),
		server_test(a_file_in_the_way_is_kept),
		server_test(odd_addresses_are_refused),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
