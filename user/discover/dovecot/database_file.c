/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of Dovecot 2.3 that say which database or directory server is asked. Of each line only the
 * words after host and port are kept: the others may be a password. */
#include "discover/dovecot/database_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "discover/settings_file.h"

/* Words of `connect`: host=... port=... user=... password=... */
static void database_file_take_connect(const char *connect, struct database_file *file)
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

static void database_file_take_line(void *context, char *line)
{
	struct database_file *file = context;
	char *name, *value;

	if (!setting_cut(line, '=', &name, &value))
		return;
	if (strcmp(name, "driver") == 0)
		snprintf(file->driver, sizeof(file->driver), "%s", value);
	else if (strcmp(name, "connect") == 0 && value[0] == '/' && !file->path)
		file->path = xstrndup(value, strcspn(value, " \t"));
	else if (strcmp(name, "connect") == 0)
		database_file_take_connect(value, file);
	else if (strcmp(name, "uris") == 0 || strcmp(name, "hosts") == 0)
		strlist_add(&file->servers, value);
}

void database_file_read(const char *path, struct database_file *ret, struct strlist *problems)
{
	struct database_file file = {};

	(void)settings_file_each_line(path, FOREIGN_OF_ANYBODY, database_file_take_line, &file,
				      problems);
	*ret = file;
}

void database_file_done(struct database_file *file)
{
	free(file->path);
	strlist_done(&file->hosts);
	strlist_done(&file->servers);
}
