/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal stores: one row per store and reader, though the document nests them. */
#include "cli/command.h"
#include "cli/view.h"

static void stores_add_readers(json_t *rows, const json_t *store)
{
	const json_t *readers = view_member(store, "readers");
	json_t *path = json_object_get(store, "path"), *reader;
	size_t i;

	if (json_array_size(readers) == 0) {
		reader = json_object();
		json_object_set(reader, "path", path);
		json_array_append_new(rows, reader);
	}
	json_array_foreach(readers, i, reader)
	{
		json_t *row = json_copy(reader);

		json_object_set(row, "path", path);
		json_array_append_new(rows, row);
	}
}

static void stores_print(const struct console *console, const json_t *document)
{
	static const struct view_column columns[] = {
		{"STORE", "path", VIEW_TEXT},	   {"PROGRAM", "actor", VIEW_TEXT},
		{"UID", "uid", VIEW_COUNT},	   {"LOGIN", "login_uid", VIEW_COUNT},
		{"UNIT", "unit", VIEW_TEXT}, {"ALLOWED", "allowed", VIEW_YES_NO},
		{"OPENS", "opens", VIEW_COUNT},	   {"READ", "bytes", VIEW_SIZE},
		{NULL, NULL, VIEW_TEXT},
	};
	json_t *rows = json_array(), *store;
	size_t i;

	json_array_foreach(view_member(document, "stores"), i, store)
		stores_add_readers(rows, store);
	view_print_rows(console, rows, columns, "No credential store was opened.");
	json_decref(rows);
}

int stores_run(struct console *console, const struct arguments *arguments)
{
	(void)arguments;
	return view_show(console, "/v1/stores", NULL, stores_print);
}
