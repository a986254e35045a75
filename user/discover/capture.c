/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child with nothing on its standard input, an empty environment and no capability, so that neither a
 * stray variable nor a question on a terminal changes what it prints, and a fault of its own harms nobody.
 */
#include "discover/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/foreign_file.h"
#include "base/mem.h"

static int64_t capture_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The numbers that a child gives its descriptors; the program is executed by the last one. */
enum { CAPTURE_PROGRAM = STDERR_FILENO + 1, CAPTURE_LAST = CAPTURE_PROGRAM };

/* In the child, which has nothing of ours but these descriptors and no capability of any set. */
static void capture_become(const char *const *argv, int program, int input, int output)
{
	static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
	int from[] = {input, output, open("/dev/null", O_WRONLY | O_CLOEXEC), program};
	sigset_t none;

	/* The daemon blocks the signals that its event loop reads, and ignores SIGPIPE. */
	sigemptyset(&none);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (from[0] < 0)
		from[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	/* above all numbers that are to be taken */
	for (size_t i = 0; i < ARRAY_LENGTH(from); i++)
		from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, CAPTURE_LAST + 1);
	for (size_t i = 0; i < ARRAY_LENGTH(from); i++)
		if (from[i] < 0 || dup2(from[i], (int)i) < 0)
			return;
	if (syscall(SYS_close_range, CAPTURE_LAST + 1, ~0U, 0) < 0 || chdir("/") < 0 ||
	    capability_renounce() < 0)
		return;
	/* by descriptor: the name may mean another file by now */
	(void)syscall(SYS_execveat, CAPTURE_PROGRAM, "", argv, environment, AT_EMPTY_PATH);
}

/* A descriptor of a program that nobody but root, or we, can have put there, or -errno. */
static int capture_open_program(const char *path)
{
	_cleanup_close_ int fd = foreign_path_open(path, FOREIGN_OF_ROOT, NULL);
	struct stat file;

	if (fd < 0)
		return fd;
	if (fstat(fd, &file) < 0)
		return -errno;
	return S_ISREG(file.st_mode) && (file.st_mode & 0111) ? take_fd(fd) : -EACCES;
}

int capture_spawn(const char *const *argv, int input, int output, pid_t *ret_pid)
{
	_cleanup_close_ int program = capture_open_program(argv[0]);
	pid_t pid;

	if (program < 0)
		return program;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		capture_become(argv, program, input, output);
		_exit(127);
	}
	*ret_pid = pid;
	return 0;
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

int capture_output(const char *const *argv, int input, unsigned int timeout_ms, size_t cap,
		   char **ret_output)
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
	r = capture_spawn(argv, input, writer, &pid);
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
