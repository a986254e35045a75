/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The auth sensor over TCP: both ends on this host, on a port that is configured. */
#include "wire.h"
#include "watched.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct sensors *sensors;
static int listener;
static struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};

/* A dual-stack listener: clients over IPv4 are ::ffff:127.0.0.1 to it. */
static int start(void **state)
{
	static char place[64];
	const char *sockets[] = {place, NULL};
	const struct sensor_settings settings = {.mechanism = "auto", .watch = &watched};
	socklen_t size = sizeof(address);
	char problem[256];

	(void)state;
	listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 5), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	snprintf(place, sizeof(place), "inet:127.0.0.1:%d", ntohs(address.sin6_port));
	watch_names(WATCH_AUTH_SOCKET, sockets);
	if (sensors_open(&settings, &sensors, problem, sizeof(problem)) < 0)
		fail_msg("%s", problem);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sensors_close(sensors, /* detach= */ true);
	close(listener);
	return 0;
}

static void connect_v4(struct wire *wire)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = address.sin6_port,
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};

	wire->client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(wire->client, (struct sockaddr *)&to, sizeof(to)), 0);
	wire->server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	wire_say(wire->server, wire_handshake);
}

static void connect_v6(struct wire *wire)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6,
				  .sin6_port = address.sin6_port,
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT};

	wire->client = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(wire->client, (struct sockaddr *)&to, sizeof(to)), 0);
	wire->server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	wire_say(wire->server, wire_handshake);
}

static void login(struct wire *wire, unsigned int id, const char *account)
{
	char line[128];

	sprintf(line, "AUTH\t%u\tPLAIN\tservice=smtp\trip=192.0.2.55\tsecured\tresp=AA==\n", id);
	wire_say(wire->client, line);
	sprintf(line, "FAIL\t%u\tuser=%s\n", id, account);
	wire_say(wire->server, line);
}

static void logins_over_ipv4_and_ipv6_count(void **state)
{
	uint64_t count[OUTCOME_MAX];
	struct wire v4, v6;

	(void)state;
	connect_v4(&v4);
	connect_v6(&v6);
	for (unsigned int id = 1; id <= 50; id++) {
		login(&v4, id, "tcp@wire.test");
		login(&v6, id, "tcp@wire.test");
	}
	wire_count(sensors, "tcp@wire.test", count);
	assert_int_equal(count[OUTCOME_FAILURE], 100);
	close(v4.client);
	close(v4.server);
	close(v6.client);
	close(v6.server);
}

static void a_connection_that_ends_leaves_an_unanswered_request(void **state)
{
	uint64_t count[OUTCOME_MAX];
	struct wire wire;

	(void)state;
	connect_v4(&wire);
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=smtp\trip=192.0.2.56\n");
	wire_count(sensors, "192.0.2.56", count);
	assert_int_equal(count[OUTCOME_UNANSWERED], 0);
	close(wire.client);
	close(wire.server);
	usleep(200000);
	wire_count(sensors, "192.0.2.56", count);
	assert_int_equal(count[OUTCOME_UNANSWERED], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(logins_over_ipv4_and_ipv6_count),
		cmocka_unit_test(a_connection_that_ends_leaves_an_unanswered_request),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
