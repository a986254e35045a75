/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal accept, waxseal accepted: readers that an operator knows. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/utf8.h"
#include "cli/view.h"

static char *accept_body(const struct arguments *arguments)
{
	const char *revoke = arguments->text[OPTION_REVOKE];
	json_t *body = json_object();
	char *text;

	if (revoke)
		json_object_set_new(body, "revoke", json_integer(strtoll(revoke, NULL, 10)));
	if (arguments->operand)
		json_object_set_new(body, "alert", json_string(arguments->operand));
	if (arguments->text[OPTION_FOR])
		json_object_set_new(body, "for", json_string(arguments->text[OPTION_FOR]));
	if (arguments->text[OPTION_NOTE])
		json_object_set_new(body, "note", json_string(arguments->text[OPTION_NOTE]));
	text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	return text;
}

/* An earlier acceptance of the same reader, which ended with this one. */
static void accept_print_replaced(const struct console *console, const json_t *replaced)
{
	const char *by = view_text(replaced, "by");

	if (!json_is_object(replaced))
		return;
	fprintf(console->out, "This replaces acceptance %lld of %s by ",
		(long long)json_integer_value(json_object_get(replaced, "id")),
		view_text(replaced, "time"));
	if (strcmp(by, "-") == 0)
		fprintf(console->out, "uid %lld",
			(long long)json_integer_value(json_object_get(replaced, "by_uid")));
	else
		utf8_print(console->out, by, utf8_width(by));
	fputs(".\n", console->out);
}

static void accept_print(const struct console *console, const struct arguments *arguments,
			 const json_t *document)
{
	const char *script = view_text(document, "script"), *unit = view_text(document, "unit");

	if (arguments->text[OPTION_REVOKE]) {
		fprintf(console->out, "Acceptance %s is taken back.\n",
			arguments->text[OPTION_REVOKE]);
		return;
	}
	fprintf(console->out, "Accepted as %lld: ",
		(long long)json_integer_value(json_object_get(document, "id")));
	utf8_print(console->out, view_text(document, "actor"),
		   utf8_width(view_text(document, "actor")));
	if (strcmp(script, "-") != 0) {
		fputs(" running ", console->out);
		utf8_print(console->out, script, utf8_width(script));
	}
	fprintf(console->out, ", uid %lld",
		(long long)json_integer_value(json_object_get(document, "uid")));
	if (strcmp(unit, "-") != 0) {
		fputs(", in ", console->out);
		utf8_print(console->out, unit, utf8_width(unit));
	}
	fprintf(console->out, ", for %s.\n", view_text(document, "detector"));
	accept_print_replaced(console, json_object_get(document, "replaces"));
}

/* 403 and 400 say what is wrong in words for people. */
static int accept_refused(const struct console *console, const struct client_reply *reply)
{
	json_t *document = json_loadb(reply->body, reply->length, JSON_REJECT_DUPLICATES, NULL);
	const char *reason = json_string_value(json_object_get(document, "error"));
	int code = console_fail(console, "%s", reason ? reason : "waxseald refused, without a reason");

	json_decref(document);
	return code;
}

static int accept_show(const struct console *console, const struct arguments *arguments,
		       const struct client_reply *reply)
{
	json_t *document = NULL;
	int code;

	if (reply->status != 200)
		return accept_refused(console, reply);
	code = client_document(console, reply, NULL, &document);
	if (code != EXIT_OK)
		return code;
	if (console->json)
		view_print_document(console, reply->body);
	else
		accept_print(console, arguments, document);
	json_decref(document);
	return EXIT_OK;
}

int accept_run(struct console *console, const struct arguments *arguments)
{
	_cleanup_free_ char *body = NULL;
	struct client_reply reply = {0};
	int r, code;

	if (arguments->text[OPTION_REVOKE] &&
	    (arguments->text[OPTION_FOR] || arguments->text[OPTION_NOTE]))
		return console_misuse(console, "--revoke stands alone");
	body = accept_body(arguments);
	r = client_post(console->socket, "/v1/accept", body ? body : "", &reply);
	if (r < 0)
		return client_explain(console, r);
	code = accept_show(console, arguments, &reply);
	client_reply_done(&reply);
	return code;
}

static void accepted_print(const struct console *console, const json_t *document)
{
	static const struct view_column columns[] = {
		{"ID", "id", VIEW_COUNT},	  {"PROGRAM", "actor", VIEW_TEXT},
		{"UID", "uid", VIEW_COUNT},	  {"UNIT", "unit", VIEW_TEXT},
		{"SCRIPT", "script", VIEW_TEXT},  {"DETECTOR", "detector", VIEW_WORD},
		{"BY", "by", VIEW_TEXT},	  {"SINCE", "time", VIEW_CLOCK},
		{"UNTIL", "until", VIEW_CLOCK},	  {"NOTE", "note", VIEW_TEXT},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_rows(console, view_member(document, "accepted"), columns,
			"No reader was accepted.");
}

int accepted_run(struct console *console, const struct arguments *arguments)
{
	(void)arguments;
	return view_show(console, "/v1/accepted", NULL, accepted_print);
}
