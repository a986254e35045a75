/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waxseal explain: the sentence of an alert, then its sum. A nat is the logarithm of how many
 * times likelier something is from an attacker; the level is that of the false alarms accepted.
 */
#include <string.h>

#include "cli/client.h"
#include "cli/command.h"
#include "cli/view.h"

static json_t *explain_find(const json_t *document, const char *id)
{
	json_t *alert;
	size_t i;

	json_array_foreach(view_member(document, "alerts"), i,
			   alert) if (strcmp(view_text(alert, "id"), id) == 0) return alert;
	return NULL;
}

static void explain_print(const struct console *console, const json_t *alert)
{
	const json_t *evidence = view_member(alert, "evidence");
	const json_t *level = json_object_get(evidence, "level");
	json_t *part;
	size_t i;

	fprintf(console->out, "%s\n\n", view_text(alert, "message"));
	if (!level) {
		fputs("One such event is enough; nothing is weighed.\n", console->out);
		return;
	}
	json_array_foreach(json_object_get(evidence, "contributions"), i, part)
		fprintf(console->out, "%10.1f  %-52s %+9.2f\n",
			json_number_value(json_object_get(part, "count")), view_text(part, "what"),
			json_number_value(json_object_get(part, "nats")));
	fprintf(console->out, "\n%10s  %-52s %9.2f\n%10s  %-52s %9.2f\n", "",
		"sum at the alarm; fading with time, never below zero",
		json_number_value(json_object_get(evidence, "nats")), "",
		"level: ln(updates per day / false alarms per day)", json_number_value(level));
}

int explain_run(struct console *console, const struct arguments *arguments)
{
	struct client_reply reply = {0};
	json_t *document = NULL;
	const json_t *alert;
	int code = client_fetch(console, "/v1/alerts", NULL, &reply, &document);

	if (code != EXIT_OK)
		return code;
	alert = explain_find(document, arguments->operand);
	if (!alert)
		code = console_fail(console, "there is no alert %s", arguments->operand);
	else if (console->json)
		json_dumpf(alert, console->out, JSON_COMPACT);
	else
		explain_print(console, alert);
	json_decref(document);
	client_reply_done(&reply);
	return code;
}
