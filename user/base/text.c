/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By the Unicode Character Database: categories Cc, Cf, Zl and Zp, what is ignorable by default
 * (variation selectors, tags, fillers that look like nothing), and what is no character.
 */
#include "base/text.h"

#include <string.h>

#include "base/mem.h"

struct text_range {
	uint32_t first, last;
};

/* Ascending. Of each plane, the last two points are no characters: that is computed. */
static const struct text_range hidden[] = {
	{0x00, 0x1f},	    {0x7f, 0x9f},	{0xad, 0xad},	    {0x34f, 0x34f},
	{0x600, 0x605},	    {0x61c, 0x61c},	{0x6dd, 0x6dd},	    {0x70f, 0x70f},
	{0x890, 0x891},	    {0x8e2, 0x8e2},	{0x115f, 0x1160},   {0x17b4, 0x17b5},
	{0x180b, 0x180f},   {0x200b, 0x200f},	{0x2028, 0x202e},   {0x2060, 0x206f},
	{0x3164, 0x3164},   {0xfdd0, 0xfdef},	{0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
	{0xffa0, 0xffa0},   {0xfff0, 0xfffb},	{0x110bd, 0x110bd}, {0x110cd, 0x110cd},
	{0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

size_t text_decode(const char *text, size_t left, uint32_t *ret_point)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = bytes[0] < 0x80	   ? 1
			: bytes[0] >= 0xf8 ? 0
			: bytes[0] >= 0xf0 ? 4
			: bytes[0] >= 0xe0 ? 3
			: bytes[0] >= 0xc0 ? 2
					   : 0;
	uint32_t point;

	if (length == 0 || length > left)
		return 0;
	point = length == 1 ? bytes[0] : bytes[0] & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (bytes[i] & 0x3f);
	}
	if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	*ret_point = point;
	return length;
}

static bool text_point_is_hidden(uint32_t point)
{
	size_t low = 0, high = ARRAY_LENGTH(hidden);

	if ((point & 0xfffe) == 0xfffe)
		return true;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (point > hidden[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ARRAY_LENGTH(hidden) && point >= hidden[low].first;
}

size_t text_plain_length(const char *text, size_t left)
{
	uint32_t point;
	size_t length;

	if (*text >= 0x20 && *text < 0x7f)
		return 1;
	length = text_decode(text, left, &point);
	return length && !text_point_is_hidden(point) ? length : 0;
}

void text_escape_byte(unsigned char byte, char *ret)
{
	static const char digits[] = "0123456789abcdef";

	ret[0] = '\\';
	ret[1] = 'x';
	ret[2] = digits[byte >> 4];
	ret[3] = digits[byte & 15];
}

bool text_is_utf8(const char *text)
{
	const char *end = text + strlen(text);
	uint32_t point;

	while (text < end) {
		size_t length = text_decode(text, (size_t)(end - text), &point);

		if (!length)
			return false;
		text += length;
	}
	return true;
}

bool text_is_printable(const char *text)
{
	const char *end = text + strlen(text);

	while (text < end) {
		size_t length = text_plain_length(text, (size_t)(end - text));

		if (!length)
			return false;
		text += length;
	}
	return true;
}

void text_escape(const char *text, char *ret, size_t size)
{
	const char *end = text + strlen(text);
	uint32_t point;

	while (text < end) {
		size_t plain = text_plain_length(text, (size_t)(end - text)), length = plain;

		if (!plain)
			length = text_decode(text, (size_t)(end - text), &point);
		if (!length)
			length = 1;
		if ((plain ? plain : length * TEXT_ESCAPE_BYTES) >= size)
			break;
		for (size_t i = 0; i < length; i++, text++) {
			size_t bytes = plain ? 1 : TEXT_ESCAPE_BYTES;

			if (plain)
				*ret = *text;
			else
				text_escape_byte((unsigned char)*text, ret);
			ret += bytes;
			size -= bytes;
		}
	}
	if (size)
		*ret = '\0';
}
