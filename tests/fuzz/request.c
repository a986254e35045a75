/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A request target and, on a second line, an Accept header, as the routes see them: every answer
 * is a whole document, and no answer to TCP names an account. What the command line encodes, the
 * daemon decodes.
 */
#include "cli/url.h"
#include "fuzz/fuzz.h"
#include "serve/routes.h"

static void split_query(char *query, struct request *request)
{
	char *part;

	while ((part = strsep(&query, "&"))) {
		char *value = part, *name = strsep(&value, "=");

		if (request->n_parameters < REQUEST_PARAMETERS)
			request->parameters[request->n_parameters] =
				(struct parameter){.name = name, .value = value};
		request->n_parameters++;
	}
}

static void check_encoding(const char *encoded)
{
	char *text, *url, *again;

	if (request_decode(encoded, &text) < 0)
		return;
	must(strlen(text) <= strlen(encoded) && fuzz_is_utf8(text));
	url = url_with_segment("", text);
	must(request_decode(url + 1, &again) == 0 && strcmp(text, again) == 0);
	free(text);
	free(url);
	free(again);
}

static void check_lists(const struct request *request)
{
	static const char *const orders[] = {"success", "failure", NULL};
	struct reply reply = {0};
	struct request_query query;

	if (request_parse(request, "by top since tenant detector", orders, &query, &reply) < 0) {
		must(reply.status == 400 && reply.body);
		free(reply.body);
		return;
	}
	must(!reply.body && query.ledger.top <= 100000 && query.ledger.since_us >= 0);
	must(!query.ledger.tenant || fuzz_is_utf8(query.ledger.tenant));
	request_query_done(&query);
}

static void check_answer(const struct server_view *view, const struct request *request)
{
	struct reply reply = {0};

	routes_answer(view, request, &reply);
	must(reply.status >= 200 && reply.status < 600 && reply.content_type && reply.body);
	must(reply.length == strlen(reply.body) && fuzz_is_utf8(reply.body));
	must(request->is_local || reply.status != 503 || strncmp(request->path, "/v1/", 4) != 0);
	if (strcmp(reply.content_type, "application/json") == 0) {
		json_t *document = json_loads(reply.body, 0, NULL);

		must(document);
		json_decref(document);
	}
	free(reply.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = fuzz_text(bytes, size), *accept = text, *query = strsep(&accept, "\n");
	struct request request = {.method = "GET",
				  .path = strsep(&query, "?"),
				  .accept = accept,
				  .now_us = INT64_C(1782909296789000)};
	struct server_view view = {.metrics = metrics_new()};

	split_query(query, &request);
	check_encoding(request.path);
	check_lists(&request);
	check_answer(&view, &request);
	request.is_local = true;
	check_answer(&view, &request);
	metrics_free(view.metrics);
	free(text);
	return 0;
}
