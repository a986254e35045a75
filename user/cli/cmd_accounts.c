/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal accounts, waxseal account NAME */
#include "base/mem.h"
#include "cli/command.h"
#include "cli/url.h"
#include "cli/view.h"

static void accounts_print(const struct console *console, const json_t *document)
{
	static const struct view_column columns[] = {
		{"ACCOUNT", "account", VIEW_TEXT},
		{"OK", "successes", VIEW_COUNT},
		{"FAILED", "failures", VIEW_COUNT},
		{"TEMPORARY", "temporary", VIEW_COUNT},
		{"MESSAGES", "messages", VIEW_COUNT},
		{"MAILBOX FILES", "mailbox_files", VIEW_COUNT},
		{"SENT", "bytes_sent", VIEW_SIZE},
		{"SOURCES", "sources", VIEW_COUNT},
		{"LAST SEEN", "last_seen", VIEW_TIME},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_rows(console, view_member(document, "accounts"), columns, "No account seen.");
}

int accounts_run(struct console *console, const struct arguments *arguments)
{
	_cleanup_free_ char *target = xstrdup("/v1/accounts");

	url_add_query(&target, "by", arguments->text[OPTION_BY]);
	url_add_query(&target, "top", arguments->text[OPTION_TOP]);
	url_add_query(&target, "tenant", arguments->text[OPTION_TENANT]);
	return view_show(console, target, NULL, accounts_print);
}

static void account_print_totals(const struct console *console, const json_t *document)
{
	static const struct view_column columns[] = {
		{"account", "account", VIEW_TEXT},
		{"tenant", "tenant", VIEW_TEXT},
		{"successes", "successes", VIEW_COUNT},
		{"failures", "failures", VIEW_COUNT},
		{"temporary", "temporary", VIEW_COUNT},
		{"messages", "messages", VIEW_COUNT},
		{"mailbox files", "mailbox_files", VIEW_COUNT},
		{"sent", "bytes_sent", VIEW_SIZE},
		{"sources", "sources", VIEW_COUNT},
		{"last seen", "last_seen", VIEW_TIME},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_object(console, document, columns);
}

static void account_print_services(const struct console *console, const json_t *rows)
{
	static const struct view_column columns[] = {
		{"SERVICE", "service", VIEW_WORD},     {"MECHANISM", "mechanism", VIEW_WORD},
		{"TRANSPORT", "transport", VIEW_WORD}, {"OK", "successes", VIEW_COUNT},
		{"FAILED", "failures", VIEW_COUNT},    {NULL, NULL, VIEW_TEXT},
	};

	view_print_heading(console, "By service");
	view_print_rows(console, rows, columns, "No login.");
}

static void account_print_sources(const struct console *console, const json_t *rows)
{
	static const struct view_column columns[] = {
		{"SOURCE", "source", VIEW_TEXT},
		{"OK", "successes", VIEW_COUNT},
		{"FAILED", "failures", VIEW_COUNT},
		{"MESSAGES", "messages", VIEW_COUNT},
		{"MAILBOX FILES", "mailbox_files", VIEW_COUNT},
		{"SENT", "bytes_sent", VIEW_SIZE},
		{"FIRST SEEN", "first_seen", VIEW_TIME},
		{"LAST SEEN", "last_seen", VIEW_TIME},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_heading(console, "By source");
	view_print_rows(console, rows, columns, "No source.");
}

static void account_print_readers(const struct console *console, const json_t *rows)
{
	static const struct view_column columns[] = {
		{"PROGRAM", "actor", VIEW_TEXT},
		{"UID", "uid", VIEW_COUNT},
		{"LOGIN", "login_uid", VIEW_COUNT},
		{"UNIT", "unit", VIEW_TEXT},
		{"MASTER", "master", VIEW_TEXT},
		{"CLASS", "class", VIEW_WORD},
		{"MESSAGES", "messages", VIEW_COUNT},
		{"MAILBOX FILES", "mailbox_files", VIEW_COUNT},
		{"SCANNED", "scanned", VIEW_COUNT},
		{"READ", "bytes_read", VIEW_SIZE},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_heading(console, "Opened by");
	view_print_rows(console, rows, columns, "No message was opened.");
}

static void account_print(const struct console *console, const json_t *document)
{
	account_print_totals(console, document);
	account_print_services(console, view_member(document, "by_service"));
	account_print_sources(console, view_member(document, "by_source"));
	account_print_readers(console, view_member(document, "readers"));
}

int account_run(struct console *console, const struct arguments *arguments)
{
	_cleanup_free_ char *target = url_with_segment("/v1/accounts", arguments->operand);
	_cleanup_free_ char *missing =
		xasprintf("account '%s' was never seen; names are exact, see "
			  "'waxseal accounts'",
			  arguments->operand);

	return view_show(console, target, missing, account_print);
}
