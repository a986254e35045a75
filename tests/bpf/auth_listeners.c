/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is believed to be an auth service, and how much room one connection may take. */
#include "wire.h"

#include <sys/stat.h>
#include <sys/wait.h>

#define NOBODYS_REQUEST "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.66\n"

static struct sensors *sensors;
static struct watch_list named;
static char named_folder[80], named_listener[108];
static char open_folder[80], open_listener[108]; /* nobody's */
static bool replicate_hooks;

/* A login as nobody's own server and client, on a listener of his at the path. In a folder of root's
 * root has put the file there. */
static void say_as_nobody(const char *path, const char *account)
{
	bool is_in_roots = strcmp(path, named_listener) == 0;
	int listener = is_in_roots ? wire_bind(path) : -1, status;
	pid_t child;

	if (is_in_roots)
		assert_int_equal(chmod(path, 0777), 0);
	child = fork();

	if (child == 0) {
		char verdict[128];
		struct wire wire;

		if (setgid(65534) || setuid(65534))
			_exit(1);
		wire_open_on(&wire, is_in_roots ? listener : wire_bind(path));
		snprintf(verdict, sizeof(verdict), "OK\t1\tuser=%s\n", account);
		if (write(wire.server, wire_handshake, sizeof(wire_handshake) - 1) < 0 ||
		    write(wire.client, NOBODYS_REQUEST, sizeof(NOBODYS_REQUEST) - 1) < 0 ||
		    write(wire.server, verdict, strlen(verdict)) < 0)
			_exit(1);
		_exit(0);
	}
	if (is_in_roots)
		close(listener);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_listener_of_nobodys_is_not_the_mail_servers(void **state)
{
	char path[108];

	(void)state;
	snprintf(path, sizeof(path), "/tmp/wax-nobody-%d", getpid());
	say_as_nobody(path, "forged@wire.test");
	unlink(path);
	ASSERT_COUNT("forged@wire.test", 0, 0, 0, 0);
	ASSERT_COUNT("192.0.2.66", 0, 0, 0, 0);
	assert_int_equal(wire_lost(sensors, "auth_connections_full"), 0);
}

/* As a worker of php-fpm, or the service of a socket unit. */
static void who_accepts_on_a_socket_of_root_s_is_not_the_mail_server(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), status;
	static const char verdict[] = "OK\t1\tuser=worker@wire.test\n";
	pid_t child;

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/wax-pool-%d", getpid());
	unlink(address.sun_path);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(chmod(address.sun_path, 0777), 0);
	assert_int_equal(listen(listener, 5), 0);
	child = fork();
	if (child == 0) {
		int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), server;

		if (setgid(65534) || setuid(65534) ||
		    connect(client, (struct sockaddr *)&address, sizeof(address)))
			_exit(1);
		server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (write(server, wire_handshake, sizeof(wire_handshake) - 1) < 0 ||
		    write(client, NOBODYS_REQUEST, sizeof(NOBODYS_REQUEST) - 1) < 0 ||
		    write(server, verdict, sizeof(verdict) - 1) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(listener);
	unlink(address.sun_path);
	ASSERT_COUNT("worker@wire.test", 0, 0, 0, 0);
}

/* Whoever owns the folder of a named socket can put his own there. */
static void a_named_listener_in_a_folder_of_others_is_not_the_mail_servers(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		unlink(open_listener);
		say_as_nobody(open_listener, "swapped@wire.test");
		ASSERT_COUNT("swapped@wire.test", 0, 0, 0, 0);
	}
}

/* Also when it is made anew, before anybody looks again. */
static void a_listener_that_is_named_is_the_mail_servers_whoever_made_it(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		unlink(named_listener);
		say_as_nobody(named_listener, "named@wire.test");
		ASSERT_COUNT("named@wire.test", 1, 0, 0, 0);
	}
}

