/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal tenants */
#include "cli/command.h"
#include "cli/view.h"

static void tenants_print(const struct console *console, const json_t *document)
{
	static const struct view_column columns[] = {
		{"TENANT", "tenant", VIEW_TEXT},
		{"ACCOUNTS", "accounts", VIEW_COUNT},
		{"OK", "successes", VIEW_COUNT},
		{"FAILED", "failures", VIEW_COUNT},
		{"MESSAGES", "messages", VIEW_COUNT},
		{"SENT", "bytes_sent", VIEW_SIZE},
		{"CLEARTEXT", "cleartext_logins", VIEW_COUNT},
		{"PASSWORD", "password_logins", VIEW_COUNT},
		{"TOKEN", "token_logins", VIEW_COUNT},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_rows(console, view_member(document, "tenants"), columns, "No tenant seen.");
}

int tenants_run(struct console *console, const struct arguments *arguments)
{
	(void)arguments;
	return view_show(console, "/v1/tenants", NULL, tenants_print);
}
