/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings files of other programs, line by line.
 *
 * They hold passwords, too: the text is wiped when it was looked at. A file is opened once, must be a regular
 * file of a bounded size, and is never waited for.
 */
#ifndef WAX_DISCOVER_SETTINGS_FILE_H
#define WAX_DISCOVER_SETTINGS_FILE_H

#include <stdbool.h>

#define SETTINGS_FILE_BYTES (1 << 20) /* a larger file is no settings file */

/*
 * Calls take with each line, which it may change: without its end and the blanks before it. Returns 0 or
 * -errno; -EINVAL: not a regular file, -EFBIG: longer than SETTINGS_FILE_BYTES.
 */
int settings_file_each_line(const char *path, void (*take)(void *context, char *line),
			    void *context);

/*
 * Cuts "NAME SEPARATOR VALUE" in two, without blanks around either. A blank as separator stands for any
 * number of them. False for a comment (#) and for a line without the separator.
 */
bool setting_cut(char *line, char separator, char **ret_name, char **ret_value);

/* Value of the last line that sets name, or "" when there is none or the file cannot be read; owned. */
char *settings_file_value(const char *path, const char *name, char separator);

#endif
