/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that is safe to show: UTF-8 of which every character is seen as what it is. Whatever is not,
 * because it is not UTF-8, steers a terminal or hides, is written as \xNN, byte by byte. That is
 * decided here for names of accounts, paths, the log, tables and documents alike.
 *
 * A backslash is itself. So a client that types the four characters \x1b gets the same name as one
 * that sends the byte: such names never belong to anybody, and CORP\alice must stay what it is.
 */
#ifndef WAX_BASE_TEXT_H
#define WAX_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_ESCAPE_BYTES 4 /* \xNN */

/* Bytes of the UTF-8 character at text (RFC 3629), 1 to 4; 0 when it is none. left: at least 1. */
size_t text_decode(const char *text, size_t left, uint32_t *ret_point);
/* Bytes of the character at text when it may stand as it is; 0 when it must be escaped. */
size_t text_plain_length(const char *text, size_t left);
/* Writes TEXT_ESCAPE_BYTES, without a NUL. */
void text_escape_byte(unsigned char byte, char *ret);

bool text_is_utf8(const char *text);
bool text_is_printable(const char *text);
/* Appends a NUL; cuts before what does not fit. 4 * strlen(text) + 1 always suffices. */
void text_escape(const char *text, char *ret, size_t size);

#endif
