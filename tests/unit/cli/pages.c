/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list in pages: asked until there is no more, or enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>

#include "cli/pages.h"
#include "responder.h"

struct taken {
	size_t pages, rows;
};

static void take(void *context, const json_t *document)
{
	struct taken *taken = context;

	taken->pages++;
	taken->rows += json_array_size(json_object_get(document, "rows"));
}

/* Every answer is the same one. */
static struct taken fetch(const char *response, unsigned long left, bool *ret_cut, char *ret_asked,
			  size_t size)
{
	struct taken taken = {0};
	struct responder responder;
	struct console console = {.out = stdout, .err = stderr};
	struct pages pages = {.console = &console,
			      .target = "/v1/ledger?since=x",
			      .left = left,
			      .take = take,
			      .context = &taken};

	responder_start(&responder, response);
	console.socket = responder.path;
	assert_int_equal(pages_fetch(&pages), EXIT_OK);
	responder_stop(&responder);
	snprintf(ret_asked, size, "%s", responder.asked);
	*ret_cut = pages.cut;
	return taken;
}

static void the_last_page_names_no_next(void **state)
{
	struct taken taken;
	char asked[256];
	bool cut;

	(void)state;
	taken = fetch(RESPOND("200 OK", "{\"rows\":[{},{}],\"next\":null}"), 5000, &cut, asked,
		      sizeof(asked));
	assert_int_equal(taken.pages, 1);
	assert_int_equal(taken.rows, 2);
	assert_false(cut);
	assert_string_equal(asked, "GET /v1/ledger?since=x&top=1000 HTTP/1.1");
}

static void no_more_rows_are_asked_for_than_are_wanted(void **state)
{
	struct taken taken;
	char asked[256];
	bool cut;

	(void)state;
	taken = fetch(RESPOND("200 OK", "{\"rows\":[{},{}],\"next\":\"1-2-3-4\"}"), 4, &cut, asked,
		      sizeof(asked));
	assert_int_equal(taken.pages, 2);
	assert_int_equal(taken.rows, 4);
	assert_true(cut);
	assert_string_equal(asked, "GET /v1/ledger?since=x&top=2&after=1-2-3-4 HTTP/1.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_page_names_no_next),
		cmocka_unit_test(no_more_rows_are_asked_for_than_are_wanted),
	};

	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
