/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Account names come from strangers. They arrive without control characters, but a table must not
 * depend on that: what could move the cursor or turn the writing direction is shown as '?'.
 */
#include "cli/utf8.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>

static size_t utf8_sequence_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	if (first >= 0xf0 && first < 0xf5)
		return 4;
	return 0;
}

/* Returns the bytes of a well-formed sequence, or 0. */
static size_t utf8_decode(const char *text, unsigned int *ret_point)
{
	static const unsigned int smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = utf8_sequence_length(*text);
	unsigned int point = (unsigned char)*text;

	if (length > 1)
		point &= 0x7f >> length;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3f);
	}
	if (length == 0 || point < smallest[length] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return length;
}

static bool utf8_is_control(unsigned int point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x200e ||
	       point == 0x200f || point == 0x2028 || point == 0x2029 || point == 0x061c ||
	       (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

size_t utf8_next(const char *text, unsigned int *ret_point, unsigned int *ret_columns)
{
	unsigned int point = 0;
	size_t length = utf8_decode(text, &point);
	int columns;

	if (length == 0 || utf8_is_control(point)) {
		*ret_point = '?';
		*ret_columns = 1;
		return length ? length : 1;
	}
	columns = point < 0x80 ? 1 : wcwidth((wchar_t)point);
	*ret_point = point;
	*ret_columns = columns < 0 ? 1 : columns;
	return length;
}

unsigned int utf8_width(const char *text)
{
	unsigned int width = 0, point, columns;

	while (*text) {
		text += utf8_next(text, &point, &columns);
		width += columns;
	}
	return width;
}

unsigned int utf8_print(FILE *out, const char *text, unsigned int width)
{
	bool cut = utf8_width(text) > width;
	unsigned int limit = cut ? width - 1 : width, written = 0, point, columns;
	size_t length;

	if (width == 0)
		return 0;
	for (; *text; text += length) {
		length = utf8_next(text, &point, &columns);
		if (written + columns > limit)
			break;
		if (point == '?')
			fputc('?', out);
		else
			fwrite(text, 1, length, out);
		written += columns;
	}
	if (cut)
		fputs("…", out);
	return written + cut;
}
