/* SPDX-License-Identifier: GPL-2.0-or-later */
/* waxseal blocklist: plain lines, as firewalls read them. */
#include "cli/command.h"
#include "cli/view.h"

static void blocklist_print(const struct console *console, const json_t *document)
{
	json_t *source;
	size_t i;

	json_array_foreach(view_member(document, "sources"), i, source)
		fprintf(console->out, "%s\n", view_text(source, "block"));
}

int blocklist_run(struct console *console, const struct arguments *arguments)
{
	(void)arguments;
	return view_show(console, "/v1/blocklist", NULL, blocklist_print);
}
