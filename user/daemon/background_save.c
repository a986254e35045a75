/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child ends with its parent: two daemons never write one file. */
#include "daemon/background_save.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_ERROR_MAX 255 /* what an exit status can say */

static void background_save_run(pid_t parent, int (*save)(void *context), void *context)
{
	int r;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(ECHILD);
	/* among them what holds the state folder */
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	r = -save(context);
	_exit(r > CHILD_ERROR_MAX ? EIO : r);
}

int background_save_start(struct background_save *background_save, int (*save)(void *context),
			  void *context)
{
	pid_t parent = getpid(), child;

	if (background_save->child)
		return -EBUSY;
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0)
		background_save_run(parent, save, context);
	background_save->child = child;
	return 0;
}

int background_save_check(struct background_save *background_save)
{
	int status;
	pid_t ended;

	if (!background_save->child)
		return -ENOENT;
	ended = waitpid(background_save->child, &status, WNOHANG);
	if (ended == 0)
		return -EINPROGRESS;
	background_save->child = 0;
	if (ended < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

void background_save_cancel(struct background_save *background_save)
{
	if (!background_save->child)
		return;
	(void)kill(background_save->child, SIGKILL);
	(void)waitpid(background_save->child, NULL, 0);
	background_save->child = 0;
}
