/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nanoseconds of system calls that have nothing to do with mail: the least of many short loops, most of
 * which are not interrupted. Prints "NAME NANOSECONDS" per line. In a guest whose clock counts
 * instructions, a nanosecond is one. It opens and reads its own file, four folders deep.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CALLS 500
#define LOOPS 150

static int zero_fd, own_fd, sockets[2], pipes[2];
static char own_path[4096];

static void must(int holds)
{
	if (!holds)
		exit(1);
}

static void call_getppid(void)
{
	(void)syscall(SYS_getppid);
}

static void call_read(void)
{
	char byte;

	must(read(zero_fd, &byte, 1) == 1);
}

static void call_pread(void)
{
	char byte;

	must(pread(own_fd, &byte, 1, 0) == 1);
}

static void call_open(void)
{
	int fd = open(own_path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0);
	(void)close(fd);
}

static void call_mmap(void)
{
	void *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, own_fd, 0);

	must(at != MAP_FAILED);
	(void)munmap(at, 4096);
}

static void call_pipe(void)
{
	char byte = 0;

	must(write(pipes[1], &byte, 1) == 1 && read(pipes[0], &byte, 1) == 1);
}

static void call_socket(void)
{
	char byte = 0;

	must(send(sockets[1], &byte, 1, 0) == 1 && recv(sockets[0], &byte, 1, 0) == 1);
}

static const struct {
	const char *name;
	void (*call)(void);
} calls[] = {
	{"getppid", call_getppid}, {"read", call_read}, {"pread", call_pread}, {"open", call_open},
	{"mmap", call_mmap}, {"pipe", call_pipe}, {"socket", call_socket},
};

static double nanoseconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double least_of_loops(void (*call)(void))
{
	double least = 0;

	for (int loop = 0; loop < LOOPS; loop++) {
		double took, start = nanoseconds_now();

		for (int i = 0; i < CALLS; i++)
			call();
		took = (nanoseconds_now() - start) / CALLS;
		if (loop == 0 || took < least)
			least = took;
	}
	return least;
}

int main(void)
{
	ssize_t length = readlink("/proc/self/exe", own_path, sizeof(own_path) - 1);

	must(length > 0);
	zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	own_fd = open(own_path, O_RDONLY | O_CLOEXEC);
	must(zero_fd >= 0 && own_fd >= 0 && pipe2(pipes, O_CLOEXEC) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		printf("%s %.1f\n", calls[i].name, least_of_loops(calls[i].call));
	return 0;
}