static void one_connection_takes_no_others_room(void **state)
{
	enum { REQUESTS = 9000, SHARE = 2048 };
	uint64_t before = wire_lost(sensors, "requests_full");
	struct wire greedy, wire;
	char request[128];

	(void)state;
	wire_open(&greedy, /* greet= */ true);
	wire_open(&wire, /* greet= */ true);
	for (unsigned int id = 1; id <= REQUESTS; id++) {
		sprintf(request, "AUTH\t%u\tPLAIN\tservice=imap\trip=192.0.2.200\n", id);
		wire_say(greedy.client, request);
		wire_drain(greedy.server);
	}
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.1\n");
	wire_say(wire.server, "OK\t1\tuser=modest@wire.test\n");
	ASSERT_COUNT("modest@wire.test", 1, 0, 0, 0);
	assert_int_equal(wire_lost(sensors, "requests_full"), before + REQUESTS - SHARE);
	/* answered, they leave room again */
	wire_say(greedy.server, "FAIL\t1\tuser=greedy@wire.test\n");
	wire_say(greedy.client, "AUTH\t9999\tPLAIN\tservice=imap\trip=192.0.2.1\n");
	wire_say(greedy.server, "FAIL\t9999\tuser=greedy@wire.test\n");
	ASSERT_COUNT("greedy@wire.test", 0, 2, 0, 0);
	close(greedy.client);
	wire_drain(greedy.server); /* to its end */
	close(greedy.server);
	wire_close(&wire);
	wait_until_forgotten();
	ASSERT_COUNT("192.0.2.200", 0, 0, 0, SHARE - 1);
}

/* Connections that begin and end; the room is 2,048 of them. Then one login is counted, and none was lost. */
static void assert_ended_take_no_room(bool greet, const char *first_words, const char *account)
{
	enum { ROUNDS = 4, CONNECTIONS = 1200 };
	uint64_t before = wire_lost(sensors, "auth_connections_full");
	char verdict[64];
	struct wire wire;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < CONNECTIONS; i++) {
			wire_open(&wire, greet);
			wire_say(wire.client, first_words);
			close(wire.client);
			wire_drain(wire.server); /* to its end */
			close(wire.server);
		}
		wait_until_forgotten();
	}
	wire_open(&wire, /* greet= */ true);
	snprintf(verdict, sizeof(verdict), "OK\t1\tuser=%s\n", account);
	wire_say(wire.client, "AUTH\t1\tPLAIN\tservice=imap\trip=192.0.2.1\n");
	wire_say(wire.server, verdict);
	ASSERT_COUNT(account, 1, 0, 0, 0);
	assert_int_equal(wire_lost(sensors, "auth_connections_full"), before);
	wire_close(&wire);
}

static void connections_that_ended_take_no_room_while_nobody_collects(void **state)
{
	(void)state;
	assert_ended_take_no_room(/* greet= */ true, "", "room@wire.test");
}

/* Of other protocols of the server's, whose clients begin with the same words. */
static void clients_without_a_handshake_take_no_room_when_they_end(void **state)
{
	(void)state;
	assert_ended_take_no_room(/* greet= */ false, "VERSION\t1\t2\n", "words@wire.test");
}

static int start(void **state)
{
	(void)state;
	snprintf(named_folder, sizeof(named_folder), "/tmp/wax-named-%d", getpid());
	snprintf(named_listener, sizeof(named_listener), "%s/auth", named_folder);
	snprintf(open_folder, sizeof(open_folder), "/tmp/wax-open-%d", getpid());
	snprintf(open_listener, sizeof(open_listener), "%s/auth", open_folder);
	(void)mkdir(named_folder, 0755);
	(void)mkdir(open_folder, 0755);
	assert_int_equal(chown(open_folder, 65534, 65534), 0);
	say_as_nobody(named_listener, "before@wire.test");
	say_as_nobody(open_listener, "before@wire.test");
	watch_list_add(&named, WATCH_AUTH_SOCKET, AUTH_PROTOCOL_DOVECOT, open_listener);
	watch_list_add(&named, WATCH_AUTH_SOCKET, AUTH_PROTOCOL_DOVECOT, named_listener);
	sensors = wire_watch_list(&named, 0, replicate_hooks);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sensors_close(sensors, /* detach= */ true);
	watch_list_done(&named);
	unlink(named_listener);
	unlink(open_listener);
	(void)rmdir(open_folder);
	return rmdir(named_folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listener_of_nobodys_is_not_the_mail_servers),
		cmocka_unit_test(who_accepts_on_a_socket_of_root_s_is_not_the_mail_server),
		cmocka_unit_test(a_named_listener_in_a_folder_of_others_is_not_the_mail_servers),
		cmocka_unit_test(a_listener_that_is_named_is_the_mail_servers_whoever_made_it),
		cmocka_unit_test(one_connection_takes_no_others_room),
		cmocka_unit_test(connections_that_ended_take_no_room_while_nobody_collects),
		cmocka_unit_test(clients_without_a_handshake_take_no_room_when_they_end),
	};
	int failed = cmocka_run_group_tests_name("single hooks", tests, start, stop);

	replicate_hooks = true;
	return failed + cmocka_run_group_tests_name("replicas of hooks", tests, start, stop);
}
