/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal affected: the list for password resets. */
#include "base/mem.h"
#include "cli/command.h"
#include "cli/url.h"
#include "cli/view.h"

static void affected_print(const struct console *console, const json_t *document)
{
	static const struct view_column columns[] = {
		{"ACCOUNT", "account", VIEW_TEXT},
		{"MESSAGES", "messages", VIEW_COUNT},
		{"MAILBOX FILES", "mailbox_files", VIEW_COUNT},
		{"SENT", "bytes_sent", VIEW_SIZE},
		{"FIRST", "first", VIEW_TIME},
		{"LAST", "last", VIEW_TIME},
		{"SOURCES", "sources", VIEW_LIST},
		{"ALERTS", "alerts", VIEW_LIST},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_rows(console, view_member(document, "accounts"), columns,
			"No account is affected.");
}

int affected_run(struct console *console, const struct arguments *arguments)
{
	_cleanup_free_ char *target = xstrdup("/v1/affected");

	url_add_query(&target, "since", arguments->text[OPTION_SINCE]);
	url_add_query(&target, "detector", arguments->text[OPTION_DETECTOR]);
	url_add_query(&target, "tenant", arguments->text[OPTION_TENANT]);
	return view_show(console, target, NULL, affected_print);
}
