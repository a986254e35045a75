/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list that the daemon gives page by page: an answer says by `next` where the one after it
 * begins.
 */
#ifndef WAX_CLI_PAGES_H
#define WAX_CLI_PAGES_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/console.h"

struct pages {
	const struct console *console;
	const char *target; /* without top and after */
	const char *list;   /* the member that goes on from page to page; NULL: "rows" */
	unsigned long left; /* rows that are wanted yet; lowered */
	bool cut;	    /* there are more rows than were wanted */
	/* Called for each page, the first and an empty one, too. */
	void (*take)(void *context, const json_t *document);
	void *context;
};

/* Asks until there is no more, or enough. Returns an exit code. */
int pages_fetch(struct pages *pages);
/* The whole list in one document, {LIST: [...]}. Returns an exit code; new reference. */
int pages_collect(const struct console *console, const char *target, const char *list,
		  json_t **ret_document);

#endif
