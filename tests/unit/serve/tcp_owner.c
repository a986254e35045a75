/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real connections over loopback, by both families. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "serve/tcp_owner.h"

#define NOBODY 65534

struct line {
	int listening, accepted, dialled;
	struct sockaddr_storage address;
	socklen_t bytes;
};

static int listen_at(struct line *line, int family)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&line->address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&line->address;

	*line = (struct line){.address.ss_family = (sa_family_t)family, .accepted = -1};
	if (family == AF_INET)
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		v6->sin6_addr = in6addr_loopback;
	line->bytes = family == AF_INET ? sizeof(*v4) : sizeof(*v6);
	line->listening = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (line->listening < 0 ||
	    bind(line->listening, (struct sockaddr *)&line->address, line->bytes) < 0)
		return -errno;
	assert_int_equal(listen(line->listening, 4), 0);
	return getsockname(line->listening, (struct sockaddr *)&line->address, &line->bytes);
}

static int dial(const struct line *line)
{
	int fd = socket(line->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&line->address, line->bytes) < 0 ? -1 : fd;
}

static void close_line(const struct line *line)
{
	(void)close(line->accepted);
	(void)close(line->listening);
}

static void the_user_is_found(int family)
{
	struct line line;
	uint32_t uid = 77;
	int fd;

	if (listen_at(&line, family) < 0)
		skip(); /* a host without IPv6 */
	fd = dial(&line);
	line.accepted = accept(line.listening, NULL, NULL);
	assert_true(fd >= 0 && line.accepted >= 0);
	assert_int_equal(tcp_owner_find(line.accepted, &uid), 0);
	assert_int_equal(uid, getuid());
	/* a socket that is closed has no owner, and must not be taken for root's */
	(void)close(fd);
	assert_int_equal(tcp_owner_find(line.accepted, &uid), -ENOENT);
	close_line(&line);
}

static void a_user_is_found_by_ipv4(void **state)
{
	(void)state;
	the_user_is_found(AF_INET);
}

static void a_user_is_found_by_ipv6(void **state)
{
	(void)state;
	the_user_is_found(AF_INET6);
}

static void another_user_is_another(void **state)
{
	struct line line;
	uint32_t uid = 77;
	pid_t child;

	(void)state;
	if (getuid() != 0)
		skip();
	assert_int_equal(listen_at(&line, AF_INET), 0);
	child = fork();
	if (child == 0) {
		if (setuid(NOBODY) == 0 && dial(&line) >= 0)
			pause();
		_exit(1);
	}
	line.accepted = accept(line.listening, NULL, NULL);
	assert_int_equal(tcp_owner_find(line.accepted, &uid), 0);
	assert_int_equal(uid, NOBODY);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close_line(&line);
}

static void other_sockets_have_none(void **state)
{
	uint32_t uid;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_true(tcp_owner_find(fds[0], &uid) < 0);
	(void)close(fds[0]);
	(void)close(fds[1]);
	assert_true(tcp_owner_find(fds[0], &uid) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_is_found_by_ipv4),
		cmocka_unit_test(a_user_is_found_by_ipv6),
		cmocka_unit_test(another_user_is_another),
		cmocka_unit_test(other_sockets_have_none),
	};

	return cmocka_run_group_tests_name("tcp_owner", tests, NULL, NULL);
}
