/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text as it stands on a terminal: its width in columns, and nothing that steers it. */
#ifndef WAX_CLI_UTF8_H
#define WAX_CLI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The bytes of one character at text (not at its NUL), at least 1. What must not stand on a
 * terminal (base/text.h) is written as \xNN, byte by byte. */
size_t utf8_next(const char *text, bool *ret_is_escaped, unsigned int *ret_columns);

unsigned int utf8_width(const char *text);
/* Writes text in at most width columns, with an ellipsis when it was cut; returns the columns. */
unsigned int utf8_print(FILE *out, const char *text, unsigned int width);

#endif
