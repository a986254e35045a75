/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection sensor on this kernel: who connects to a mail port, over IPv4 and IPv6. */
#include "wire.h"
#include "watched.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct sensors *sensors;
static uint16_t port, other_port;

static int listen_on(int family, uint16_t *io_port)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(*io_port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(*io_port)};
	struct sockaddr *address = family == AF_INET ? (void *)&v4 : (void *)&v6;
	socklen_t bytes = family == AF_INET ? sizeof(v4) : sizeof(v6);
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), no = 0;

	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	assert_int_equal(bind(fd, address, bytes), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, address, &bytes), 0);
	*io_port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
	return fd;
}

static int start(void **state)
{
	static char text[32];
	static const char *const ports[] = {text, NULL};
	const struct sensor_settings settings = {.mechanism = "auto", .watch = &watched};
	char problem[256];

	(void)state;
	close(listen_on(AF_INET, &port));
	snprintf(text, sizeof(text), "imap:%d", port);
	watch_names(WATCH_MAIL_PORT, ports);
	if (sensors_open(&settings, &sensors, problem, sizeof(problem)) < 0)
		fail_msg("%s", problem);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sensors_close(sensors, /* detach= */ true);
	return 0;
}

/* Connects from an address, passes some bytes each way, and closes. */
static void pass(int listener, const char *from, uint16_t to, size_t bytes)
{
	bool is_v6 = strchr(from, ':');
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr *address = is_v6 ? (void *)&v6 : (void *)&v4;
	socklen_t size = is_v6 ? sizeof(v6) : sizeof(v4);
	int client = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), server;
	char buffer[8192] = {};

	inet_pton(address->sa_family, from, is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr);
	assert_int_equal(bind(client, address, size), 0);
	v6.sin6_port = v4.sin_port = htons(to);
	inet_pton(address->sa_family, is_v6 ? "::1" : "127.0.0.1",
		  is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr);
	assert_int_equal(connect(client, address, size), 0);
	server = accept(listener, NULL, NULL);
	assert_int_equal(send(server, buffer, bytes, 0), bytes);
	assert_int_equal(recv(client, buffer, bytes, MSG_WAITALL), bytes);
	assert_int_equal(send(client, buffer, 10, 0), 10);
	assert_int_equal(recv(server, buffer, 10, MSG_WAITALL), 10);
	close(client);
	assert_int_equal(recv(server, buffer, 1, 0), 0);
	close(server);
}

static struct connection_row sum_of(const char *source)
{
	struct snapshot snapshot = {};
	struct connection_row sum = {.source = ""};

	assert_int_equal(sensors_collect(sensors, &snapshot), 0);
	assert_int_equal(sensors_release(sensors), 0);
	for (size_t i = 0; i < snapshot.n_connections; i++) {
		const struct connection_row *row = &snapshot.connections[i];

		if (strcmp(row->source, source) != 0)
			continue;
		assert_string_equal(row->service, "imap");
		sum.accepted += row->accepted;
		sum.closed += row->closed;
		sum.bytes_sent += row->bytes_sent;
		sum.bytes_received += row->bytes_received;
	}
	snapshot_done(&snapshot);
	return sum;
}

static void connections_are_counted_by_address(void **state)
{
	int listener = listen_on(AF_INET, &port);
	struct connection_row sum;

	(void)state;
	for (int i = 0; i < 100; i++)
		pass(listener, "127.9.8.7", port, 1000);
	close(listener);
	usleep(100000);
	sum = sum_of("127.9.8.7");
	assert_int_equal(sum.accepted, 100);
	assert_int_equal(sum.closed, 100);
	/* TCP counts the first and the last number of a connection, too */
	assert_in_range(sum.bytes_sent, 100 * 1000, 100 * 1002);
	assert_in_range(sum.bytes_received, 100 * 10, 100 * 11);
}

static void both_families_name_one_address_alike(void **state)
{
	int listener = listen_on(AF_INET6, &port);

	(void)state;
	pass(listener, "127.9.8.6", port, 10);
	pass(listener, "::1", port, 10);
	close(listener);
	/* one look empties the counts */
	usleep(100000);
	assert_int_equal(sum_of("127.9.8.6").accepted, 1);
	listener = listen_on(AF_INET6, &port);
	pass(listener, "::1", port, 10);
	close(listener);
	assert_int_equal(sum_of("::1").accepted, 1);
}

static void other_ports_are_not_looked_at(void **state)
{
	int listener = listen_on(AF_INET, &other_port);

	(void)state;
	pass(listener, "127.9.8.5", other_port, 10);
	close(listener);
	assert_int_equal(sum_of("127.9.8.5").accepted, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_are_counted_by_address),
		cmocka_unit_test(both_families_name_one_address_alike),
		cmocka_unit_test(other_ports_are_not_looked_at),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
