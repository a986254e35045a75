/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file is read as a whole into one buffer: no line can be too long, so no tail of one is taken for
 * another setting, and there is one place to wipe.
 */
#include "discover/settings_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BLANKS " \t\r\n\v\f"

static void trim_end(char *text)
{
	size_t end = strlen(text);

	while (end > 0 && strchr(BLANKS, text[end - 1]))
		text[--end] = '\0';
}

static int settings_file_read(const char *path, enum foreign_trust trust, char **ret_text,
			      size_t *ret_bytes, char *ret_why)
{
	_cleanup_close_ int fd = foreign_file_open(path, trust, SETTINGS_FILE_BYTES, ret_why);

	return fd < 0 ? fd : foreign_file_read(fd, SETTINGS_FILE_BYTES, ret_text, ret_bytes);
}

int settings_file_each_line(const char *path, enum foreign_trust trust,
			    void (*take)(void *context, char *line), void *context,
			    struct strlist *problems)
{
	char why[FOREIGN_FILE_WHY_BYTES] = "", *text;
	size_t bytes;
	int r = settings_file_read(path, trust, &text, &bytes, why);

	if (r < 0 && r != -ENOENT && why[0])
		strlist_addf(problems, "%s is not read: %s", path, why);
	else if (r < 0 && r != -ENOENT)
		strlist_addf(problems, "%s cannot be read: %s", path, strerror(-r));
	if (r < 0)
		return r;
	/* not by strsep(3), for which a NUL byte in a line would end the file */
	for (char *line = text, *end; line < text + bytes; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + bytes - line));
		if (!end)
			end = text + bytes;
		*end = '\0';
		trim_end(line);
		take(context, line);
	}
	explicit_bzero(text, bytes);
	free(text);
	return 0;
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

char *settings_file_value(const char *path, const char *name, char separator,
			  struct strlist *problems)
{
	struct wanted_setting wanted = {.name = name, .separator = separator};

	(void)settings_file_each_line(path, FOREIGN_OF_ANYBODY, take_wanted_setting, &wanted,
				      problems);
	return wanted.value ? wanted.value : xstrdup("");
}
