/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a snapshot's strings promise (printable UTF-8) is checked here, where text comes in. */
#include "cli/line_reader.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include "cli/utf8.h"

/* utf8_next() shows what it refuses as '?'. */
static bool is_printable(const char *text)
{
	unsigned int point, columns;

	/* Nearly every line is nothing but ASCII. */
	while ((*text >= 0x20 && *text < 0x7f) || *text == '\t')
		text++;
	while (*text) {
		size_t length = *text == '\t' ? 1 : utf8_next(text, &point, &columns);

		if (*text != '\t' && *text != '?' && point == '?')
			return false;
		text += length;
	}
	return true;
}

/* Moves what is left to the front and reads on behind it. */
static void refill(struct line_reader *lines)
{
	size_t left = lines->used - lines->at, got;

	memmove(lines->bytes, lines->bytes + lines->at, left);
	/* One byte is kept for the end of a last line without its own. */
	got = fread(lines->bytes + left, 1, sizeof(lines->bytes) - 1 - left, lines->file);
	lines->at = 0;
	lines->used = left + got;
	lines->is_over = got == 0;
}

/* The line's length, or -1 when nothing is left or it is too long for the buffer. */
static ssize_t take_line(struct line_reader *lines, char **ret_text)
{
	size_t left;
	char *end;

	do {
		left = lines->used - lines->at;
		end = memchr(lines->bytes + lines->at, '\n', left);
	} while (!end && !lines->is_over && left < sizeof(lines->bytes) - 1 &&
		 (refill(lines), true));
	*ret_text = lines->bytes + lines->at;
	if (!end && (left == 0 || !lines->is_over))
		return -1;
	if (!end)
		end = *ret_text + left;
	*end = '\0';
	lines->at = (size_t)(end - lines->bytes) + (lines->at + left > (size_t)(end - lines->bytes));
	return end - *ret_text;
}

int line_reader_read(struct line_reader *lines, char **ret_text, const char **ret_wrong)
{
	ssize_t length = take_line(lines, ret_text);

	*ret_wrong = "the file cannot be read";
	if (length < 0 && lines->is_over)
		return ferror(lines->file) ? -EINVAL : 0;
	*ret_wrong = "the line is too long or holds a NUL; allowed: 8190 bytes of text";
	if (length < 0 || length > LINE_BYTES || memchr(*ret_text, '\0', (size_t)length))
		return -EINVAL;
	*ret_wrong = "a control character or a byte that is not UTF-8; allowed: text and tabs";
	return is_printable(*ret_text) ? 1 : -EINVAL;
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
