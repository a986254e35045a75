/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No program is executed without a page fault. So when a process has had none, and has the same program and
 * users before and after, all that was read between is of one program. Else one named dovecot could become a
 * set-uid program at the right moment, and would be root's dovecot.
 */
#include "discover/process_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/foreign_file.h"
#include "base/mem.h"

#define TRIES 50
#define PAUSE_US 2000

/* Opens the program of a process, once: what is judged is what was opened. */
static int process_identity_open_executable(int process_fd, struct stat *ret_file)
{
	_cleanup_close_ int fd = openat(process_fd, "exe", O_PATH | O_CLOEXEC);

	if (fd < 0 || fstat(fd, ret_file) < 0)
		return -errno;
	return take_fd(fd);
}

/* Where it lies, without the mark of a file that was replaced or removed. */
static int process_identity_executable_place(int fd, char *ret, size_t size, bool *ret_is_gone)
{
	int r = foreign_file_place(fd, ret, size);

	if (r < 0)
		return r;
	*ret_is_gone = foreign_file_cut_deleted(ret);
	return 0;
}

int process_identity_take_place(int process_fd, char ret_place[PATH_MAX])
{
	struct stat file;
	_cleanup_close_ int fd = process_identity_open_executable(process_fd, &file);
	bool is_gone;

	return fd < 0 ? fd : process_identity_executable_place(fd, ret_place, PATH_MAX, &is_gone);
}

static int process_identity_read_text(int process_fd, const char *name, char *ret, size_t size)
{
	_cleanup_close_ int fd = openat(process_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t len = fd < 0 ? -1 : read(fd, ret, size - 1);

	if (len < 0)
		return -errno;
	ret[len] = '\0';
	return (int)len;
}

static int process_identity_read_state(int process_fd, struct process_state *ret)
{
	char text[4096];
	const char *line;

	if (process_identity_read_text(process_fd, "status", text, sizeof(text)) < 0)
		return -ESRCH;
	line = strstr(text, "\nUid:");
	if (!line || sscanf(line, "\nUid: %u %u %u", &ret->real, &ret->effective, &ret->saved) != 3)
		return -EINVAL;
	/* a name may hold blanks and parentheses */
	if (process_identity_read_text(process_fd, "stat", text, sizeof(text)) < 0)
		return -ESRCH;
	line = strrchr(text, ')');
	if (!line || sscanf(line, ") %*c %*d %*d %*d %*d %*d %*u %llu %*u %*u %*u %*u %*u %*d %*d "
				  "%*d %*d %*d %*d %llu",
			    &ret->faults, &ret->started) != 2)
		return -EINVAL;
	return 0;
}

/* argv as pointers into line, which holds the whole command line. */
static int process_identity_read_arguments(int process_fd, char *line, size_t size, const char **ret)
{
	_cleanup_close_ int fd = openat(process_fd, "cmdline", O_RDONLY | O_CLOEXEC);
	size_t n_arguments = 0;
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, line, size - 1);
	if (len < 0)
		return -errno;
	/* a program that is just being executed has none yet */
	if (len == 0)
		return -EAGAIN;
	line[len] = '\0';
	for (ssize_t at = 0; at < len && n_arguments + 1 < PROCESS_IDENTITY_ARGUMENTS;
	     at += (ssize_t)strlen(line + at) + 1)
		ret[n_arguments++] = line + at;
	ret[n_arguments] = NULL;
	return 0;
}

static bool process_identity_is_unchanged(const struct process_state *one, const struct process_state *other)
{
	return one->real == other->real && one->effective == other->effective &&
	       one->saved == other->saved && one->faults == other->faults &&
	       one->started == other->started;
}

static bool process_identity_is_same_file(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static int process_identity_take_once(int process_fd, struct process_identity *ret)
{
	_cleanup_close_ int fd = -1, again = -1;
	struct process_state after;
	struct stat file;
	int r = process_identity_read_state(process_fd, &ret->state);

	if (r < 0)
		return r;
	fd = process_identity_open_executable(process_fd, &ret->executable);
	if (fd < 0)
		return fd;
	r = process_identity_executable_place(fd, ret->place, sizeof(ret->place), &ret->is_gone);
	if (r == 0)
		r = process_identity_read_arguments(process_fd, ret->line, sizeof(ret->line),
					 ret->arguments);
	if (r < 0)
		return r;
	again = process_identity_open_executable(process_fd, &file);
	if (again < 0)
		return again;
	r = process_identity_read_state(process_fd, &after);
	if (r < 0)
		return r;
	return process_identity_is_same_file(&file, &ret->executable) && process_identity_is_unchanged(&after, &ret->state)
		       ? 0
		       : -EAGAIN;
}

/* A busy server has page faults, too: then once more. */
int process_identity_take(int process_fd, struct process_identity *ret)
{
	int r = -EAGAIN;

	for (int tries = 0; r == -EAGAIN && tries < TRIES; tries++) {
		if (tries > 0)
			(void)usleep(PAUSE_US);
		r = process_identity_take_once(process_fd, ret);
	}
	return r;
}

bool process_identity_is_roots_or_ours(const struct process_identity *identity)
{
	const struct process_state *state = &identity->state;
	uid_t user = state->real;

	return (user == 0 || user == geteuid()) && state->effective == user &&
	       state->saved == user;
}

bool process_identity_has_roots_program(const struct process_identity *identity)
{
	const char *place = identity->place, *slash = strrchr(place, '/');
	_cleanup_free_ char *folder = xstrndup(place, slash ? (size_t)(slash - place) : 0);
	_cleanup_close_ int fd = -1;
	struct stat found;

	if (!S_ISREG(identity->executable.st_mode) || !foreign_file_is_roots(&identity->executable))
		return false;
	fd = foreign_path_open(identity->is_gone ? folder : place, FOREIGN_OF_ROOT, NULL);
	return fd >= 0 && (identity->is_gone || (fstat(fd, &found) == 0 &&
					      process_identity_is_same_file(&found, &identity->executable)));
}
