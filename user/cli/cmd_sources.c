/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal sources, waxseal source ADDRESS */
#include "base/mem.h"
#include "cli/command.h"
#include "cli/url.h"
#include "cli/view.h"

static void sources_print(const struct console *console, const json_t *document)
{
	static const struct view_column columns[] = {
		{"SOURCE", "source", VIEW_TEXT},
		{"ATTEMPTS", "attempts", VIEW_COUNT},
		{"OK", "successes", VIEW_COUNT},
		{"FAILED", "failures", VIEW_COUNT},
		{"UNANSWERED", "unanswered", VIEW_COUNT},
		{"ACCOUNTS", "accounts", VIEW_COUNT},
		{"CONNECTIONS", "connections", VIEW_COUNT},
		{"SCORE", "score", VIEW_DECIMAL},
		{"LEVEL", "threshold", VIEW_DECIMAL},
		{"LAST SEEN", "last_seen", VIEW_TIME},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_rows(console, view_member(document, "sources"), columns, "No source seen.");
}

int sources_run(struct console *console, const struct arguments *arguments)
{
	_cleanup_free_ char *target = xstrdup("/v1/sources");

	url_add_query(&target, "by", arguments->text[OPTION_BY]);
	url_add_query(&target, "top", arguments->text[OPTION_TOP]);
	return view_show(console, target, NULL, sources_print);
}

static void source_print(const struct console *console, const json_t *document)
{
	static const struct view_column totals[] = {
		{"source", "source", VIEW_TEXT},
		{"attempts", "attempts", VIEW_COUNT},
		{"successes", "successes", VIEW_COUNT},
		{"failures", "failures", VIEW_COUNT},
		{"unanswered", "unanswered", VIEW_COUNT},
		{"accounts", "accounts", VIEW_COUNT},
		{"connections", "connections", VIEW_COUNT},
		{"score", "score", VIEW_DECIMAL},
		{"level", "threshold", VIEW_DECIMAL},
		{"last seen", "last_seen", VIEW_TIME},
		{NULL, NULL, VIEW_TEXT},
	};
	static const struct view_column accounts[] = {
		{"ACCOUNT", "account", VIEW_TEXT},
		{"OK", "successes", VIEW_COUNT},
		{"FAILED", "failures", VIEW_COUNT},
		{"MESSAGES", "messages", VIEW_COUNT},
		{"MAILBOX FILES", "mailbox_files", VIEW_COUNT},
		{"SENT", "bytes_sent", VIEW_SIZE},
		{"LAST SEEN", "last_seen", VIEW_TIME},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_object(console, document, totals);
	view_print_heading(console, "By account");
	view_print_rows(console, view_member(document, "by_account"), accounts, "No account.");
}

int source_run(struct console *console, const struct arguments *arguments)
{
	_cleanup_free_ char *target = url_with_segment("/v1/sources", arguments->operand);
	_cleanup_free_ char *missing = xasprintf("source '%s' was never seen; addresses are exact, "
						 "see 'waxseal sources'",
						 arguments->operand);

	return view_show(console, target, missing, source_print);
}
