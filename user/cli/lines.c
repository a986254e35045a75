/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a snapshot's strings promise (printable UTF-8) is checked here, where text comes in. */
#include "cli/lines.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "cli/glyphs.h"

/* glyphs_next() shows what it refuses as '?'. */
static bool is_printable(const char *text)
{
	unsigned int point, columns;

	/* Nearly every line is nothing but ASCII. */
	while ((*text >= 0x20 && *text < 0x7f) || *text == '\t')
		text++;
	while (*text) {
		size_t length = *text == '\t' ? 1 : glyphs_next(text, &point, &columns);

		if (*text != '\t' && *text != '?' && point == '?')
			return false;
		text += length;
	}
	return true;
}

/* Returns what ended the line: '\n', EOF, or 0 for a NUL or no more room. */
static int take_line(FILE *file, char *ret_text, size_t size)
{
	size_t length = 0;
	int byte;

	while ((byte = getc_unlocked(file)) != EOF && byte != '\n') {
		if (byte == '\0' || length + 2 >= size)
			return 0;
		ret_text[length++] = (char)byte;
	}
	ret_text[length] = '\0';
	return byte;
}

int lines_read(FILE *file, char *ret_text, size_t size, const char **ret_wrong)
{
	int end;

	*ret_wrong = "the line is too long or holds a NUL; allowed: 8190 bytes of text";
	end = take_line(file, ret_text, size);
	if (end == '\0')
		return -EINVAL;
	*ret_wrong = "the file cannot be read";
	if (end == EOF && (ferror(file) || ret_text[0] == '\0'))
		return ferror(file) ? -EINVAL : 0;
	*ret_wrong = "a control character or a byte that is not UTF-8; allowed: text and tabs";
	return is_printable(ret_text) ? 1 : -EINVAL;
}

size_t lines_split(char *text, char **ret_fields, size_t most)
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
