/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/foreign_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/foreign_file.h"
#include "base/mem.h"

struct foreign_lines {
	int fd;
	uint64_t left; /* of the file */
	size_t at, used;
	bool is_long; /* the beginning of the line was dropped */
	char buffer[2 * FOREIGN_LINE_BYTES + 1];
};

int foreign_lines_open(const char *path, char *ret_why, struct foreign_lines **ret)
{
	int fd = foreign_file_open(path, FOREIGN_OF_ANYBODY, FOREIGN_LINES_BYTES, ret_why);
	struct foreign_lines *lines;
	struct stat file;

	if (fd < 0)
		return fd;
	if (fstat(fd, &file) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	lines = xcalloc(1, sizeof(*lines));
	lines->fd = fd;
	lines->left = (uint64_t)file.st_size;
	*ret = lines;
	return 0;
}

void foreign_lines_close(struct foreign_lines *lines)
{
	if (!lines)
		return;
	close(lines->fd);
	free(lines);
}

/* Ends the line at `length` and steps over it. */
static enum foreign_line_step foreign_lines_take(struct foreign_lines *lines, size_t length,
						 char **ret_line, size_t *ret_length)
{
	bool is_long = lines->is_long || length >= FOREIGN_LINE_BYTES;

	*ret_line = lines->buffer + lines->at;
	*ret_length = length;
	(*ret_line)[length] = '\0';
	lines->at += length + 1;
	if (lines->at > lines->used)
		lines->at = lines->used; /* the last one, without its end */
	lines->is_long = false;
	return is_long ? FOREIGN_LINE_LONG : FOREIGN_LINE_ONE;
}

enum foreign_line_step foreign_lines_step(struct foreign_lines *lines, char **ret_line,
					  size_t *ret_length)
{
	size_t unread = lines->used - lines->at, room;
	char *end = memchr(lines->buffer + lines->at, '\n', unread);
	ssize_t n;

	if (end)
		return foreign_lines_take(lines, (size_t)(end - lines->buffer) - lines->at, ret_line,
					  ret_length);
	memmove(lines->buffer, lines->buffer + lines->at, unread);
	lines->at = 0;
	lines->used = unread;
	if (lines->used >= FOREIGN_LINE_BYTES) {
		lines->is_long = true;
		lines->used = 0;
	}
	room = sizeof(lines->buffer) - 1 - lines->used;
	n = read(lines->fd, lines->buffer + lines->used, lines->left < room ? lines->left : room);
	if (n < 0 && errno != EINTR) {
		*ret_length = (size_t)errno;
		return FOREIGN_LINE_BROKEN;
	}
	if (n > 0) {
		lines->used += (size_t)n;
		lines->left -= (uint64_t)n;
	}
	if (n == 0 && (lines->used > 0 || lines->is_long))
		return foreign_lines_take(lines, lines->used, ret_line, ret_length);
	return n == 0 ? FOREIGN_LINE_END : FOREIGN_LINE_NONE;
}
