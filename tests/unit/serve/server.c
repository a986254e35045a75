/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each document and each error is, on a real server. */
#include <sys/stat.h>

#include "bench.h"

static bool is_healthy(void *context, char *ret_problem, size_t size)
{
	(void)context;
	(void)snprintf(ret_problem, size, "no tick for 60 s");
	return false;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		server_test(the_socket_serves_every_document),
		server_test(errors_say_what_is_allowed),
		server_test(only_get_is_allowed),
		server_test(tcp_names_nobody),
		server_test(ill_health_is_told),
		server_test(a_missing_ledger_is_told),
		server_test(the_socket_is_for_owner_and_group),
		server_test(a_live_socket_is_an_error),
		server_test(a_busy_port_is_named),
		server_test(a_stale_socket_is_replaced),
		server_test(a_file_in_the_way_is_kept),
		server_test(odd_addresses_are_refused),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
