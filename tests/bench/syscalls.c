/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nanoseconds per system call that has nothing to do with mail, on one CPU: the best of several
 * loops, so that an interruption does not count. Prints "NAME NANOSECONDS" per line.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS 50000
#define LOOPS 9

static int zero_fd;
static char own_path[4096];

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void call_getppid(void)
{
	(void)syscall(SYS_getppid);
}

static void call_read(void)
{
	char byte;

	if (read(zero_fd, &byte, 1) != 1)
		_exit(1);
}

/* Six directories deep, and no mail. */
static void call_open(void)
{
	int fd = open(own_path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		_exit(1);
	(void)close(fd);
}

static double best_of_loops(void (*call)(void))
{
	double best = 0;

	for (int loop = 0; loop < LOOPS; loop++) {
		double took, start = seconds_now();

		for (int i = 0; i < CALLS; i++)
			call();
		took = (seconds_now() - start) / CALLS * 1e9;
		if (loop == 0 || took < best)
			best = took;
	}
	return best;
}

int main(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (zero_fd < 0 || sched_setaffinity(0, sizeof(one), &one) < 0)
		return 1;
	printf("getppid %.1f\n", best_of_loops(call_getppid));
	printf("read %.1f\n", best_of_loops(call_read));
	if (readlink("/proc/self/exe", own_path, sizeof(own_path) - 1) < 0)
		return 1;
	printf("open %.1f\n", best_of_loops(call_open));
	return 0;
}
