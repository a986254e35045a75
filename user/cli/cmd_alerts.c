/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waxseal alerts. A sentence is never cut: on a terminal it has lines of its own below the alert,
 * in a pipe it ends the alert's line.
 */
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/command.h"
#include "cli/follow.h"
#include "cli/utf8.h"
#include "cli/format.h"
#include "cli/pages.h"
#include "cli/url.h"
#include "cli/view.h"

#define INDENT 4
#define FOLLOW_SECONDS 1

/* Writes text broken at blanks into lines of width columns. */
static void alerts_print_wrapped(const struct console *console, const char *text,
				 unsigned int width)
{
	unsigned int column = 0;

	while (*text) {
		size_t length = strcspn(text, " ");
		_cleanup_free_ char *word = xstrndup(text, length);
		unsigned int columns = utf8_width(word);

		if (column > 0 && column + 1 + columns > width) {
			fputc('\n', console->out);
			column = 0;
		}
		column += fprintf(console->out, column ? " " : "%*s", column ? 0 : INDENT, "");
		column += utf8_print(console->out, word, columns);
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', console->out);
}

static void alerts_print_one(const struct console *console, const json_t *alert)
{
	const char *severity = view_text(alert, "severity"), *message = view_text(alert, "message");
	const char *subject = view_text(alert, "subject.name");
	bool over = strcmp(view_text(alert, "state"), "over") == 0;
	char clock[FORMAT_BYTES];
	int64_t time_us;

	if (time_parse(view_text(alert, "time"), console->now_us, &time_us) < 0)
		time_us = 0;
	fprintf(console->out, "%s  id %s  ", format_clock(time_us, clock), view_text(alert, "id"));
	listing_tone_begin(console, view_severity_tone(severity));
	fprintf(console->out, "%-8s", severity);
	listing_tone_end(console, view_severity_tone(severity));
	fprintf(console->out, "  %s  ", view_text(alert, "detector"));
	utf8_print(console->out, subject, utf8_width(subject));
	fputs(over ? "  (over)" : "", console->out);
	if (console->width > 0) {
		fputc('\n', console->out);
		alerts_print_wrapped(console, message, console->width);
		return;
	}
	fputs("  ", console->out);
	utf8_print(console->out, message, utf8_width(message));
	fputc('\n', console->out);
}

static void alerts_print(const struct console *console, const json_t *document)
{
	const json_t *alerts = view_member(document, "alerts");
	json_t *alert;
	size_t i;

	if (json_array_size(alerts) == 0)
		fputs("No alert.\n", console->out);
	json_array_foreach(alerts, i, alert) alerts_print_one(console, alert);
}

static void alerts_print_news(const struct console *console, const json_t *news)
{
	json_t *alert;
	size_t i;

	json_array_foreach(news, i, alert)
	{
		if (!console->json) {
			alerts_print_one(console, alert);
			continue;
		}
		json_dumpf(alert, console->out, JSON_COMPACT);
		fputc('\n', console->out);
	}
	fflush(console->out);
}

static char *alerts_target(const struct arguments *arguments, const char *since)
{
	char *target = xstrdup("/v1/alerts");

	url_add_query(&target, "since", since);
	url_add_query(&target, "detector", arguments->text[OPTION_DETECTOR]);
	return target;
}

/* Asks once and prints the news, or only remembers them when quiet. Returns an exit code. */
static int alerts_follow_once(const struct console *console, const struct arguments *arguments,
			      const char *since, bool quiet, struct follow *follow)
{
	_cleanup_free_ char *target = alerts_target(arguments, since);
	json_t *document, *news;
	int code = pages_collect(console, target, "alerts", &document);

	if (code != EXIT_OK)
		return code;
	news = follow_news(follow, view_member(document, "alerts"));
	if (!quiet)
		alerts_print_news(console, news);
	json_decref(news);
	json_decref(document);
	return EXIT_OK;
}

/*
 * Without --since only alerts from now on are printed. When the daemon restarts, this waits for
 * it, since alerts matter most just then; a daemon that does not answer at first is an error.
 */
static int alerts_follow(struct console *console, const struct arguments *arguments)
{
	const char *limit = arguments->text[OPTION_SINCE];
	char recent[TIME_TEXT_BYTES];
	struct follow follow = {0};
	struct console silent = *console;
	int code = alerts_follow_once(console, arguments, limit, /* quiet= */ !limit, &follow);

	silent.err = fopen("/dev/null", "we");
	while (code == EXIT_OK && silent.err && !ferror(console->out)) {
		_cleanup_free_ char *since = NULL;

		sleep(FOLLOW_SECONDS);
		time_format(time_now_us() - US_PER_HOUR, recent);
		since = xstrdup(follow_since(&follow, recent, limit));
		(void)alerts_follow_once(&silent, arguments, since, /* quiet= */ false, &follow);
	}
	if (silent.err)
		fclose(silent.err);
	follow_done(&follow);
	return code;
}

int alerts_run(struct console *console, const struct arguments *arguments)
{
	_cleanup_free_ char *target = alerts_target(arguments, arguments->text[OPTION_SINCE]);
	json_t *document;
	int code;

	if (arguments->text[OPTION_FOLLOW])
		return alerts_follow(console, arguments);
	code = pages_collect(console, target, "alerts", &document);
	if (code != EXIT_OK)
		return code;
	view_show_document(console, document, alerts_print);
	json_decref(document);
	return EXIT_OK;
}
