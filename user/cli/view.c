/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A member that is missing or of another type reads "-", so that an older or newer daemon still
 * gives a table.
 */
#include "cli/view.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/client.h"
#include "cli/utf8.h"
#include "cli/format.h"

#define MAX_COLUMNS 16

const json_t *view_member(const json_t *object, const char *field)
{
	const char *dot = strchr(field, '.');
	char first[64];
	const json_t *member;

	if (dot && (size_t)(dot - field) < sizeof(first)) {
		memcpy(first, field, dot - field);
		first[dot - field] = '\0';
		return view_member(json_object_get(object, first), dot + 1);
	}
	member = json_object_get(object, field);
	return json_is_null(member) ? NULL : member;
}

const char *view_text(const json_t *object, const char *field)
{
	const char *text = json_string_value(view_member(object, field));

	return text && *text ? text : "-";
}

enum tone view_severity_tone(const char *severity)
{
	if (strcmp(severity, "critical") == 0)
		return TONE_BAD;
	return strcmp(severity, "warning") == 0 ? TONE_WARNING : TONE_PLAIN;
}

static enum tone view_state_tone(const char *state)
{
	if (strcmp(state, "active") == 0)
		return TONE_GOOD;
	return strcmp(state, "degraded") == 0 ? TONE_WARNING : TONE_BAD;
}

static char *view_print_time(const json_t *member, enum view_kind kind, int64_t now_us)
{
	const char *text = json_string_value(member);
	char buffer[FORMAT_BYTES];
	int64_t time_us;

	if (!text)
		return NULL;
	if (time_parse(text, now_us, &time_us) < 0)
		return xstrdup(text);
	return xstrdup(kind == VIEW_CLOCK ? format_clock(time_us, buffer)
					  : format_time(time_us, now_us, buffer));
}

static char *view_print_list(const json_t *member)
{
	char *joined = NULL;
	json_t *item;
	size_t i;

	json_array_foreach(member, i, item)
	{
		const char *text = json_string_value(item);
		char *longer = xasprintf("%s%s%s", joined ? joined : "", joined ? ", " : "",
					 text ? text : "?");

		free(joined);
		joined = longer;
	}
	return joined;
}

static char *view_print_number(const json_t *member, enum view_kind kind)
{
	char buffer[FORMAT_BYTES];
	json_int_t value = json_integer_value(member);

	if (!json_is_number(member))
		return NULL;
	if (kind == VIEW_DECIMAL)
		return xasprintf("%.1f", json_number_value(member));
	if (value < 0)
		return xasprintf("%" JSON_INTEGER_FORMAT, value);
	return xstrdup(kind == VIEW_SIZE ? format_size(value, buffer)
					 : format_count(value, buffer));
}

/* NULL when the member is not of that kind. */
static char *view_print_member(const json_t *member, enum view_kind kind, int64_t now_us)
{
	switch (kind) {
	case VIEW_COUNT:
	case VIEW_SIZE:
	case VIEW_DECIMAL: return view_print_number(member, kind);
	case VIEW_TIME:
	case VIEW_CLOCK: return view_print_time(member, kind, now_us);
	case VIEW_LIST: return view_print_list(member);
	case VIEW_YES_NO:
		return json_is_boolean(member) ? xstrdup(json_is_true(member) ? "yes" : "no")
					       : NULL;
	default:
		return json_is_string(member) && *json_string_value(member)
			       ? xstrdup(json_string_value(member))
			       : NULL;
	}
}

/* The cell's text is owned by the caller. */
static char *view_cell(const struct console *console, const json_t *object,
		       const struct view_column *column, enum tone *ret_tone)
{
	char *text = view_print_member(view_member(object, column->field), column->kind,
				       console->now_us);

	*ret_tone = TONE_PLAIN;
	if (text && column->kind == VIEW_SEVERITY)
		*ret_tone = view_severity_tone(text);
	else if (text && column->kind == VIEW_STATE)
		*ret_tone = view_state_tone(text);
	return text ? text : xstrdup("-");
}

static void view_add_row(const struct console *console, struct listing *listing, const json_t *row,
			 const struct view_column *columns)
{
	for (size_t i = 0; i < listing->n_columns; i++) {
		enum tone tone;
		_cleanup_free_ char *text = view_cell(console, row, &columns[i], &tone);

		listing_add(listing, text, tone);
	}
}

static size_t view_lay_out(const struct view_column *columns, struct listing_column *ret)
{
	size_t n = 0;

	for (; columns[n].title && n < MAX_COLUMNS; n++) {
		enum view_kind kind = columns[n].kind;

		ret[n] = (struct listing_column){
			.title = columns[n].title,
			.right = kind == VIEW_COUNT || kind == VIEW_SIZE || kind == VIEW_DECIMAL,
			.shrinkable = kind == VIEW_TEXT || kind == VIEW_LIST,
		};
	}
	return n;
}

void view_print_rows(const struct console *console, const json_t *rows,
		     const struct view_column *columns, const char *empty)
{
	struct listing_column layout[MAX_COLUMNS];
	struct listing listing = {.columns = layout, .n_columns = view_lay_out(columns, layout)};
	json_t *row;
	size_t i;

	if (json_array_size(rows) == 0) {
		fprintf(console->out, "%s\n", empty);
		return;
	}
	json_array_foreach(rows, i, row) view_add_row(console, &listing, row, columns);
	listing_print(&listing, console);
	listing_done(&listing);
}

void view_print_object(const struct console *console, const json_t *object,
		       const struct view_column *columns)
{
	int widest = 0;

	for (const struct view_column *column = columns; column->title; column++)
		if ((int)strlen(column->title) > widest)
			widest = strlen(column->title);
	for (; columns->title; columns++) {
		enum tone tone;
		_cleanup_free_ char *text = view_cell(console, object, columns, &tone);

		fprintf(console->out, "%-*s  ", widest, columns->title);
		listing_tone_begin(console, tone);
		utf8_print(console->out, text, UINT_MAX);
		listing_tone_end(console, tone);
		fputc('\n', console->out);
	}
}

char *view_join_counts(const json_t *counts)
{
	char *summary = NULL, *longer, buffer[FORMAT_BYTES];
	const char *name;
	json_t *count;

	json_object_foreach((json_t *)counts, name, count)
	{
		if (json_integer_value(count) <= 0)
			continue;
		longer = xasprintf("%s%s%s %s", summary ? summary : "", summary ? ", " : "", name,
				   format_count(json_integer_value(count), buffer));
		free(summary);
		summary = longer;
	}
	return summary ? summary : xstrdup("none");
}

void view_print_heading(const struct console *console, const char *heading)
{
	fprintf(console->out, "\n%s\n", heading);
}

void view_print_document(const struct console *console, const char *text)
{
	size_t length = strlen(text);

	while (length > 0 && text[length - 1] == '\n')
		length--;
	fwrite(text, 1, length, console->out);
	fputc('\n', console->out);
}

int view_show(const struct console *console, const char *target, const char *missing,
	      view_printer print)
{
	struct client_reply reply = {0};
	json_t *document = NULL;
	int code = client_fetch(console, target, missing, &reply, &document);

	if (code != EXIT_OK)
		return code;
	if (console->json)
		view_print_document(console, reply.body);
	else
		print(console, document);
	json_decref(document);
	client_reply_done(&reply);
	return EXIT_OK;
}

void view_show_document(const struct console *console, const json_t *document, view_printer print)
{
	_cleanup_free_ char *text = NULL;

	if (!console->json) {
		print(console, document);
		return;
	}
	text = json_dumps(document, JSON_COMPACT);
	if (!text)
		abort();
	view_print_document(console, text);
}
