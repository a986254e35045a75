/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings files of other programs, line by line, opened by base/foreign_file.h.
 *
 * They hold passwords, too: the text is wiped when it was looked at.
 */
#ifndef WAX_DISCOVER_SETTINGS_FILE_H
#define WAX_DISCOVER_SETTINGS_FILE_H

#include <stdbool.h>

#include "base/foreign_file.h"
#include "base/strlist.h"

#define SETTINGS_FILE_BYTES (1 << 20) /* a larger file is no settings file */

/*
 * Calls take with each line, which it may change: without its end and the blanks before it. Returns 0 or
 * -errno. Why a file that exists was not read is added to problems.
 */
int settings_file_each_line(const char *path, enum foreign_trust trust,
			    void (*take)(void *context, char *line), void *context,
			    struct strlist *problems);

/*
 * Cuts "NAME SEPARATOR VALUE" in two, without blanks around either. A blank as separator stands for any
 * number of them. False for a comment (#) and for a line without the separator.
 */
bool setting_cut(char *line, char separator, char **ret_name, char **ret_value);

/* Value of the last line that sets name, or "" when there is none or the file cannot be read; owned. */
char *settings_file_value(const char *path, const char *name, char separator,
			  struct strlist *problems);

#endif
