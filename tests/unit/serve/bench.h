/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real server on a socket of its own, driven by the same event loop as in the daemon. */
#ifndef WAX_UNIT_SERVE_BENCH_H
#define WAX_UNIT_SERVE_BENCH_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

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
	int pace; /* to a crowd that comes on with each turn of the loop; -1: there is none */
};

static inline json_t *status(void *context)
{
	(void)context;
	return json_pack("{s:s}", "version", "0");
}

static inline void measure(void *context, struct metrics *metrics)
{
	(void)context;
	metrics_set(metrics, METRIC_SENSOR_UP, "auth", "syscall", 1);
}

static inline void fill_ledger(struct bench *bench)
{
	struct attempt_row row = {.account = "ann /%@one.example",
				  .source = "192.0.2.1",
				  .service = "imap",
				  .count = {1, 2, 0, 0}};
	struct snapshot snapshot = {
		.attempts = &row, .n_attempts = 1, .until_us = INT64_C(1782909296000000)};

	assert_int_equal(ledger_add(bench->ledger, &snapshot), 0);
}

static inline uint16_t free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(address);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	return ntohs(address.sin_port);
}

static inline int open_server(struct bench *bench, struct server **ret)
{
	struct server_settings settings = {.socket_path = bench->path,
					   .group = "waxseal",
					   .listen = bench->listen,
					   .view = &bench->view};

	return server_open(&settings, bench->event, ret, bench->problem, sizeof(bench->problem));
}

static inline int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	struct ledger_settings settings = {.path = bench->database, .max_rows = 1000};
	enum ledger_opening opening;
	char aside[64];

	bench->pace = -1;
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

static inline int tear_down(void **state)
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

static inline int dial_local(struct bench *bench)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", bench->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* flags of socket(); *ret_fd is a socket in any case. */
static inline int start_tcp(struct bench *bench, int flags, int *ret_fd)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(bench->port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	*ret_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	return connect(*ret_fd, (struct sockaddr *)&address, sizeof(address));
}

static inline int dial_tcp(struct bench *bench)
{
	int fd;

	assert_int_equal(start_tcp(bench, 0, &fd), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* One of the event loop. The crowd has come on before it, on a machine of any speed. */
static inline void turn(struct bench *bench)
{
	char byte = 0;

	if (bench->pace >= 0) {
		assert_int_equal(send(bench->pace, &byte, 1, MSG_NOSIGNAL), 1);
		assert_int_equal(recv(bench->pace, &byte, 1, 0), 1);
	}
	assert_true(sd_event_run(bench->event, 10000) >= 0);
}

/* Sends the text and reads until the server closes. free(). */
static inline char *talk(struct bench *bench, int dialled, const char *text)
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
		turn(bench);
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

static inline char *get(struct bench *bench, int fd, const char *target, const char *header)
{
	_cleanup_free_ char *text = xasprintf(
		"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", target, header);

	return talk(bench, fd, text);
}

static inline void check_local(struct bench *bench, const char *target, const char *status_line,
			const char *part)
{
	_cleanup_free_ char *answer = get(bench, dial_local(bench), target, "");

	if (strncmp(answer, status_line, strlen(status_line)) != 0 || !strstr(answer, part))
		fail_msg("%s answers %s", target, answer);
}

#define server_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
