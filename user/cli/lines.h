/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tab-separated text, line by line, with nothing in it that is not text. */
#ifndef WAX_CLI_LINES_H
#define WAX_CLI_LINES_H

#include <stddef.h>
#include <stdio.h>

/* Reads a line without its end. Returns 1, 0 at the end of the file, or -EINVAL with what is wrong
 * in ret_wrong (static): too long, an unreadable file, a control character, not UTF-8. */
int lines_read(FILE *file, char *ret_text, size_t size, const char **ret_wrong);

/* Cuts text at its tabs in place. Returns the number of fields, of which the first `most` are in
 * ret_fields. */
size_t lines_split(char *text, char **ret_fields, size_t most);

#endif
