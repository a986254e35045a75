/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file is read as a whole into one buffer: no line can be too long, so no tail of one is taken for
 * another setting, and there is one place to wipe.
 */
#include "discover/settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define BLANKS " \t\r\n\v\f"

/* Returns a descriptor or -errno. A FIFO or a device must not make us wait. */
static int settings_file_open(const char *path, size_t *ret_bytes)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat file;

	if (fd < 0 || fstat(fd, &file) < 0)
		return -errno;
	if (!S_ISREG(file.st_mode))
		return -EINVAL;
	if (file.st_size > SETTINGS_FILE_BYTES)
		return -EFBIG;
	*ret_bytes = (size_t)file.st_size;
	return take_fd(fd);
}

/* What the file has now, at most as much as it had when it was opened. */
static int settings_file_read(int fd, char *text, size_t *bytes)
{
	size_t used = 0;

	while (used < *bytes) {
		ssize_t n = read(fd, text + used, *bytes - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	*bytes = used;
	return 0;
}

static void trim_end(char *text)
{
	size_t end = strlen(text);

	while (end > 0 && strchr(BLANKS, text[end - 1]))
		text[--end] = '\0';
}

int settings_file_each_line(const char *path, void (*take)(void *context, char *line),
			    void *context)
{
	_cleanup_close_ int fd = -1;
	size_t capacity = 0, bytes;
	char *text;
	int r;

	fd = settings_file_open(path, &capacity);
	if (fd < 0)
		return fd;
	text = xcalloc(capacity + 1, 1);
	bytes = capacity;
	r = settings_file_read(fd, text, &bytes);
	/* not by strsep(3), for which a NUL byte in a line would end the file */
	for (char *line = text, *end; r == 0 && line < text + bytes; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + bytes - line));
		if (!end)
			end = text + bytes;
		*end = '\0';
		trim_end(line);
		take(context, line);
	}
	explicit_bzero(text, capacity);
	free(text);
	return r;
}

bool setting_cut(char *line, char separator, char **ret_name, char **ret_value)
{
	char *name = line + strspn(line, BLANKS);
	char *end = separator == ' ' ? name + strcspn(name, BLANKS) : strchr(name, separator);

	if (*name == '#' || *name == '\0' || !end || *end == '\0' || end == name)
		return false;
	*end = '\0';
	trim_end(name);
	*ret_name = name;
	*ret_value = end + 1 + strspn(end + 1, BLANKS);
	return true;
}

struct wanted_setting {
	const char *name;
	char separator;
	char *value;
};

static void take_wanted_setting(void *context, char *line)
{
	struct wanted_setting *wanted = context;
	char *name, *value;

	if (!setting_cut(line, wanted->separator, &name, &value) ||
	    strcmp(name, wanted->name) != 0)
		return;
	free(wanted->value);
	wanted->value = xstrdup(value);
}

char *settings_file_value(const char *path, const char *name, char separator)
{
	struct wanted_setting wanted = {.name = name, .separator = separator};

	(void)settings_file_each_line(path, take_wanted_setting, &wanted);
	return wanted.value ? wanted.value : xstrdup("");
}
