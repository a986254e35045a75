/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Credential stores behind sockets: a pretended database server, clients that are listed or not. */
#include "store.h"

#include <netinet/in.h>

static char socket_path[96], tcp_store[64], self[128];
static struct sockaddr_in tcp_address;
static int tcp_listener = -1, unix_listener = -1;

static int listen_at(int family, const struct sockaddr *address, socklen_t bytes)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, address, bytes), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void make_unix_server(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, socket_path, sizeof(socket_path));
	if (unix_listener >= 0)
		close(unix_listener);
	unlink(socket_path);
	unix_listener = listen_at(AF_UNIX, (struct sockaddr *)&address, sizeof(address));
}

static void make_tcp_server(void)
{
	socklen_t bytes = sizeof(tcp_address);

	tcp_address = (struct sockaddr_in){.sin_family = AF_INET,
					   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	tcp_listener = listen_at(AF_INET, (struct sockaddr *)&tcp_address, sizeof(tcp_address));
	assert_int_equal(getsockname(tcp_listener, (struct sockaddr *)&tcp_address, &bytes), 0);
	snprintf(tcp_store, sizeof(tcp_store), "inet:127.0.0.1:%d", ntohs(tcp_address.sin_port));
}

static void watch(const char *const *readers)
{
	const char *const stores[] = {socket_path, tcp_store, NULL};

	watch_stores(stores, readers);
}

static int start(void **state)
{
	const char *const nobody[] = {NULL};

	(void)state;
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	make_top("stores");
	snprintf(socket_path, sizeof(socket_path), "%s/sql.sock", top);
	make_unix_server();
	make_tcp_server();
	watch(nobody);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	sensors_close(sensors, /* detach= */ true);
	close(unix_listener);
	close(tcp_listener);
	return remove_top();
}

static void ask_unix(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, socket_path, sizeof(socket_path));
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	must(recv(fd, buffer, 100, MSG_PEEK | MSG_WAITALL) == 100);
	must(recv(fd, buffer, 300, MSG_WAITALL) == 300);
	must(read(fd, buffer, 200) == 200);
}

static void ask_tcp(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct msghdr message = {.msg_iov = &(struct iovec){buffer, 200}, .msg_iovlen = 1};

	must(connect(fd, (struct sockaddr *)&tcp_address, sizeof(tcp_address)) == 0);
	must(recv(fd, buffer, 300, MSG_WAITALL) == 300);
	must(recvmsg(fd, &message, MSG_WAITALL) == 200);
}

/* Runs the client in a child, answers with bytes. */
static struct sum served(void (*client)(void), int listener, size_t bytes, const char *store)
{
	pid_t child;
	int fd, status;

	(void)sum_of(store);
	child = fork();
	if (child == 0) {
		client();
		_exit(0);
	}
	fd = accept(listener, NULL, NULL);
	assert_int_equal(send(fd, buffer, bytes, 0), bytes);
	waitpid(child, &status, 0);
	close(fd);
	assert_int_equal(status, 0);
	return sum_of(store);
}

static void other_clients_of_a_database_are_not_counted(void **state)
{
	struct sum sum = served(ask_unix, unix_listener, 500, socket_path);

	(void)state;
	assert_int_equal(sum.opens + sum.bytes + sum.events, 0);
	sum = served(ask_tcp, tcp_listener, 500, tcp_store);
	assert_int_equal(sum.opens + sum.bytes + sum.events, 0);
}

static void listed_programs_are_counted_in_bytes_received(void **state)
{
	const char *const readers[] = {self, NULL};
	struct sum sum;

	(void)state;
	sensors_close(sensors, /* detach= */ true);
	watch(readers);
	sum = served(ask_unix, unix_listener, 500, socket_path);
	assert_int_equal(sum.opens, 1);
	assert_int_equal(sum.bytes, 500);
	sum = served(ask_tcp, tcp_listener, 500, tcp_store);
	assert_int_equal(sum.opens, 1);
	assert_int_equal(sum.bytes, 500);
	assert_int_equal(sum.events, 0);
}

static void a_database_that_was_started_anew_is_known_at_once(void **state)
{
	struct sum sum;

	(void)state;
	make_unix_server();
	sum = served(ask_unix, unix_listener, 500, socket_path);
	assert_int_equal(sum.opens, 1);
	assert_int_equal(sum.bytes, 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_clients_of_a_database_are_not_counted),
		cmocka_unit_test(listed_programs_are_counted_in_bytes_received),
		cmocka_unit_test(a_database_that_was_started_anew_is_known_at_once),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
