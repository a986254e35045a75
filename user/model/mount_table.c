/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc_pid_mountinfo(5): "27 1 254:0 / /srv/mail rw - ext4 /dev/vda rw". The third field is the
 * device, the fourth what of the file system is mounted, the fifth where. Blanks are \040 there.
 */
#include "model/mount_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 4096

/* In place: \ooo becomes the byte. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] && from[3]) {
			char digits[4] = {from[1], from[2], from[3]};

			*to = (char)strtoul(digits, NULL, 8);
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* What of path lies below root; NULL when it does not lie there. */
static const char *below(const char *path, const char *root)
{
	size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);

	return strncmp(path, root, len) == 0 && path[len] == '/' ? path + len : NULL;
}

int mount_table_path(const char *table, uint32_t major, uint32_t minor, const char *path,
		     char *ret_path, size_t size)
{
	char root[PATH_BYTES], point[PATH_BYTES];

	for (const char *line = table; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		unsigned int line_major, line_minor;
		const char *rest;

		if (sscanf(line, "%*u %*u %u:%u %4095s %4095s", &line_major, &line_minor, root,
			   point) != 4 ||
		    line_major != major || line_minor != minor)
			continue;
		unescape(root);
		unescape(point);
		rest = below(path, root);
		if (!rest)
			continue;
		(void)snprintf(ret_path, size, "%s%s", strcmp(point, "/") == 0 ? "" : point, rest);
		return 0;
	}
	return -ENOENT;
}
