/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal status: is everything seen, and if not, what is lost. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/command.h"
#include "cli/format.h"
#include "cli/learning.h"
#include "cli/view.h"

static void status_print_summary(const struct console *console, const json_t *document)
{
	_cleanup_free_ char *lost = view_join_counts(view_member(document, "lost"));
	char uptime[FORMAT_BYTES];
	json_int_t seconds = json_number_value(view_member(document, "uptime_seconds"));
	json_int_t alerts = json_integer_value(view_member(document, "alerts_active"));
	double tick_ms = json_number_value(view_member(document, "tick.last_ms"));

	fprintf(console->out, "waxseald %s, up %s, kernel %s\n", view_text(document, "version"),
		format_duration(seconds, uptime), view_text(document, "kernel"));
	fprintf(console->out, "alerts   %" JSON_INTEGER_FORMAT " active\n", alerts);
	fprintf(console->out, "lost     %s\n", lost);
	fprintf(console->out, "tick     %.1f ms, the last of %" JSON_INTEGER_FORMAT "\n", tick_ms,
		json_integer_value(view_member(document, "tick.count")));
	learning_print(console, view_member(document, "detection"));
}

/* The mechanism stands beside the sensors in the document, not inside them. */
static json_t *status_join_mechanisms(const json_t *document)
{
	const json_t *mechanisms = view_member(document, "mechanism");
	json_t *rows = json_array(), *sensor;
	size_t i;

	json_array_foreach(view_member(document, "sensors"), i, sensor)
	{
		json_t *row = json_copy(sensor);
		json_t *mechanism = json_object_get(mechanisms, view_text(sensor, "name"));

		json_object_set(row, "mechanism", mechanism);
		json_array_append_new(rows, row);
	}
	return rows;
}

static void status_print_roster(const struct console *console, const json_t *document)
{
	static const struct view_column places[] = {
		{"INVENTORY", "name", VIEW_WORD},	      {"STATE", "state", VIEW_WORD},
		{"ACCOUNTS", "accounts", VIEW_COUNT}, {"READ", "read", VIEW_TIME},
		{"PROBLEM", "problem", VIEW_TEXT},    {NULL, NULL, VIEW_TEXT},
	};
	const json_t *roster = view_member(document, "inventory");

	if (!json_is_object(roster))
		return;
	fputc('\n', console->out);
	view_print_rows(console, view_member(roster, "places"), places, "");
	fprintf(console->out, "known: %" JSON_INTEGER_FORMAT " accounts; a name beyond them %s\n",
		json_integer_value(view_member(roster, "accounts")),
		json_is_true(view_member(roster, "complete")) ? "does not exist" : "may exist");
}

/* What the session sensor cannot tell, though it is active. */
static void status_print_gaps(const struct console *console, const json_t *document)
{
	json_t *gap;
	size_t i;

	json_array_foreach(view_member(document, "session_gaps"), i, gap)
		fprintf(console->out, "session: %s\n", json_string_value(gap));
}

static void status_print(const struct console *console, const json_t *document)
{
	static const struct view_column sensors[] = {
		{"SENSOR", "name", VIEW_WORD},
		{"STATE", "state", VIEW_STATE},
		{"MECHANISM", "mechanism", VIEW_WORD},
		{"REASON", "reason", VIEW_TEXT},
		{NULL, NULL, VIEW_TEXT},
	};
	static const struct view_column maps[] = {
		{"MAP", "name", VIEW_WORD},
		{"ENTRIES", "entries", VIEW_COUNT},
		{"CAPACITY", "capacity", VIEW_COUNT},
		{NULL, NULL, VIEW_TEXT},
	};
	json_t *rows = status_join_mechanisms(document);

	status_print_summary(console, document);
	fputc('\n', console->out);
	view_print_rows(console, rows, sensors, "No sensor.");
	status_print_gaps(console, document);
	fputc('\n', console->out);
	view_print_rows(console, view_member(document, "maps"), maps, "No map.");
	status_print_roster(console, document);
	json_decref(rows);
}

int status_run(struct console *console, const struct arguments *arguments)
{
	(void)arguments;
	return view_show(console, "/v1/status", NULL, status_print);
}
