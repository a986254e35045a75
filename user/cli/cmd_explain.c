/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waxseal explain: of an alert its sentence, then the sum behind it, part by part; of a source or an
 * account what stands against it now, alert or not, and what would raise one.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/pages.h"
#include "cli/url.h"
#include "cli/view.h"
#include "model/network.h"

/* What the sum of an alert may be; the first that its evidence has. */
static const struct {
	const char *member, *text;
} explain_measures[] = {
	{"log_likelihood_ratio", "log-likelihood ratio"},
	{"weighted_networks", "networks; one that the tenant knows counts 0.34"},
	{"excess_bytes", "bytes beyond what logins explain"},
};

static void explain_print_line(const struct console *console, const char *count, const char *what,
			       const char *format, double value)
{
	fprintf(console->out, "%10s  %-52s ", count, what);
	fprintf(console->out, format, value);
	fputc('\n', console->out);
}

static double explain_rounded(double value)
{
	return round(value * 100) / 100;
}

/* The lines add up to the sum: what time, successes and limits of the sum took away is one of them. */
static void explain_print_sum(const struct console *console, const json_t *contributions,
			      const char *text, double sum, double threshold)
{
	double rest = explain_rounded(sum);
	json_t *part;
	size_t i;

	json_array_foreach(contributions, i, part)
	{
		double adds = explain_rounded(json_number_value(json_object_get(part, "adds")));
		const json_t *number = json_object_get(part, "count");
		char count[32] = "";

		if (json_is_number(number))
			(void)snprintf(count, sizeof(count), "%.1f", json_number_value(number));
		explain_print_line(console, count, view_text(part, "what"), "%+9.2f", adds);
		rest -= adds;
	}
	if (json_array_size(contributions) > 0 && fabs(rest) >= .005)
		explain_print_line(console, "",
				   rest < 0 ? "taken away by time, successes and limits"
					    : "what was known of it before",
				   "%+9.2f", rest);
	fputc('\n', console->out);
	explain_print_line(console, "", text, "%9.2f", sum);
	explain_print_line(console, "", "threshold", "%9.2f", threshold);
}

static void explain_print_ratio(const struct console *console)
{
	fputs("\nThe log-likelihood ratio is ln(q/p): how much more likely this is in an attack "
	      "(q)\nthan among the users of this host (p). 6.9 means 1000 times as likely.\n",
	      console->out);
}

static void explain_print(const struct console *console, const json_t *alert)
{
	const json_t *evidence = view_member(alert, "evidence");
	const json_t *threshold = json_object_get(evidence, "threshold");
	_cleanup_free_ char *text = NULL;
	size_t m = 0;

	fprintf(console->out, "%s\n\n", view_text(alert, "message"));
	while (m < ARRAY_LENGTH(explain_measures) &&
	       !json_object_get(evidence, explain_measures[m].member))
		m++;
	if (!threshold || m == ARRAY_LENGTH(explain_measures)) {
		fputs("One such event raises the alert; there is no sum.\n", console->out);
		return;
	}
	text = xasprintf("%s%s", explain_measures[m].text,
			 m == 0 ? " when the alert was raised" : "");
	explain_print_sum(
		console, json_object_get(evidence, "contributions"), text,
		json_number_value(json_object_get(evidence, explain_measures[m].member)),
		json_number_value(threshold));
	if (m == 0)
		explain_print_ratio(console);
}

static int explain_alert(const struct console *console, const char *id)
{
	_cleanup_free_ char *target = url_with_segment("/v1/alerts", id);
	_cleanup_free_ char *missing = xasprintf("there is no alert %s", id);

	return view_show(console, target, missing, explain_print);
}

/* ---- What stands here now ---- */

static const char *explain_measure_text(const char *measure)
{
	for (size_t i = 0; i < ARRAY_LENGTH(explain_measures); i++)
		if (strcmp(explain_measures[i].member, measure) == 0)
			return explain_measures[i].text;
	return measure;
}

