/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal affected: whose mailbox was opened or read, and who needs a new password. */
#include <string.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/csv.h"
#include "cli/pages.h"
#include "cli/url.h"
#include "cli/view.h"

static void affected_print(const struct console *console, const json_t *document)
{
	static const struct view_column columns[] = {
		{"ACCOUNT", "account", VIEW_TEXT},
		{"HAPPENED", "happened", VIEW_WORD},
		{"TIME", "time", VIEW_CLOCK},
		{"RESET", "reset", VIEW_YES_NO},
		{"REASON", "reason", VIEW_TEXT},
		{"MESSAGES", "messages", VIEW_COUNT},
		{"SENT", "bytes_sent", VIEW_SIZE},
		{"SOURCES", "sources", VIEW_LIST},
		{"ALERTS", "alerts", VIEW_LIST},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_rows(console, view_member(document, "accounts"), columns,
			"No account is affected.");
}

static void affected_print_csv(const struct console *console, const json_t *document)
{
	static const char *const keys[] = {
		"account",  "tenant",	     "happened",   "time",  "last_time", "reset",   "reason",
		"messages", "mailbox_files", "bytes_sent", "first", "last",	 "sources", "alerts",
		NULL,
	};
	json_t *row;
	size_t i;

	csv_print_header(console->out, keys);
	json_array_foreach(view_member(document, "accounts"), i, row)
		csv_print_row(console->out, row, keys);
}

/* Names alone, of those who need a new password: for doveadm -F FILE. */
static void affected_print_doveadm(const struct console *console, const json_t *document)
{
	json_t *row;
	size_t i;

	json_array_foreach(view_member(document, "accounts"), i, row)
		if (json_is_true(view_member(row, "reset")))
			fprintf(console->out, "%s\n", view_text(row, "account"));
}

static const struct {
	const char *word;
	view_printer print;
} affected_formats[] = {
	{"table", affected_print},
	{"csv", affected_print_csv},
	{"doveadm", affected_print_doveadm},
};

static view_printer affected_printer(const char *format)
{
	for (size_t i = 0; format && i < ARRAY_LENGTH(affected_formats); i++)
		if (strcmp(affected_formats[i].word, format) == 0)
			return affected_formats[i].print;
	return affected_print;
}

int affected_run(struct console *console, const struct arguments *arguments)
{
	_cleanup_free_ char *target = xstrdup("/v1/affected");
	json_t *document;
	int code;

	if (console->json && arguments->text[OPTION_FORMAT])
		return console_misuse(console, "affected takes --format or --json, not both");
	url_add_query(&target, "since", arguments->text[OPTION_SINCE]);
	url_add_query(&target, "detector", arguments->text[OPTION_DETECTOR]);
	url_add_query(&target, "tenant", arguments->text[OPTION_TENANT]);
	url_add_query(&target, "include", arguments->text[OPTION_INCLUDE]);
	code = pages_collect(console, target, "accounts", &document);
	if (code != EXIT_OK)
		return code;
	view_show_document(console, document,
			   affected_printer(arguments->text[OPTION_FORMAT]));
	json_decref(document);
	return EXIT_OK;
}
