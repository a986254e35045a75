/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Links are resolved here and not by the kernel: only so each of them is seen. */
#include "base/foreign_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/mem.h"

#define LINKS 40 /* as the kernel */
#define OTHERS_WRITE (S_IWGRP | S_IWOTH)
#define FIRST_READ 4096

struct walk {
	enum foreign_trust trust;
	int fd;
	char *rest;	      /* what is left of the path */
	bool is_safe;	      /* all so far is root's */
	bool is_sticky;	      /* fd is a folder of root's in which others make files */
	dev_t device;	      /* of fd */
	unsigned int n_links;
	char *why;	      /* or NULL */
};

static bool is_roots_or_ours(const struct stat *file)
{
	return file->st_uid == 0 || file->st_uid == geteuid();
}

bool foreign_file_is_roots(const struct stat *file)
{
	return is_roots_or_ours(file) && !(file->st_mode & OTHERS_WRITE);
}

bool foreign_file_cut_deleted(char *place)
{
	static const char mark[] = " (deleted)";
	size_t length = strlen(place), mark_length = sizeof(mark) - 1;

	if (length <= mark_length || strcmp(place + length - mark_length, mark) != 0)
		return false;
	place[length - mark_length] = '\0';
	return true;
}

int foreign_file_place(int fd, char *ret_path, size_t size)
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, ret_path, size);
	if (length < 0)
		return -errno;
	if ((size_t)length >= size)
		return -ENAMETOOLONG;
	ret_path[length] = '\0';
	return 0;
}

static int walk_refuse(const struct walk *walk, int error, int fd, const char *name, const char *what)
{
	char place[PATH_MAX];

	if (!walk->why)
		return error;
	if (foreign_file_place(fd, place, sizeof(place)) < 0)
		place[0] = '\0';
	snprintf(walk->why, FOREIGN_FILE_WHY_BYTES, "%.300s%s%.60s %s", place,
		 *name && strcmp(place, "/") != 0 ? "/" : "", name, what);
	return error;
}

static int walk_refuse_owner(const struct walk *walk, int fd, const struct stat *file)
{
	char what[128];

	snprintf(what, sizeof(what),
		 "belongs to user %u and has mode %04o; allowed: root's, for nobody else to write",
		 file->st_uid, file->st_mode & 07777);
	return walk_refuse(walk, -EPERM, fd, "", what);
}

/* Steps to what the last name led to, which may not be a link any more. */
static int walk_enter(struct walk *walk, int fd, const struct stat *file)
{
	bool is_folder = S_ISDIR(file->st_mode), others = file->st_mode & OTHERS_WRITE;
	bool is_sticky = is_folder && others && (file->st_mode & S_ISVTX);

	/* what others mounted there (FUSE) says itself who owns it */
	walk->is_safe = walk->is_safe && is_roots_or_ours(file) && (!others || is_sticky) &&
			(!walk->is_sticky || (is_folder && file->st_dev == walk->device));
	walk->is_sticky = is_sticky;
	walk->device = file->st_dev;
	if (walk->trust == FOREIGN_OF_ROOT && !walk->is_safe) {
		int r = walk_refuse_owner(walk, fd, file);

		close(fd);
		return r;
	}
	if (walk->fd >= 0)
		close(walk->fd);
	walk->fd = fd;
	return 0;
}

static int walk_begin(struct walk *walk)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat file;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &file) < 0) {
		close(fd);
		return -EIO;
	}
	walk->is_safe = true;
	walk->is_sticky = false;
	return walk_enter(walk, fd, &file);
}

