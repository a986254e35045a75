/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names that `doveadm user '*'` prints, for hosts whose accounts only a database knows. Asked
 * for with [detect] list_users, since the mail server reads its credential stores as a whole for
 * it. When an account was last used it does not say.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "base/time.h"
#include "discover/capture.h"
#include "accounts/account_source.h"
#include "model/account.h"

#define BUFFER_BYTES 4096
#define SILENCE_US (60 * US_PER_SECOND)

struct doveadm_users {
	const struct strlist *commands; /* "DOVEADM\tCONFIGURATION" */
	size_t next_command;
	pid_t pid; /* 0: none runs */
	int fd;	   /* its output, -1: at its end */
	char buffer[BUFFER_BYTES];
	size_t used;
	char account[4 * BUFFER_BYTES + 1];
	int64_t heard_us;
};

static void doveadm_users_note(const struct doveadm_users *users, const char *what, char *problem)
{
	const char *command = users->commands->items[users->next_command - 1];

	if (!problem[0])
		snprintf(problem, ACCOUNT_SOURCE_PROBLEM_BYTES, "%.*s -c %.400s user '*': %s",
			 (int)strcspn(command, "\t"), command, command + strcspn(command, "\t") + 1,
			 what);
}

static enum account_source_step doveadm_users_begin(struct doveadm_users *users, char *problem)
{
	_cleanup_free_ char *command = NULL;
	_cleanup_close_ int writer = -1;
	const char *argv[] = {NULL, "-c", NULL, "user", "*", NULL};
	char *rest;
	int ends[2], r;

	if (users->next_command == users->commands->count)
		return ACCOUNT_SOURCE_END;
	command = rest = xstrdup(users->commands->items[users->next_command++]);
	argv[0] = strsep(&rest, "\t");
	argv[2] = rest;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		doveadm_users_note(users, strerror(errno), problem);
		return ACCOUNT_SOURCE_NONE;
	}
	users->fd = ends[0];
	writer = ends[1];
	(void)fcntl(users->fd, F_SETFL, O_NONBLOCK);
	r = capture_spawn(argv, -1, writer, &users->pid);
	if (r < 0) {
		doveadm_users_note(users, strerror(-r), problem);
		users->pid = 0;
		close(users->fd);
		users->fd = -1;
	}
	users->used = 0;
	users->heard_us = time_now_us();
	return ACCOUNT_SOURCE_NONE;
}

static void doveadm_users_end(struct doveadm_users *users)
{
	if (users->fd >= 0)
		close(users->fd);
	users->fd = -1;
	if (!users->pid)
		return;
	(void)kill(users->pid, SIGKILL);
	while (waitpid(users->pid, NULL, 0) < 0 && errno == EINTR)
		;
	users->pid = 0;
}

static enum account_source_step doveadm_users_wait(struct doveadm_users *users, char *problem)
{
	if (time_now_us() - users->heard_us < SILENCE_US)
		return ACCOUNT_SOURCE_WAIT;
	doveadm_users_note(users, "said nothing for 60 s", problem);
	doveadm_users_end(users);
	return ACCOUNT_SOURCE_NONE;
}

/* The output has ended: how? */
static enum account_source_step doveadm_users_reap(struct doveadm_users *users, char *problem)
{
	int status, r = waitpid(users->pid, &status, WNOHANG);

	if (r == 0 || (r < 0 && errno == EINTR))
		return doveadm_users_wait(users, problem);
	users->pid = 0;
	if (r < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		doveadm_users_note(users, "failed; who may list users is said in waxseal.conf(5)",
				   problem);
	return ACCOUNT_SOURCE_NONE;
}

/* Takes the first line of the buffer, which ends at `length`. */
static enum account_source_step doveadm_users_take(struct doveadm_users *users, size_t length,
						   struct found_account *ret)
{
	text_from_wire(users->buffer, length, users->account, sizeof(users->account));
	users->used -= length + 1;
	memmove(users->buffer, users->buffer + length + 1, users->used);
	if (!users->account[0])
		return ACCOUNT_SOURCE_NONE;
	*ret = (struct found_account){.account = users->account};
	return ACCOUNT_SOURCE_ONE;
}

static enum account_source_step doveadm_users_read(struct doveadm_users *users, char *problem)
{
	ssize_t n = read(users->fd, users->buffer + users->used, BUFFER_BYTES - users->used);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return doveadm_users_wait(users, problem);
	if (n <= 0) {
		if (n < 0)
			doveadm_users_note(users, strerror(errno), problem);
		close(users->fd);
		users->fd = -1;
		return ACCOUNT_SOURCE_NONE;
	}
	users->used += (size_t)n;
	users->heard_us = time_now_us();
	return ACCOUNT_SOURCE_NONE;
}

static void *doveadm_users_open(const struct account_source_settings *scope)
{
	struct doveadm_users *users;

	if (scope->doveadm_commands->count == 0)
		return NULL;
	users = xcalloc(1, sizeof(*users));
	users->commands = scope->doveadm_commands;
	users->fd = -1;
	return users;
}

static enum account_source_step doveadm_users_step(void *state, struct found_account *ret,
						   char *problem)
{
	struct doveadm_users *users = state;
	const char *end = memchr(users->buffer, '\n', users->used);

	if (end)
		return doveadm_users_take(users, (size_t)(end - users->buffer), ret);
	if (users->used == BUFFER_BYTES) {
		doveadm_users_note(users, "a line is too long", problem);
		users->used = 0;
	}
	if (users->fd >= 0)
		return doveadm_users_read(users, problem);
	if (users->pid)
		return doveadm_users_reap(users, problem);
	return doveadm_users_begin(users, problem);
}

static void doveadm_users_close(void *state)
{
	doveadm_users_end(state);
	free(state);
}

const struct account_source doveadm_account_source = {
	.name = "doveadm",
	.open = doveadm_users_open,
	.step = doveadm_users_step,
	.close = doveadm_users_close,
};
