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

	while (*text) {
		size_t length = *text == '\t' ? 1 : glyphs_next(text, &point, &columns);

		if (*text != '\t' && *text != '?' && point == '?')
			return false;
		text += length;
	}
	return true;
}

int lines_read(FILE *file, char *ret_text, size_t size, const char **ret_wrong)
{
	size_t length;

	*ret_wrong = "the file cannot be read";
	if (!fgets(ret_text, size, file))
		return ferror(file) ? -EINVAL : 0;
	length = strlen(ret_text);
	if (length > 0 && ret_text[length - 1] == '\n')
		ret_text[length - 1] = '\0';
	else if (!feof(file)) {
		*ret_wrong = "the line is too long or holds a NUL; allowed: 8190 bytes of text";
		return -EINVAL;
	}
	*ret_wrong = "a control character or a byte that is not UTF-8; allowed: text and tabs";
	return is_printable(ret_text) ? 1 : -EINVAL;
}

size_t lines_split(char *text, char **ret_fields, size_t most)
{
	size_t count = 0;
	char *field;

	while ((field = strsep(&text, "\t")) != NULL) {
		if (count < most)
			ret_fields[count] = field;
		count++;
	}
	return count;
}