static bool walk_is_magic(int fd)
{
	struct statfs system;

	return fstatfs(fd, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

/* The links of /proc lead to an open file, whatever its name is: the file itself is looked at. */
static int walk_follow_magic(struct walk *walk, const char *name)
{
	int fd = openat(walk->fd, name, O_PATH | O_CLOEXEC);
	struct stat file;

	if (fd < 0 || fstat(fd, &file) < 0) {
		int r = -errno;

		if (fd >= 0)
			close(fd);
		return r;
	}
	return walk_enter(walk, fd, &file);
}

static int walk_follow(struct walk *walk, int link, const char *name, const struct stat *file)
{
	char target[PATH_MAX], *rest;
	ssize_t length;

	if (!walk->is_safe || walk->is_sticky || !is_roots_or_ours(file))
		return walk_refuse(walk, -ELOOP, walk->fd, name,
				   "is a link that somebody else than root could have put there");
	if (++walk->n_links > LINKS)
		return -ELOOP;
	if (walk_is_magic(walk->fd))
		return walk_follow_magic(walk, name);
	length = readlinkat(link, "", target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	rest = xasprintf("%s%s", target, walk->rest); /* what is left begins with a slash */
	free(walk->rest);
	walk->rest = rest;
	return target[0] == '/' ? walk_begin(walk) : 0;
}

static int walk_down(struct walk *walk, const char *name)
{
	_cleanup_close_ int fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat file;

	if (fd < 0 || fstat(fd, &file) < 0)
		return -errno;
	if (S_ISLNK(file.st_mode))
		return walk_follow(walk, fd, name, &file);
	if (!S_ISDIR(file.st_mode) && walk->rest[0])
		return -ENOTDIR;
	return walk_enter(walk, take_fd(fd), &file);
}

static int walk_to_end(struct walk *walk)
{
	int r = walk_begin(walk);

	while (r == 0 && walk->rest[0]) {
		char *name = walk->rest + strspn(walk->rest, "/");
		size_t length = strcspn(name, "/");
		_cleanup_free_ char *copy = xstrndup(name, length);

		memmove(walk->rest, name + length, strlen(name + length) + 1);
		if (length > 0 && strcmp(copy, ".") != 0)
			r = walk_down(walk, copy);
	}
	return r;
}

/* The path from the root, as the kernel would take it. */
static char *walk_whole_path(const char *path)
{
	char here[PATH_MAX];

	if (path[0] == '/')
		return xstrdup(path);
	return getcwd(here, sizeof(here)) ? xasprintf("%s/%s", here, path) : NULL;
}

int foreign_path_open(const char *path, enum foreign_trust trust, char *ret_why)
{
	struct walk walk = {.trust = trust, .fd = -1, .why = ret_why};
	int r;

	if (ret_why)
		ret_why[0] = '\0';
	if (!path[0])
		return -ENOENT;
	walk.rest = walk_whole_path(path);
	if (!walk.rest)
		return -ENOENT;
	r = walk_to_end(&walk);
	free(walk.rest);
	if (r == 0)
		return walk.fd;
	if (walk.fd >= 0)
		close(walk.fd);
	return r;
}

int foreign_file_open(const char *path, enum foreign_trust trust, uint64_t max_bytes, char *ret_why)
{
	_cleanup_close_ int place = foreign_path_open(path, trust, ret_why);
	const struct walk walk = {.why = ret_why};
	struct stat file;
	char link[64], what[96];
	int fd;

	if (place < 0)
		return place;
	if (fstat(place, &file) < 0)
		return -errno;
	if (!S_ISREG(file.st_mode))
		return walk_refuse(&walk, -EINVAL, place, "", "is not a regular file");
	if ((uint64_t)file.st_size > max_bytes) {
		snprintf(what, sizeof(what), "has %llu bytes; allowed: %llu",
			 (unsigned long long)file.st_size, (unsigned long long)max_bytes);
		return walk_refuse(&walk, -EFBIG, place, "", what);
	}
	/* the same file: another open(2) by name could find another one */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int foreign_file_open_end(const char *path, mode_t mode)
{
	const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *above =
		slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	_cleanup_close_ int folder = foreign_path_open(above, FOREIGN_OF_ANYBODY, NULL), place = -1;
	char link[64];
	int fd;

	if (folder < 0)
		return folder;
	fd = openat(folder, slash ? slash + 1 : path, flags | O_CREAT | O_NOFOLLOW, mode);
	if (fd >= 0 || errno != ELOOP)
		return fd < 0 ? -errno : fd;
	place = foreign_path_open(path, FOREIGN_OF_ANYBODY, NULL);
	if (place < 0)
		return place;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", place);
	fd = open(link, flags);
	return fd < 0 ? -errno : fd;
}

int foreign_file_read(int fd, size_t max_bytes, char **ret_text, size_t *ret_bytes)
{
	size_t used = 0, capacity = FIRST_READ;
	struct stat file;
	char *text;

	/* all at once where the size is known: no copies stay behind in the heap */
	if (fstat(fd, &file) == 0 && file.st_size > 0)
		capacity = (uint64_t)file.st_size < max_bytes ? (size_t)file.st_size : max_bytes;
	text = xmalloc(capacity + 1);
	for (;;) {
		ssize_t n = read(fd, text + used, capacity + 1 - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || used + (size_t)n > max_bytes) {
			int r = n < 0 ? -errno : n > 0 ? -EFBIG : 0;

			if (r < 0) {
				explicit_bzero(text, capacity + 1);
				free(text);
				return r;
			}
			text[used] = '\0';
			*ret_text = text;
			*ret_bytes = used;
			return 0;
		}
		used += (size_t)n;
		if (used > capacity) { /* it has grown meanwhile */
			char *larger = xmalloc(2 * capacity + 1);

			memcpy(larger, text, used);
			explicit_bzero(text, capacity + 1);
			free(text);
			text = larger;
			capacity *= 2;
		}
	}
}
