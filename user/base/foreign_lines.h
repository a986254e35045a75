/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of a file that somebody else wrote, a step at a time: no step reads more than one buffer, however
 * long a line is, and the file has the end that it had when it was opened.
 */
#ifndef WAX_BASE_FOREIGN_LINES_H
#define WAX_BASE_FOREIGN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOREIGN_LINE_BYTES 4096
#define FOREIGN_LINES_BYTES (UINT64_C(4) << 30) /* a larger file is refused */

struct foreign_lines;

enum foreign_line_step {
	FOREIGN_LINE_ONE,
	FOREIGN_LINE_LONG, /* one that is longer than FOREIGN_LINE_BYTES; it is skipped */
	FOREIGN_LINE_NONE, /* not yet */
	FOREIGN_LINE_END,
	FOREIGN_LINE_BROKEN, /* cannot be read; ret_length is the errno */
};

/* Returns 0 or -errno; ret_why as with foreign_file_open(). */
int foreign_lines_open(const char *path, char *ret_why, struct foreign_lines **ret);
/* The line is without its end and with a NUL behind it; it is valid, and may be changed, until the next step. */
enum foreign_line_step foreign_lines_step(struct foreign_lines *lines, char **ret_line,
					  size_t *ret_length);
void foreign_lines_close(struct foreign_lines *lines);

#endif
