/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Children that do what a kernel or a processor may refuse.
 *
 * cmocka catches the signals of a fault and goes on with the suite, in a child too. So a child that
 * is made here has the default signals: it dies of a fault, and its parent sees that. An access path that the
 * host refuses ends the child with ACCESS_PATH_REFUSED; only that access path is skipped, with its reason.
 */
#ifndef WAX_TESTS_CHILD_H
#define WAX_TESTS_CHILD_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ACCESS_PATH_REFUSED 77

/* fork(2); the child has the default signals. */
static inline pid_t child_fork(void)
{
	static const int caught[] = {SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGSYS, SIGTRAP};
	pid_t child = fork();

	for (size_t i = 0; child == 0 && i < sizeof(caught) / sizeof(caught[0]); i++)
		(void)signal(caught[i], SIG_DFL);
	return child;
}

/* Waits for the child. False, and a line that says so, when the host refused the access path; any other
 * end than exit(0) fails the test. */
static inline bool child_took_access_path(pid_t child, const char *access_path)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == ACCESS_PATH_REFUSED) {
		print_message("%s: refused by this host, skipping it\n", access_path);
		return false;
	}
	if (status != 0)
		fail_msg("%s: the child ended with wait status %#x", access_path, (unsigned int)status);
	return true;
}

/* Takes the access path in a child. */
static inline bool child_takes(void (*access_path)(void), const char *name)
{
	pid_t child = child_fork();

	if (child == 0) {
		access_path();
		_exit(0);
	}
	return child_took_access_path(child, name);
}

static inline void child_is_refused(int signal_number)
{
	(void)signal_number;
	_exit(ACCESS_PATH_REFUSED);
}

#ifndef MAP_32BIT
#define MAP_32BIT 0 /* where there is no 32-bit call */
#endif

/*
 * A call by its number in the 32-bit table, in a child. Hosts refuse it in two ways: a kernel without the
 * table says ENOSYS, one that does not let `int $0x80` through sends SIGSEGV.
 */
static inline long child_call_32_bit(long number, long b, long c, long d)
{
#if defined(__x86_64__)
	void (*former)(int) = signal(SIGSEGV, child_is_refused);
	long result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(number), "b"(b), "c"(c), "d"(d)
		     : "memory", "r8", "r9", "r10", "r11");
	(void)signal(SIGSEGV, former);
	if (result != -ENOSYS)
		return result;
#endif
	(void)number, (void)b, (void)c, (void)d;
	_exit(ACCESS_PATH_REFUSED);
}

/* A page that a 32-bit call can name. */
static inline void *child_low_page(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (page == MAP_FAILED)
		_exit(ACCESS_PATH_REFUSED);
	return page;
}

#endif
