/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 text as it stands on a terminal: its width in columns, and nothing that steers it. */
#ifndef WAX_CLI_UTF8_H
#define WAX_CLI_UTF8_H

#include <stddef.h>
#include <stdio.h>

/* Reads one code point at text (not at its NUL). Returns its bytes, at least 1. Bytes that are not
 * UTF-8, controls and bidirectional overrides come out as '?'. */
size_t utf8_next(const char *text, unsigned int *ret_point, unsigned int *ret_columns);

unsigned int utf8_width(const char *text);
/* Writes text in at most width columns, with an ellipsis when it was cut; returns the columns. */
unsigned int utf8_print(FILE *out, const char *text, unsigned int width);

#endif
