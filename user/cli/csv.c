/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A field is quoted only where it must be: programs read this, and people, too. */
#include "cli/csv.h"

#include <string.h>

static void csv_print_text(FILE *out, const char *text)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void csv_print_value(FILE *out, const json_t *value)
{
	if (json_is_string(value))
		csv_print_text(out, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

void csv_print_header(FILE *out, const char *const *keys)
{
	for (size_t i = 0; keys[i]; i++)
		fprintf(out, "%s%s", i ? "," : "", keys[i]);
	fputs("\r\n", out);
}

void csv_print_row(FILE *out, const json_t *object, const char *const *keys)
{
	for (size_t i = 0; keys[i]; i++) {
		fputs(i ? "," : "", out);
		csv_print_value(out, json_object_get(object, keys[i]));
	}
	fputs("\r\n", out);
}
