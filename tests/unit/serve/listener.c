/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listening sockets: what is in the way is replaced, kept or named. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "serve/listener.h"

struct place {
	char folder[32], path[64], problem[256];
};

static void make_place(struct place *ret)
{
	*ret = (struct place){.folder = "/tmp/listener.XXXXXX"};
	assert_non_null(mkdtemp(ret->folder));
	(void)snprintf(ret->path, sizeof(ret->path), "%s/sock", ret->folder);
}

static void remove_place(const struct place *place)
{
	(void)unlink(place->path);
	assert_int_equal(rmdir(place->folder), 0);
}

static int open_at(struct place *place, int *ret_fd)
{
	return listener_open_unix(place->path, NULL, ret_fd, place->problem,
				  sizeof(place->problem));
}

static void the_socket_file_is_for_owner_and_group(void **state)
{
	struct place place;
	struct stat status;
	int fd;

	(void)state;
	make_place(&place);
	assert_int_equal(open_at(&place, &fd), 0);
	assert_int_equal(stat(place.path, &status), 0);
	assert_true(S_ISSOCK(status.st_mode));
	assert_int_equal(status.st_mode & 0777, 0660);
	(void)close(fd);
	remove_place(&place);
}

static void a_left_over_socket_is_replaced_and_a_live_one_is_not(void **state)
{
	struct place place;
	int fd, second = -1;

	(void)state;
	make_place(&place);
	assert_int_equal(open_at(&place, &fd), 0);
	assert_int_equal(open_at(&place, &second), -EADDRINUSE);
	assert_non_null(strstr(place.problem, "another waxseald is running there"));
	assert_int_equal(second, -1);
	(void)close(fd);
	assert_int_equal(open_at(&place, &fd), 0);
	(void)close(fd);
	remove_place(&place);
}

static void a_path_that_cannot_be_is_named(void **state)
{
	struct place place;
	char longer[200];
	int fd = -1;

	(void)state;
	make_place(&place);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(
		listener_open_unix(longer, NULL, &fd, place.problem, sizeof(place.problem)),
		-ENAMETOOLONG);
	assert_int_equal(listener_open_unix("/nonexistent/sock", NULL, &fd, place.problem,
					    sizeof(place.problem)),
			 -ENOENT);
	assert_non_null(strstr(place.problem, "cannot listen on /nonexistent/sock: "));
	assert_int_equal(fd, -1);
	remove_place(&place);
}

static void both_families_of_addresses_are_bound(void **state)
{
	char address[32], problem[256];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int fd = -1, r = -EADDRINUSE;

		for (int port = 20000 + getpid() % 20000; r == -EADDRINUSE; port++) {
			(void)snprintf(address, sizeof(address), i ? "[::1]:%d" : "127.0.0.1:%d",
				       port);
			r = listener_open_tcp(address, &fd, problem, sizeof(problem));
		}
		if (i == 1 && r == -EADDRNOTAVAIL)
			continue; /* a host without IPv6 */
		assert_int_equal(r, 0);
		assert_int_equal(listener_open_tcp(address, &(int){-1}, problem, sizeof(problem)),
				 -EADDRINUSE);
		assert_non_null(strstr(problem, address));
		(void)close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_socket_file_is_for_owner_and_group),
		cmocka_unit_test(a_left_over_socket_is_replaced_and_a_live_one_is_not),
		cmocka_unit_test(a_path_that_cannot_be_is_named),
		cmocka_unit_test(both_families_of_addresses_are_bound),
	};

	return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
