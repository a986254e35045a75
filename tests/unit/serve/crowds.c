/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many connections at once, of those who ask nothing: whoever asks is answered all the same. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "bench.h"

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

/* As another user, from the address of those who ask: with each byte of the pace so many connections
 * with half of a request. Those before them are closed, in the order in which they came. */
static void crowd_of_nobody(struct bench *bench, int pace, int count)
{
	static int held[500];
	size_t next = 0;
	char byte;

	if (setuid(65534) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		_exit(1);
	while (recv(pace, &byte, 1, 0) == 1) {
		for (int i = 0; i < count; i++, next = (next + 1) % ARRAY_LENGTH(held)) {
			if (held[next] > 0)
				(void)close(held[next]);
			(void)start_tcp(bench, SOCK_NONBLOCK, &held[next]);
			(void)send(held[next], "GET ", 4, MSG_NOSIGNAL);
		}
		(void)send(pace, &byte, 1, MSG_NOSIGNAL);
	}
	_exit(0);
}

static pid_t start_crowd(struct bench *bench, int count)
{
	int ends[2];
	pid_t child;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)close(ends[0]);
		crowd_of_nobody(bench, ends[1], count);
	}
	(void)close(ends[1]);
	bench->pace = ends[0];
	return child;
}

/* The crowd comes on and on; the one that asks says nothing until it is long accepted. All that come
 * find room in the listener's queue: a connection that waits for it would stop the loop. */
static void a_flood_of_another_user_keeps_nobody_out(void **state)
{
	struct bench *bench = *state;
	pid_t child;

	if (getuid() != 0)
		skip();
	child = start_crowd(bench, 16);
	for (int i = 0; i < 20; i++)
		turn(bench);
	for (int i = 0; i < 5; i++) {
		_cleanup_free_ char *page = NULL;
		int fd = dial_tcp(bench);

		assert_int_equal(send(fd, "G", 1, MSG_NOSIGNAL), 1);
		for (int j = 0; j < 20; j++)
			turn(bench);
		page = talk(bench, fd, "ET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
		assert_non_null(strstr(page, "HTTP/1.1 200 "));
	}
	(void)close(bench->pace);
	bench->pace = -1;
	assert_int_equal(waitpid(child, NULL, 0), child);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		server_test(nonsense_and_crowds_do_not_hurt),
		server_test(an_idle_crowd_keeps_nobody_out),
		server_test(a_crowd_past_the_limit_leaves_the_door_open),
		server_test(a_flood_of_another_user_keeps_nobody_out),
	};

	return cmocka_run_group_tests_name("server crowds", tests, NULL, NULL);
}
