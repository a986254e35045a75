/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waxseal coverage: when the sensors were active. The last part says when an empty answer proves
 * that nothing happened: only for times in which a sensor was active and lost nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/url.h"
#include "cli/view.h"

static const struct {
	const char *sensor, *claim;
} claims[] = {
	{"auth", "nobody logged in"},
	{"session", "no session was sent mail"},
	{"mailbox", "no message was opened"},
	{"credentials", "no credential store was read"},
};

static void coverage_print_intervals(const struct console *console, const json_t *intervals)
{
	static const struct view_column columns[] = {
		{"SENSOR", "sensor", VIEW_WORD},  {"FROM", "from", VIEW_CLOCK},
		{"UNTIL", "until", VIEW_CLOCK},	  {"STATE", "state", VIEW_STATE},
		{"LOST", "lost_text", VIEW_TEXT}, {"REASON", "reason", VIEW_TEXT},
		{NULL, NULL, VIEW_TEXT},
	};
	json_t *rows = json_array(), *interval;
	size_t i;

	json_array_foreach(intervals, i, interval)
	{
		_cleanup_free_ char *lost = view_join_counts(view_member(interval, "lost"));
		json_t *row = json_copy(interval);

		(void)json_object_set_new(row, "lost_text", json_string(lost));
		(void)json_array_append_new(rows, row);
	}
	view_print_rows(console, rows, columns, "No sensor was active in this time.");
	json_decref(rows);
}

static void coverage_print_gaps(const struct console *console, const json_t *gaps)
{
	static const struct view_column columns[] = {
		{"SENSOR", "sensor", VIEW_WORD}, {"FROM", "from", VIEW_CLOCK},
		{"UNTIL", "until", VIEW_CLOCK},	 {"WHY", "why", VIEW_TEXT},
		{NULL, NULL, VIEW_TEXT},
	};

	view_print_heading(console, "Gaps: times in which a sensor was not active");
	view_print_rows(console, gaps, columns, "None.");
}

static bool coverage_is_certain(const json_t *interval)
{
	return strcmp(view_text(interval, "state"), "active") == 0 &&
	       json_object_size(view_member(interval, "lost")) == 0 &&
	       strcmp(view_text(interval, "from"), view_text(interval, "until")) != 0;
}

static void coverage_print_span(const struct console *console, const char *from, const char *until)
{
	char from_clock[FORMAT_BYTES], until_clock[FORMAT_BYTES], length[FORMAT_BYTES];
	int64_t from_us, until_us;

	if (time_parse(from, console->now_us, &from_us) < 0 ||
	    time_parse(until, console->now_us, &until_us) < 0)
		return;
	fprintf(console->out, "  %s to %s  (%s)\n", format_clock(from_us, from_clock),
		format_clock(until_us, until_clock),
		format_duration((until_us - from_us) / US_PER_SECOND, length));
}

static const char *coverage_later(const char *one, const char *other)
{
	return strcmp(one, other) > 0 ? one : other;
}

/* Intervals that touch are one span; times are RFC 3339, which sorts as text. */
static void coverage_print_claim(const struct console *console, const json_t *document,
				 const char *sensor, const char *claim)
{
	const char *from = NULL, *until = NULL, *since = view_text(document, "since");
	json_t *interval;
	size_t i;

	fprintf(console->out, "\"%s\" is certain (%s):\n", claim, sensor);
	json_array_foreach(view_member(document, "intervals"), i, interval)
	{
		if (strcmp(view_text(interval, "sensor"), sensor) != 0 ||
		    !coverage_is_certain(interval))
			continue;
		if (until && strcmp(until, view_text(interval, "from")) == 0) {
			until = view_text(interval, "until");
			continue;
		}
		if (until)
			coverage_print_span(console, from, until);
		from = coverage_later(view_text(interval, "from"), since);
		until = view_text(interval, "until");
	}
	if (until)
		coverage_print_span(console, from, until);
	else
		fputs("  never\n", console->out);
}

static void coverage_print(const struct console *console, const json_t *document)
{
	coverage_print_intervals(console, view_member(document, "intervals"));
	coverage_print_gaps(console, view_member(document, "gaps"));
	view_print_heading(console, "When an empty answer proves that nothing happened");
	for (size_t i = 0; i < ARRAY_LENGTH(claims); i++)
		coverage_print_claim(console, document, claims[i].sensor, claims[i].claim);
}

int coverage_run(struct console *console, const struct arguments *arguments)
{
	_cleanup_free_ char *target = xstrdup("/v1/coverage");

	url_add_query(&target, "since", arguments->text[OPTION_SINCE]);
	return view_show(console, target, NULL, coverage_print);
}
