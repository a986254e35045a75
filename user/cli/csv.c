/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A field is quoted only where it must be: programs read this, and people, too. Whose name begins
 * like a formula would be run by a spreadsheet, so an apostrophe goes before it, which spreadsheets
 * take for "this is text". A sign alone is no formula, and numbers are ours.
 */
#include "cli/csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static bool csv_is_formula(const char *text)
{
	/* the last four: full-width forms, which some spreadsheets take for the same */
	static const char *const signs[] = {"=",  "+",  "-",  "@",  "\t", "\r", "\n",
					    "\uff1d", "\uff0b", "\uff0d", "\uff20"};

	text += strspn(text, " ");
	for (size_t i = 0; i < ARRAY_LENGTH(signs); i++)
		if (strncmp(text, signs[i], strlen(signs[i])) == 0)
			return text[strlen(signs[i])] != '\0';
	return false;
}

static void csv_print_text(FILE *out, const char *text)
{
	const char *mark = csv_is_formula(text) ? "'" : "";

	if (!text[strcspn(text, ",\"\r\n")]) {
		fprintf(out, "%s%s", mark, text);
		return;
	}
	fprintf(out, "\"%s", mark);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

/* A list is one field, its members with blanks between them: none of ours has one. */
static void csv_print_list(FILE *out, const json_t *list)
{
	_cleanup_free_ char *joined = xstrdup("");
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		char *longer = xasprintf("%s%s%s", joined, i ? " " : "", json_string_value(item));

		free(joined);
		joined = longer;
	}
	csv_print_text(out, joined);
}

static void csv_print_value(FILE *out, const json_t *value)
{
	if (json_is_array(value))
		csv_print_list(out, value);
	if (json_is_boolean(value))
		fputs(json_is_true(value) ? "yes" : "no", out);
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
