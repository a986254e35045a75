/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients of an auth service whose server's handshake was not seen yet, or never is. */
#include "abi.h"
#include "wire.h"

static struct sensors *sensors;

static bool replicate_hooks;

static int start(void **state)
{
	(void)state;
	sensors = wire_watch(0, replicate_hooks);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sensors_close(sensors, /* detach= */ true);
	return 0;
}

/* On a busy host the server is put off the processor when it has woken the client. */
static void a_request_may_be_seen_before_the_handshake(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ false);
	wire_say(wire.client, "VERSION\t1\t2\nCPID\t9\n");
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.1\tresp=AA==\n");
	wire_say(wire.server, wire_handshake);
	wire_say(wire.client, "AUTH\t2\tPLAIN\tservice=imap\trip=192.0.2.1\tresp=AA==\n");
	wire_say(wire.server, "FAIL\t1\tuser=first@wire.test\nOK\t2\tuser=first@wire.test\n");
	ASSERT_COUNT("first@wire.test", 1, 1, 0, 0);
	ASSERT_COUNT("192.0.2.1", 0, 0, 0, 0);
	wire_close(&wire);
}

/* A connection has an end of its own only once it is accepted. */
static void a_request_may_be_the_first_that_is_seen(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ false);
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.1\tresp=AA==\n");
	wire_say(wire.server, wire_handshake);
	wire_say(wire.server, "FAIL\t1\tuser=second@wire.test\n");
	ASSERT_COUNT("second@wire.test", 0, 1, 0, 0);
	wire_close(&wire);
}

static void an_early_request_without_a_verdict_is_unanswered(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ false);
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.76\tresp=AA==\n");
	wire_say(wire.server, wire_handshake);
	close(wire.client);
	wire_drain(wire.server); /* to its end */
	wait_until_forgotten();
	ASSERT_COUNT("192.0.2.76", 0, 0, 0, 1);
	close(wire.server);
}

static void requests_where_no_server_says_a_handshake_are_no_attempts(void **state)
{
	struct wire wire;

	(void)state;
	wire_open(&wire, /* greet= */ false);
	wire_say(wire.client, "VERSION\t1\t2\nCPID\t9\n");
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.75\tresp=AA==\n");
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.75\tresp=AA==\n");
	wire_say(wire.server, "OK\t1\tuser=nobody@wire.test\n");
	close(wire.client);
	wire_drain(wire.server); /* to its end */
	wait_until_forgotten();
	ASSERT_COUNT("192.0.2.75", 0, 0, 0, 0);
	ASSERT_COUNT("nobody@wire.test", 0, 0, 0, 0);
	close(wire.server);
}

/* What it says may look like a server's first words. */
static void a_client_that_has_bound_a_name_is_followed(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct wire wire;
	int listener;

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/wax-wire-bound-%d", getpid());
	unlink(address.sun_path);
	listener = wire_bind(address.sun_path);
	assert_int_equal(listen(listener, 5), 0);
	wire.client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* a name of no file, which the kernel chooses */
	assert_int_equal(bind(wire.client, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
	assert_int_equal(connect(wire.client, (struct sockaddr *)&address, sizeof(address)), 0);
	unlink(address.sun_path);
	wire.server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	wire_say(wire.server, wire_handshake);
	wire_say(wire.client, "AUTH\t1\tPLAIN\tx=");
	wire_say(wire.client, "VERS\trip=192.0.2.73\nAUTH\t2\tPLAIN\trip=192.0.2.73\n");
	wire_say(wire.client, "M");
	wire_say(wire.server, "FAIL\t1\tuser=bound@wire.test\nOK\t2\tuser=bound@wire.test\n");
	ASSERT_COUNT("bound@wire.test", 1, 1, 0, 0);
	wire_close(&wire);
}

/* Four; then it is said that there is no room, whatever the client says in between. */
static void a_client_without_a_handshake_has_a_small_share(void **state)
{
	uint64_t before = wire_lost(sensors, "requests_full");
	struct wire wire;
	char request[64];

	(void)state;
	wire_open(&wire, /* greet= */ false);
	for (int i = 0; i < 10; i++) {
		snprintf(request, sizeof(request), "AUTH\t%d\tPLAIN\trip=192.0.2.72\n", i);
		wire_say(wire.client, request);
		wire_say(wire.client, "STRANGE\n");
	}
	ASSERT_COUNT("192.0.2.72", 0, 0, 0, 0);
	assert_int_equal(wire_lost(sensors, "requests_full"), before + 6);
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_may_be_seen_before_the_handshake),
		cmocka_unit_test(a_request_may_be_the_first_that_is_seen),
		cmocka_unit_test(an_early_request_without_a_verdict_is_unanswered),
		cmocka_unit_test(requests_where_no_server_says_a_handshake_are_no_attempts),
		cmocka_unit_test(a_client_that_has_bound_a_name_is_followed),
		cmocka_unit_test(a_client_without_a_handshake_has_a_small_share),
	};
	int failed = cmocka_run_group_tests_name("single hooks", tests, start, stop);

	replicate_hooks = true;
	return failed + cmocka_run_group_tests_name("replicas of hooks", tests, start, stop);
}
