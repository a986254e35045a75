/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of Dovecot 2.3 that say which database or directory server is asked.
 *
 * They hold passwords, too. Of each line only the words after host and port are kept; the rest is
 * wiped.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "discover/dovecot/dovecot.h"

/* Value of `name = value` in a line, or NULL; cuts trailing blanks off. */
static char *line_value(char *line, const char *name)
{
	size_t len = strlen(name);
	char *end = line + strlen(line);

	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	line += strspn(line, " \t");
	if (strncmp(line, name, len) != 0)
		return NULL;
	line += len;
	line += strspn(line, " \t");
	if (*line != '=')
		return NULL;
	line++;
	return line + strspn(line, " \t");
}

/* Words of `connect`: host=... port=... user=... password=... */
static void read_connect(const char *connect, struct database_file *file)
{
	for (const char *at = connect; *at;) {
		size_t len = strcspn(at, " \t");

		if (strncmp(at, "host=", 5) == 0)
			strlist_addf(&file->hosts, "%.*s", (int)len - 5, at + 5);
		else if (strncmp(at, "port=", 5) == 0 && len - 5 < sizeof(file->port))
			snprintf(file->port, sizeof(file->port), "%.*s", (int)len - 5, at + 5);
		at += len + strspn(at + len, " \t");
	}
}

static void read_line(char *line, struct database_file *file)
{
	const char *driver = line_value(line, "driver"), *connect = line_value(line, "connect");
	const char *uris = line_value(line, "uris"), *hosts = line_value(line, "hosts");

	if (driver)
		snprintf(file->driver, sizeof(file->driver), "%s", driver);
	if (connect && connect[0] == '/' && !file->path)
		file->path = xstrndup(connect, strcspn(connect, " \t"));
	else if (connect)
		read_connect(connect, file);
	if (uris || hosts)
		strlist_add(&file->servers, uris ? uris : hosts);
}

void database_file_read(const char *path, struct database_file *ret)
{
	FILE *stream = fopen(path, "re");
	char line[4096], buffer[4096];
	struct database_file file = {};

	if (stream)
		setvbuf(stream, buffer, _IOFBF, sizeof(buffer));
	while (stream && fgets(line, sizeof(line), stream))
		read_line(line, &file);
	if (stream)
		fclose(stream);
	explicit_bzero(line, sizeof(line));
	explicit_bzero(buffer, sizeof(buffer));
	*ret = file;
}

void database_file_done(struct database_file *file)
{
	free(file->path);
	strlist_done(&file->hosts);
	strlist_done(&file->servers);
}
