/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tab-separated text, line by line, with nothing in it that is not text. */
#ifndef WAX_CLI_LINE_READER_H
#define WAX_CLI_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define LINE_READER_BYTES 8190

/* Needs no call but initialisation with its file, which stays the caller's. */
struct line_reader {
	FILE *file;
	size_t at, used;
	bool is_over; /* nothing more comes from the file */
	char bytes[1 << 16];
	char escaped[LINE_READER_BYTES + 1]; /* the line at hand, when it hid something */
};

/* Reads a line without its end; it lives until the next call. Returns 1, 0 at the end of the file,
 * or -EINVAL with what is wrong in ret_wrong (static): too long, an unreadable file, a control
 * character, not UTF-8. */
int line_reader_read(struct line_reader *reader, char **ret_text, const char **ret_wrong);

/* Cuts text at its tabs in place. Returns the number of fields, of which the first `most` are in
 * ret_fields. */
size_t line_reader_split(char *text, char **ret_fields, size_t most);

#endif
