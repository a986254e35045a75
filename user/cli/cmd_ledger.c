/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waxseal ledger: rows by hour, as a table, as one JSON document or as CSV. The latter two are
 * written while the pages come, since a year may be millions of rows.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/csv.h"
#include "cli/pages.h"
#include "cli/url.h"
#include "cli/view.h"

#define TABLE_ROWS 1000

static const char *const csv_keys[] = {
	"hour",	   "account",	 "tenant",     "source",   "service",  "actor",
	"uid",	   "class",	 "successes",  "failures", "messages", "mailbox_files",
	"scanned", "bytes_read", "bytes_sent", "first",	   "last",     "login_uid",
	"unit",	   "master",	 NULL,
};

struct ledger_output {
	const struct console *console;
	json_t *head; /* the first page, without its rows */
	json_t *rows; /* for the table */
	bool has_row;
};

static void ledger_keep_head(struct ledger_output *output, const json_t *document)
{
	if (output->head)
		return;
	output->head = json_copy((json_t *)document);
	(void)json_object_del(output->head, "rows");
	(void)json_object_del(output->head, "next");
	(void)json_object_del(output->head, "cut");
}

/* ---- Table ---- */

static void ledger_take_table(void *context, const json_t *document)
{
	struct ledger_output *output = context;

	ledger_keep_head(output, document);
	(void)json_array_extend(output->rows, (json_t *)view_member(document, "rows"));
}

static void ledger_print_table(const struct ledger_output *output, bool cut)
{
	static const struct view_column columns[] = {
		{"HOUR", "hour", VIEW_CLOCK},
		{"ACCOUNT", "account", VIEW_TEXT},
		{"SOURCE", "source", VIEW_TEXT},
		{"SERVICE", "service", VIEW_WORD},
		{"PROGRAM", "actor", VIEW_TEXT},
		{"UID", "uid", VIEW_COUNT},
		{"LOGIN", "login_uid", VIEW_COUNT},
		{"UNIT", "unit", VIEW_TEXT},
		{"MASTER", "master", VIEW_TEXT},
		{"CLASS", "class", VIEW_WORD},
		{"OK", "successes", VIEW_COUNT},
		{"FAILED", "failures", VIEW_COUNT},
		{"MESSAGES", "messages", VIEW_COUNT},
		{"MAILBOX FILES", "mailbox_files", VIEW_COUNT},
		{"READ", "bytes_read", VIEW_SIZE},
		{"SENT", "bytes_sent", VIEW_SIZE},
		{"LAST", "last", VIEW_CLOCK},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_rows(output->console, output->rows, columns,
			"No row. 'waxseal coverage' shows whether the sensors were active.");
	fprintf(output->console->out, "\nComplete since %s; failures alone since %s.\n",
		view_text(output->head, "complete_since"),
		view_text(output->head, "failures_complete_since"));
	if (cut)
		fputs("There are more rows: narrow them with --since, --until, --account or "
		      "--actor,\nor print all with --csv.\n",
		      output->console->out);
}

/* ---- CSV ---- */

static void ledger_take_csv(void *context, const json_t *document)
{
	struct ledger_output *output = context;
	json_t *row;
	size_t i;

	if (!output->head)
		csv_print_header(output->console->out, csv_keys);
	ledger_keep_head(output, document);
	json_array_foreach(view_member(document, "rows"), i, row)
		csv_print_row(output->console->out, row, csv_keys);
}

/* ---- JSON ---- */

/* The head's members, then the list. */
static void ledger_open_json(struct ledger_output *output)
{
	_cleanup_free_ char *head = json_dumps(output->head, JSON_COMPACT);

	if (!head)
		abort();
	head[strlen(head) - 1] = '\0';
	fprintf(output->console->out, "%s,\"rows\":[", head);
}

static void ledger_take_json(void *context, const json_t *document)
{
	struct ledger_output *output = context;
	bool is_first = !output->head;
	json_t *row;
	size_t i;

	ledger_keep_head(output, document);
	if (is_first)
		ledger_open_json(output);
	json_array_foreach(view_member(document, "rows"), i, row)
	{
		fputs(output->has_row ? ",\n" : "\n", output->console->out);
		(void)json_dumpf(row, output->console->out, JSON_COMPACT);
		output->has_row = true;
	}
}

static void ledger_close_json(const struct ledger_output *output, bool cut)
{
	fprintf(output->console->out, "],\"cut\":%s}\n", cut ? "true" : "false");
}

/* ---- All of them ---- */

/* The end is fixed here, or each page would have another. */
static char *ledger_target(const struct console *console, const struct arguments *arguments)
{
	char *target = xstrdup("/v1/ledger"), until[TIME_TEXT_BYTES];

	time_format(console->now_us + US_PER_SECOND, until);
	url_add_query(&target, "since", arguments->text[OPTION_SINCE]);
	url_add_query(&target, "until",
		      arguments->text[OPTION_UNTIL] ? arguments->text[OPTION_UNTIL] : until);
	url_add_query(&target, "account", arguments->text[OPTION_ACCOUNT]);
	url_add_query(&target, "actor", arguments->text[OPTION_ACTOR]);
	return target;
}

static int ledger_print(const struct console *console, const struct arguments *arguments,
			struct ledger_output *output)
{
	_cleanup_free_ char *target = ledger_target(console, arguments);
	bool is_csv = arguments->text[OPTION_CSV] != NULL;
	bool is_table = !is_csv && !console->json;
	const char *top = arguments->text[OPTION_TOP];
	struct pages pages = {.console = console,
			      .target = target,
			      .left = top	 ? strtoul(top, NULL, 10)
				      : is_table ? TABLE_ROWS
						 : ULONG_MAX,
			      .take = is_csv	 ? ledger_take_csv
				      : is_table ? ledger_take_table
						 : ledger_take_json,
			      .context = output};
	int code = pages_fetch(&pages);

	if (code != EXIT_OK)
		return code;
	if (is_table)
		ledger_print_table(output, pages.cut);
	else if (!is_csv)
		ledger_close_json(output, pages.cut);
	return EXIT_OK;
}

int ledger_run(struct console *console, const struct arguments *arguments)
{
	const char *since = arguments->text[OPTION_SINCE], *until = arguments->text[OPTION_UNTIL];
	struct ledger_output output = {.console = console};
	int code;

	if (console->json && arguments->text[OPTION_CSV])
		return console_misuse(console, "ledger takes --csv or --json, not both");
	/* both are RFC 3339, which sorts as text */
	if (since && until && strcmp(since, until) >= 0)
		return console_misuse(console, "--until %s is not after --since %s", until, since);
	output.rows = json_array();
	code = ledger_print(console, arguments, &output);
	json_decref(output.rows);
	json_decref(output.head);
	return code;
}
