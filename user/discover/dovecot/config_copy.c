/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dovecot takes an included file as if it stood in the place of its line. Nothing else of the syntax matters
 * here but that a line may go on after a backslash.
 */
#include "discover/dovecot/config_copy.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/foreign_file.h"
#include "base/mem.h"

#define FILE_BYTES (1 << 20)
#define COPY_BYTES (4 << 20)
#define INCLUDES 16 /* deep */
#define BLANKS " \t\r"

struct config_copy {
	FILE *text;
	size_t bytes;
	bool is_needed;	 /* a file that a program without capabilities cannot read */
	bool is_believed; /* all of them are root's */
	bool is_of_root;  /* and lie where only root writes: anybody makes a process of root's say anything in /proc */
};

static int config_copy_add_file(struct config_copy *copy, const char *path, unsigned int depth);

static int config_copy_write(struct config_copy *copy, const char *line, size_t length)
{
	copy->bytes += length + 1;
	if (copy->bytes > COPY_BYTES)
		return -EFBIG;
	return fwrite(line, 1, length, copy->text) == length && putc('\n', copy->text) != EOF
		       ? 0
		       : -EIO;
}

/* By its mode; as one of a group one may read more, which is not counted on. */
static bool config_copy_may_use(const struct stat *file, mode_t owner, mode_t others)
{
	return file->st_mode & (file->st_uid == geteuid() ? owner : others);
}

static bool config_copy_may_reach(const char *path)
{
	_cleanup_free_ char *folder = xstrdup(path);
	struct stat status;
	char *slash;

	while ((slash = strrchr(folder, '/')) && slash != folder) {
		*slash = '\0';
		if (stat(folder, &status) < 0 || !config_copy_may_use(&status, S_IXUSR, S_IXOTH))
			return false;
	}
	return true;
}

/* The pattern of "!include X" or "!include_try X"; owned, NULL for any other line. */
static char *config_copy_included(const char *line, size_t length)
{
	_cleanup_free_ char *copy = xstrndup(line, length);
	char *at = copy + strspn(copy, BLANKS), *pattern, *end;

	if (strncmp(at, "!include", 8) != 0)
		return NULL;
	at += 8;
	if (strncmp(at, "_try", 4) == 0)
		at += 4;
	pattern = at + strspn(at, BLANKS);
	if (pattern == at || !*pattern)
		return NULL;
	end = pattern + strlen(pattern);
	while (strchr(BLANKS, end[-1]))
		*--end = '\0';
	if (*pattern == '"' && end > pattern + 1 && end[-1] == '"') {
		end[-1] = '\0';
		pattern++;
	}
	return xstrdup(pattern);
}

static int config_copy_add_included(struct config_copy *copy, const char *from, const char *line,
				    size_t length, unsigned int depth)
{
	_cleanup_free_ char *pattern = config_copy_included(line, length);
	_cleanup_free_ char *path = NULL;
	glob_t files;
	int r;

	if (pattern[0] == '/')
		path = xstrdup(pattern);
	else
		path = xasprintf("%.*s/%s", (int)(strrchr(from, '/') - from), from, pattern);
	r = glob(path, GLOB_BRACE, NULL, &files);
	/* doveconf says what it thinks of a file that is not there */
	if (r == GLOB_NOMATCH)
		return strpbrk(pattern, "*?[{") ? 0 : config_copy_write(copy, line, length);
	if (r != 0)
		return -EIO;
	for (size_t i = 0; r == 0 && i < files.gl_pathc; i++)
		r = config_copy_add_file(copy, files.gl_pathv[i], depth + 1);
	globfree(&files);
	return r;
}

static int config_copy_add_text(struct config_copy *copy, const char *from, const char *text,
				size_t bytes, unsigned int depth)
{
	const char *end = text + bytes;
	bool goes_on = false;
	int r = 0;

	while (r == 0 && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((newline ? newline : end) - text);
		_cleanup_free_ char *pattern = goes_on ? NULL : config_copy_included(text, length);

		goes_on = length > 0 && text[length - 1] == '\\';
		r = pattern ? config_copy_add_included(copy, from, text, length, depth)
			    : config_copy_write(copy, text, length);
		text += length + 1;
	}
	return r;
}

/* In the file system of /etc, of this host or of a test's. */
static bool config_copy_lies_in_etc(int fd)
{
	char place[PATH_MAX];
	struct stat file, folder;
	char *etc;

	if (foreign_file_place(fd, place, sizeof(place)) < 0 || fstat(fd, &file) < 0)
		return false;
	etc = strstr(place, "/etc/");
	if (!etc)
		return false;
	etc[4] = '\0';
	return stat(place, &folder) == 0 && folder.st_dev == file.st_dev;
}

static int config_copy_add_file(struct config_copy *copy, const char *path, unsigned int depth)
{
	_cleanup_close_ int fd = foreign_file_open(path, FOREIGN_OF_ANYBODY, FILE_BYTES, NULL);
	_cleanup_close_ int believed = foreign_path_open(path, FOREIGN_OF_ROOT, NULL);
	struct stat file;
	size_t bytes;
	char *text;
	int r;

	if (depth > INCLUDES)
		return -ELOOP;
	if (fd < 0)
		return fd;
	if (fstat(fd, &file) < 0)
		return -errno;
	copy->is_needed |= !config_copy_may_use(&file, S_IRUSR, S_IROTH) ||
			   !config_copy_may_reach(path);
	copy->is_believed &= believed >= 0 &&
			     (!copy->is_of_root || config_copy_lies_in_etc(believed));
	r = foreign_file_read(fd, FILE_BYTES, &text, &bytes);
	if (r < 0)
		return r;
	r = config_copy_add_text(copy, path, text, bytes, depth);
	explicit_bzero(text, bytes);
	free(text);
	return r;
}

int config_copy_open(const char *path, bool of_root)
{
	_cleanup_close_ int fd = memfd_create("dovecot.conf", MFD_CLOEXEC), own = -1;
	struct config_copy copy = {.is_believed = true, .is_of_root = of_root};
	char buffer[BUFSIZ];
	int r;

	if (fd < 0 || fchmod(fd, 0600) < 0)
		return -errno;
	own = dup(fd);
	copy.text = own < 0 ? NULL : fdopen(own, "w");
	if (!copy.text)
		return -errno;
	own = -1;
	(void)setvbuf(copy.text, buffer, _IOFBF, sizeof(buffer));
	r = config_copy_add_file(&copy, path, 0);
	if (fclose(copy.text) != 0 && r == 0)
		r = -EIO;
	explicit_bzero(buffer, sizeof(buffer));
	if (r == 0 && !copy.is_believed && (copy.is_needed || of_root))
		r = -EPERM;
	if ((r == -ENOENT && !of_root) || (r == 0 && !copy.is_needed))
		return -ENODATA;
	return r < 0 ? r : take_fd(fd);
}
