/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State and runtime folders. */
#include "daemon/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/mem.h"

static int folder_make(const char *path, mode_t mode)
{
	struct stat status;

	if (mkdir(path, mode) == 0) /* the umask may have taken bits that are meant */
		return chmod(path, mode) < 0 ? -errno : 0;
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &status) < 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

int folder_prepare(const char *path, mode_t mode)
{
	_cleanup_free_ char *copy = xstrdup(path);
	_cleanup_close_ int probe = -1;
	int r;

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = folder_make(copy, 0755);
		if (r < 0)
			return r;
		*slash = '/';
	}
	r = folder_make(copy, mode);
	if (r < 0)
		return r;
	/* access(2) says yes to root on a read-only or full file system; making a file does not. */
	probe = open(path, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (probe < 0 && errno != EOPNOTSUPP && errno != EISDIR)
		return -errno;
	return 0;
}

int folder_hold(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return -errno;
	/* what lies in it is believed */
	if (fstat(fd, &status) < 0)
		return -errno;
	if (status.st_mode & (S_IWGRP | S_IWOTH))
		return -EPERM;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return take_fd(fd);
}
