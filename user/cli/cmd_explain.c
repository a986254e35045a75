/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal explain: the sentence of an alert, then the sum behind it, part by part. */
#include <string.h>

#include "base/mem.h"
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

/* What the sum of an alert may be; the first that its evidence has. */
static const struct {
	const char *member, *text;
} explain_measures[] = {
	{"log_likelihood_ratio", "log-likelihood ratio when the alert was raised"},
	{"weighted_networks", "networks; one that the tenant knows counts 0.34"},
	{"excess_bytes", "bytes beyond what logins explain"},
};

static void explain_print(const struct console *console, const json_t *alert)
{
	const json_t *evidence = view_member(alert, "evidence");
	const json_t *threshold = json_object_get(evidence, "threshold");
	json_t *part;
	size_t i, m = 0;

	fprintf(console->out, "%s\n\n", view_text(alert, "message"));
	while (m < ARRAY_LENGTH(explain_measures) &&
	       !json_object_get(evidence, explain_measures[m].member))
		m++;
	if (!threshold || m == ARRAY_LENGTH(explain_measures)) {
		fputs("One such event raises the alert; there is no sum.\n", console->out);
		return;
	}
	json_array_foreach(json_object_get(evidence, "contributions"), i, part)
		fprintf(console->out, "%10.1f  %-52s %+9.2f\n",
			json_number_value(json_object_get(part, "count")), view_text(part, "what"),
			json_number_value(json_object_get(part, "adds")));
	fprintf(console->out, "\n%10s  %-52s %9.2f\n%10s  %-52s %9.2f\n", "",
		explain_measures[m].text,
		json_number_value(json_object_get(evidence, explain_measures[m].member)), "",
		"threshold", json_number_value(threshold));
	if (m == 0)
		fputs("\nThe log-likelihood ratio is ln(q/p): how much more likely this is in an "
		      "attack "
		      "(q)\nthan among the users of this host (p). 6.9 means 1000 times as "
		      "likely.\n",
		      console->out);
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
