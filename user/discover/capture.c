/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child with nothing on its standard input and an empty environment, so that neither a stray
 * variable nor a question on a terminal changes what it prints.
 */
#include "discover/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

static int64_t capture_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int capture_spawn(const char *const *argv, int output, pid_t *ret_pid)
{
	static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	int r;

	/* The daemon blocks the signals that its event loop reads; a child must not. */
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	r = -posix_spawn(ret_pid, argv[0], &files, &attributes, (char *const *)argv, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return r;
}

/*
 * Reads to the end of the output. All room at once: a block of this size is the kernel's again
 * when it is freed, and no copies stay behind in the heap.
 */
static int capture_read(int fd, int64_t deadline_ms, size_t cap, char **ret_output)
{
	_cleanup_free_ char *output = xmalloc(cap + 1);
	size_t used = 0;

	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
		int64_t left_ms = deadline_ms - capture_now_ms();
		ssize_t n;

		if (left_ms <= 0 || poll(&poll_fd, 1, (int)left_ms) == 0)
			return -ETIMEDOUT;
		n = read(fd, output + used, cap + 1 - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > cap)
			return -E2BIG;
	}
	output[used] = '\0';
	*ret_output = take_ptr(output);
	return 0;
}

/* It may close its output and stay: wait for it no longer than the deadline. */
static int capture_wait(pid_t pid, int64_t deadline_ms)
{
	_cleanup_close_ int process = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd poll_fd = {.fd = process, .events = POLLIN};
	int64_t left_ms = deadline_ms - capture_now_ms();
	int status, r;

	if (process < 0)
		return -errno;
	do
		r = poll(&poll_fd, 1, left_ms > 0 ? (int)left_ms : 0);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return -ETIMEDOUT;
	if (r < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static void capture_end(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int capture_output(const char *const *argv, unsigned int timeout_ms, size_t cap, char **ret_output)
{
	int64_t deadline_ms = capture_now_ms() + timeout_ms;
	_cleanup_free_ char *output = NULL;
	_cleanup_close_ int reader = -1, writer = -1;
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	reader = ends[0];
	writer = ends[1];
	r = capture_spawn(argv, writer, &pid);
	if (r < 0)
		return r;
	close(take_fd(writer));
	r = capture_read(reader, deadline_ms, cap, &output);
	if (r == 0)
		r = capture_wait(pid, deadline_ms);
	if (r < 0 && r != -EIO) /* then it has ended by itself */
		capture_end(pid);
	if (r < 0)
		return r;
	*ret_output = take_ptr(output);
	return 0;
}
