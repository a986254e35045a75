/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child that is forked and not executed: it has the configuration already. */
#include "discover/discovery_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/mem.h"
#include "discover/discovery_answer.h"
#include "discover/scope.h"

#define END_MS 200 /* for a process that was killed */

static int64_t discovery_process_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Also what does not exist: to look at a mail root can take as long as its file system likes. */
static void discovery_look(const struct config *config, struct discovery *ret)
{
	struct scope scope;

	if (config->discover)
		discovery_run("", ret);
	scope_init(config, ret, &scope);
	scope_find_open_readers(&scope, &ret->problems);
	scope_find_open_sockets(&scope, &ret->problems);
	scope_find_missing(&scope, &ret->missing);
	scope_done(&scope);
}

static int discovery_write_all(int fd, const unsigned char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* CAP_SYS_PTRACE: the links in /proc/PID. CAP_DAC_READ_SEARCH: settings that root alone can read. */
static int discovery_be_process(const struct config *config, int fd)
{
	struct serializer serializer = {};
	struct discovery found = {};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)prctl(PR_SET_NAME, "waxseald-look", 0, 0, 0);
	if (dup2(fd, STDERR_FILENO + 1) < 0 || syscall(SYS_close_range, STDERR_FILENO + 2, ~0U, 0) < 0)
		return -errno;
	if (fcntl(STDERR_FILENO + 1, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	if (capability_keep(CAPABILITY_BIT(CAP_SYS_PTRACE) | CAPABILITY_BIT(CAP_DAC_READ_SEARCH)) <
	    0)
		return -EPERM;
	discovery_look(config, &found);
	discovery_answer_write(&found, &serializer);
	return discovery_write_all(STDERR_FILENO + 1, serializer.bytes, serializer.used);
}

void discovery_process_start(const struct config *config, struct discovery_process *ret)
{
	_cleanup_close_ int reader = -1, writer = -1;
	int ends[2];

	*ret = (struct discovery_process){
		.fd = -1, .deadline_ms = discovery_process_now_ms() + DISCOVERY_SECONDS * 1000};
	if (pipe2(ends, O_CLOEXEC) < 0) {
		ret->error = -errno;
		return;
	}
	reader = ends[0];
	writer = ends[1];
	ret->pid = fork();
	if (ret->pid == 0)
		_exit(discovery_be_process(config, writer) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
	if (ret->pid < 0) {
		ret->error = -errno;
		ret->pid = 0;
		return;
	}
	ret->fd = take_fd(reader);
}

/* False at the deadline. */
static bool discovery_process_wait(const struct discovery_process *process)
{
	struct pollfd poll_fd = {.fd = process->fd, .events = POLLIN};
	int r;

	do {
		int64_t left_ms = process->deadline_ms - discovery_process_now_ms();

		r = poll(&poll_fd, 1, left_ms > 0 ? (int)left_ms : 0);
	} while (r < 0 && errno == EINTR);
	return r > 0;
}

static int discovery_process_read(struct discovery_process *process, unsigned char *bytes,
				  size_t *ret_length)
{
	size_t used = 0;

	if (process->fd < 0)
		return process->error;
	for (;;) {
		ssize_t n;

		if (!discovery_process_wait(process))
			return -ETIMEDOUT;
		n = read(process->fd, bytes + used, DISCOVERY_ANSWER_BYTES + 1 - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > DISCOVERY_ANSWER_BYTES)
			return -E2BIG;
	}
	*ret_length = used;
	return 0;
}

/* One that the kernel cannot end yet, since a file system keeps it, is left behind. */
void discovery_process_end(struct discovery_process *process)
{
	_cleanup_close_ int fd = -1;
	struct pollfd poll_fd = {.events = POLLIN};

	if (process->fd >= 0)
		(void)close(process->fd);
	process->fd = -1;
	if (!process->pid)
		return;
	(void)kill(process->pid, SIGKILL);
	fd = poll_fd.fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	if (fd >= 0)
		(void)poll(&poll_fd, 1, END_MS);
	(void)waitpid(process->pid, NULL, WNOHANG);
	process->pid = 0;
}

void discovery_process_finish(struct discovery_process *process, struct discovery *ret)
{
	_cleanup_free_ unsigned char *bytes = xmalloc(DISCOVERY_ANSWER_BYTES + 1);
	struct discovery found = {};
	size_t length = 0;
	int r = discovery_process_read(process, bytes, &length);

	if (r == 0)
		r = discovery_answer_read(bytes, length, &found);
	discovery_process_end(process);
	if (r == -ETIMEDOUT)
		strlist_addf(&found.problems,
			     "which mail servers run here was not found out in %d s; a file system "
			     "may not answer. Only what is configured is watched",
			     DISCOVERY_SECONDS);
	else if (r < 0)
		strlist_addf(&found.problems,
			     "which mail servers run here was not found out (%s). Only what is "
			     "configured is watched",
			     strerror(-r));
	*ret = found;
}
