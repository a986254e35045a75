/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One page is in memory at a time, however long the list is. */
#include "cli/pages.h"

#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"
#include "cli/client.h"
#include "cli/url.h"
#include "cli/view.h"

#define PAGE_ROWS 1000

static int pages_fetch_one(struct pages *pages, const char *after, json_t **ret_document)
{
	_cleanup_free_ char *target = xstrdup(pages->target);
	_cleanup_free_ char *top =
		xasprintf("%lu", pages->left < PAGE_ROWS ? pages->left : PAGE_ROWS);
	struct client_reply reply = {0};
	int code;

	url_add_query(&target, "top", top);
	url_add_query(&target, "after", after);
	code = client_fetch(pages->console, target, NULL, &reply, ret_document);
	if (code == EXIT_OK)
		client_reply_done(&reply);
	return code;
}

int pages_fetch(struct pages *pages)
{
	_cleanup_free_ char *after = NULL;
	json_t *document;
	int code;

	do {
		const char *next;

		code = pages_fetch_one(pages, after, &document);
		if (code != EXIT_OK)
			return code;
		pages->left -= json_array_size(
			view_member(document, pages->list ? pages->list : "rows"));
		pages->take(pages->context, document);
		next = json_string_value(view_member(document, "next"));
		free(after);
		after = next ? xstrdup(next) : NULL;
		json_decref(document);
	} while (after && pages->left > 0 && !ferror(pages->console->out));
	pages->cut = after != NULL;
	return EXIT_OK;
}

struct collected {
	const char *list;
	json_t *array;
};

static void pages_extend(void *context, const json_t *document)
{
	struct collected *collected = context;

	(void)json_array_extend(collected->array,
				(json_t *)view_member(document, collected->list));
}

int pages_collect(const struct console *console, const char *target, const char *list,
		  json_t **ret_document)
{
	struct collected collected = {list, json_array()};
	struct pages pages = {.console = console,
			      .target = target,
			      .list = list,
			      .left = ULONG_MAX,
			      .take = pages_extend,
			      .context = &collected};
	int code = pages_fetch(&pages);

	if (code == EXIT_OK)
		*ret_document = json_pack("{s:O}", list, collected.array);
	json_decref(collected.array);
	return code;
}