static void explain_print_alerts(const struct console *console, const json_t *document)
{
	const json_t *alerts = view_member(document, "alerts");
	json_t *alert;
	size_t i;

	if (json_array_size(alerts) == 0)
		fprintf(console->out, "No alert about %s is active.\n",
			view_text(document, "subject.name"));
	json_array_foreach(alerts, i, alert)
		fprintf(console->out, "Active alert %s, %s: %s\n", view_text(alert, "id"),
			view_text(alert, "detector"), view_text(alert, "message"));
}

static void explain_print_standing(const struct console *console, const json_t *document)
{
	const json_t *sums = view_member(document, "sums");
	json_t *sum;
	size_t i;

	explain_print_alerts(console, document);
	if (json_array_size(sums) == 0)
		fputs("No evidence about it is kept now: no failed first contact is remembered.\n",
		      console->out);
	json_array_foreach(sums, i, sum)
	{
		fprintf(console->out, "\n%s\n", view_text(sum, "detector"));
		explain_print_sum(console, view_member(sum, "contributions"),
				  explain_measure_text(view_text(sum, "measure")),
				  json_number_value(view_member(sum, "sum")),
				  json_number_value(view_member(sum, "threshold")));
		if (view_member(sum, "needs"))
			fprintf(console->out, "%10s  What would raise it: %s\n", "",
				view_text(sum, "needs"));
	}
	if (json_array_size(sums) > 0)
		explain_print_ratio(console);
}

/* Those that are active, about this subject. */
static int explain_add_alerts(const struct console *console, const char *name, json_t *document)
{
	json_t *all, *alert, *active = json_array();
	size_t i;
	int code = pages_collect(console, "/v1/alerts", "alerts", &all);

	if (code != EXIT_OK) {
		json_decref(active);
		return code;
	}
	json_array_foreach(view_member(all, "alerts"), i, alert)
		if (strcmp(view_text(alert, "state"), "active") == 0 &&
		    strcmp(view_text(alert, "subject.name"), name) == 0)
			(void)json_array_append(active, alert);
	(void)json_object_set_new(document, "alerts", active);
	json_decref(all);
	return EXIT_OK;
}

static int explain_fetch_standing(const struct console *console, const char *kind, const char *name,
				  json_t **ret_document)
{
	_cleanup_free_ char *folder = xasprintf("/v1/standing/%s", kind);
	_cleanup_free_ char *target = url_with_segment(folder, name);
	struct client_reply reply = {0};
	int code = client_fetch(console, target, NULL, &reply, ret_document);

	if (code == EXIT_OK)
		client_reply_done(&reply);
	return code;
}

static int explain_subject(const struct console *console, const char *name)
{
	const struct address address = address_parse(name);
	bool is_source = address_is_known(&address);
	json_t *document;
	int code = explain_fetch_standing(console, is_source ? "source" : "account", name,
					  &document);

	/* a name without an @ may be a tenant's */
	if (code == EXIT_OK && !is_source && !strchr(name, '@') &&
	    json_array_size(view_member(document, "sums")) == 0) {
		json_decref(document);
		code = explain_fetch_standing(console, "tenant", name, &document);
	}
	if (code != EXIT_OK)
		return code;
	code = explain_add_alerts(console, name, document);
	if (code == EXIT_OK)
		view_show_document(console, document, explain_print_standing);
	json_decref(document);
	return code;
}

/* As the registry makes them: 14 digits of time, a dash, 6 of a sequence. */
static bool explain_is_alert(const char *word)
{
	static const char digits[] = "0123456789abcdef";

	return strspn(word, digits) == 14 && word[14] == '-' && strspn(word + 15, digits) == 6 &&
	       !word[21];
}

int explain_run(struct console *console, const struct arguments *arguments)
{
	return explain_is_alert(arguments->operand) ? explain_alert(console, arguments->operand)
						    : explain_subject(console, arguments->operand);
}
