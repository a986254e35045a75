/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings of a snapshot are printable UTF-8: this is where text from a file is checked for it. */
#include "cli/line_reader.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include "base/text.h"

/* 0 when the line is refused. */
static size_t line_reader_character(const char *text)
{
	uint32_t point = 0;
	size_t length = *text == '\t' ? 1 : text_decode(text, strnlen(text, 4), &point);

	return length && *text != '\t' && (point < 0x20 || (point >= 0x7f && point < 0xa0)) ? 0
										    : length;
}

/* Nearly every line is nothing but ASCII. Characters that hide were text for earlier versions, and
 * are in their traces: they are escaped, as the sensors do today. */
static bool line_reader_make_printable(struct line_reader *reader, char **text)
{
	const char *at = *text;
	size_t used = 0, length;

	while ((*at >= 0x20 && *at < 0x7f) || *at == '\t')
		at++;
	if (!*at)
		return true;
	for (at = *text; *at; at += length) {
		length = line_reader_character(at);
		if (!length || used + 4 * TEXT_ESCAPE_BYTES >= sizeof(reader->escaped))
			return false;
		if (*at == '\t' || text_plain_length(at, length)) {
			memcpy(reader->escaped + used, at, length);
			used += length;
			continue;
		}
		for (size_t i = 0; i < length; i++, used += TEXT_ESCAPE_BYTES)
			text_escape_byte((unsigned char)at[i], reader->escaped + used);
	}
	reader->escaped[used] = '\0';
	*text = reader->escaped;
	return true;
}

/* Moves what is left to the front and reads on behind it. */
static void line_reader_refill(struct line_reader *reader)
{
	size_t left = reader->used - reader->at, got;

	memmove(reader->bytes, reader->bytes + reader->at, left);
	/* One byte is kept for the end of a last line without its own. */
	got = fread(reader->bytes + left, 1, sizeof(reader->bytes) - 1 - left, reader->file);
	reader->at = 0;
	reader->used = left + got;
	reader->is_over = got == 0;
}

/* The line's length, or -1 when nothing is left or it is too long for the buffer. */
static ssize_t line_reader_take(struct line_reader *reader, char **ret_text)
{
	size_t left;
	char *end;

	do {
		left = reader->used - reader->at;
		end = memchr(reader->bytes + reader->at, '\n', left);
	} while (!end && !reader->is_over && left < sizeof(reader->bytes) - 1 &&
		 (line_reader_refill(reader), true));
	*ret_text = reader->bytes + reader->at;
	if (!end && (left == 0 || !reader->is_over))
		return -1;
	if (!end)
		end = *ret_text + left;
	*end = '\0';
	reader->at =
		(size_t)(end - reader->bytes) + (reader->at + left > (size_t)(end - reader->bytes));
	return end - *ret_text;
}

int line_reader_read(struct line_reader *reader, char **ret_text, const char **ret_wrong)
{
	ssize_t length = line_reader_take(reader, ret_text);

	*ret_wrong = "the file cannot be read";
	if (length < 0 && reader->is_over)
		return ferror(reader->file) ? -EINVAL : 0;
	*ret_wrong = "the line is too long or holds a NUL; allowed: 8190 bytes of text";
	if (length < 0 || length > LINE_READER_BYTES || memchr(*ret_text, '\0', (size_t)length))
		return -EINVAL;
	*ret_wrong = "a control character or a byte that is not UTF-8; allowed: text and tabs";
	return line_reader_make_printable(reader, ret_text) ? 1 : -EINVAL;
}

size_t line_reader_split(char *text, char **ret_fields, size_t most)
{
	size_t count = 0;

	for (char *end = text; end; text = end + 1) {
		end = strchr(text, '\t');
		if (end)
			*end = '\0';
		if (count < most)
			ret_fields[count] = text;
		count++;
		if (!end)
			break;
	}
	return count;
}
