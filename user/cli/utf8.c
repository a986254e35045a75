/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Account names come from strangers. They arrive as text that is safe to show, but a table must not
 * depend on that: a daemon of an earlier version escaped less.
 */
#include "cli/utf8.h"

#include <string.h>
#include <wchar.h>

#include "base/text.h"

size_t utf8_next(const char *text, bool *ret_is_escaped, unsigned int *ret_columns)
{
	uint32_t point = 0;
	size_t left = strnlen(text, 4), length = text_decode(text, left, &point);
	int columns;

	*ret_is_escaped = text_plain_length(text, left) == 0;
	if (*ret_is_escaped) {
		*ret_columns = TEXT_ESCAPE_BYTES;
		return 1;
	}
	columns = point < 0x80 ? 1 : wcwidth((wchar_t)point);
	*ret_columns = columns < 0 ? 1 : (unsigned int)columns;
	return length;
}

unsigned int utf8_width(const char *text)
{
	unsigned int width = 0, columns;
	bool is_escaped;

	while (*text) {
		text += utf8_next(text, &is_escaped, &columns);
		width += columns;
	}
	return width;
}

unsigned int utf8_print(FILE *out, const char *text, unsigned int width)
{
	bool cut = utf8_width(text) > width, is_escaped;
	unsigned int limit = cut ? width - 1 : width, written = 0, columns;
	char escape[TEXT_ESCAPE_BYTES];
	size_t length;

	if (width == 0)
		return 0;
	for (; *text; text += length) {
		length = utf8_next(text, &is_escaped, &columns);
		if (written + columns > limit)
			break;
		if (is_escaped)
			text_escape_byte((unsigned char)*text, escape);
		fwrite(is_escaped ? escape : text, 1, is_escaped ? sizeof(escape) : length, out);
		written += columns;
	}
	if (cut)
		fputs("…", out);
	return written + cut;
}
