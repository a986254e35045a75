/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's documents as tables: one row of struct view_column per column, nothing by hand. */
#ifndef WAX_CLI_VIEW_H
#define WAX_CLI_VIEW_H

#include <jansson.h>

#include "cli/console.h"
#include "cli/listing.h"

enum view_kind {
	VIEW_TEXT, /* may be cut */
	VIEW_WORD, /* short; never cut */
	VIEW_COUNT,
	VIEW_SIZE,
	VIEW_DECIMAL,
	VIEW_TIME,
	VIEW_CLOCK, /* a time, never as so long ago */
	VIEW_YES_NO,
	VIEW_SEVERITY, /* coloured */
	VIEW_STATE,    /* of a sensor; coloured */
	VIEW_LIST,     /* of strings; may be cut */
};

struct view_column {
	const char *title;
	const char *field; /* member, or member.member */
	enum view_kind kind;
};

/* The member at "name" or "name.name"; NULL when there is none or it is null. */
const json_t *view_member(const json_t *object, const char *field);
/* As text: "-" for what is unknown. */
const char *view_text(const json_t *object, const char *field);
enum tone view_severity_tone(const char *severity);

/* columns ends with a NULL title. Prints `empty` as a line when rows has none. */
void view_print_rows(const struct console *console, const json_t *rows,
		     const struct view_column *columns, const char *empty);
/* One object, a line "title  value" per column. */
void view_print_object(const struct console *console, const json_t *object,
		       const struct view_column *columns);
/* "name 1, name 2" of an object's numbers without the zeros; "none". Owned by the caller. */
char *view_join_counts(const json_t *counts);
/* An empty line and a heading before a further table. */
void view_print_heading(const struct console *console, const char *heading);

typedef void (*view_printer)(const struct console *console, const json_t *document);

/* Asks for target and prints the document: as it came with --json, else with print. missing: see
 * client_fetch(). Returns an exit code. */
int view_show(const struct console *console, const char *target, const char *missing,
	      view_printer print);
/* A document that was put together here. */
void view_show_document(const struct console *console, const json_t *document, view_printer print);
/* text and one newline. */
void view_print_document(const struct console *console, const char *text);

#endif
