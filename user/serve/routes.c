/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of routes. A new document is one function and one row. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "serve/routes.h"

struct context {
	const struct server_view *view;
	const struct request *request;
	const struct ledger_query *query;
	const char *name; /* the decoded rest of the path */
};

struct route {
	const char *path; /* with a slash at the end a name follows */
	bool on_tcp;
	const char *parameters;
	const char *const *orders;
	void (*answer)(const struct context *context, struct reply *reply);
};

static void answer_from_daemon(json_t *(*ask)(void *context), void *context, struct reply *reply)
{
	json_t *document = ask ? ask(context) : NULL;

	if (document)
		reply_json(reply, 200, document);
	else
		reply_error(reply, 503, "the daemon cannot say that now");
}

static void answer_status(const struct context *context, struct reply *reply)
{
	answer_from_daemon(context->view->status, context->view->context, reply);
}

static void answer_doctor(const struct context *context, struct reply *reply)
{
	answer_from_daemon(context->view->doctor, context->view->context, reply);
}

static void answer_blocklist(const struct context *context, struct reply *reply)
{
	answer_from_daemon(context->view->blocklist, context->view->context, reply);
}

static void answer_detection(const struct context *context, struct reply *reply)
{
	answer_from_daemon(context->view->detection, context->view->context, reply);
}

/* KIND/NAME */
static void answer_standing(const struct context *context, struct reply *reply)
{
	static const enum subject_kind kinds[] = {SUBJECT_ACCOUNT, SUBJECT_SOURCE, SUBJECT_TENANT};
	const struct server_view *view = context->view;

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		const char *word = subject_kind_to_string(kinds[i]);
		size_t length = strlen(word);
		const char *name = context->name + length + 1;

		if (strncmp(context->name, word, length) != 0 || context->name[length] != '/' ||
		    !*name)
			continue;
		if (view->standing)
			reply_json(reply, 200, view->standing(view->context, kinds[i], name));
		else
			reply_error(reply, 503, "the daemon cannot say that now");
		return;
	}
	reply_error(reply, 404, "no such document; there are account/, source/ and tenant/");
}

static void answer_stream(const struct context *context, struct reply *reply)
{
	uint64_t number;

	if (parse_u64(context->name, 0, UINT64_MAX, &number) < 0)
		reply_error(reply, 400, "the stream goes on from a number");
	else if (!context->view->stream)
		reply_error(reply, 503, "the daemon cannot say that now");
	else
		reply_json(reply, 200, context->view->stream(context->view->context, number));
}

static void answer_health(const struct context *context, struct reply *reply)
{
	const struct server_view *view = context->view;
	char problem[256] = "not healthy";

	if (!view->is_healthy || view->is_healthy(view->context, problem, sizeof(problem)))
		reply_text(reply, 200, "ok");
	else
		reply_text(reply, 503, problem);
}

static void answer_metrics(const struct context *context, struct reply *reply)
{
	enum metrics_format format = metrics_format_from_accept(context->request->accept);
	const struct server_view *view = context->view;
	uint64_t accounts, sources;

	metrics_begin_scrape(view->metrics);
	if (view->ledger && ledger_count_accounts(view->ledger, &accounts, &sources) == 0) {
		metrics_set(view->metrics, METRIC_ACCOUNTS_SEEN, NULL, NULL, (double)accounts);
		metrics_set(view->metrics, METRIC_SOURCES_SEEN, NULL, NULL, (double)sources);
	}
	if (view->measure)
		view->measure(view->context, view->metrics);
	reply->status = 200;
	reply->content_type = metrics_content_type(format);
	reply->body = metrics_print(view->metrics, format, &reply->length);
}

/* The end of each answer from the ledger. */
static void answer_from_ledger(int r, json_t *document, struct reply *reply)
{
	if (r < 0)
		reply_error(reply, 500, "cannot read the ledger: %s", strerror(-r));
	else
		reply_json(reply, 200, document);
}

static void answer_page(int r, json_t *document, const struct context *context, struct reply *reply)
{
	if (r == -EINVAL)
		reply_error(reply, 400, "parameter 'after' is '%s', allowed: 'next' of a page",
			    context->query->after);
	else
		answer_from_ledger(r, document, reply);
}

static void answer_named(int r, json_t *document, const char *kind, const char *name,
			 struct reply *reply)
{
	if (r == -ENOENT)
		reply_error(reply, 404, "%s '%s' was never seen", kind, name);
	else
		answer_from_ledger(r, document, reply);
}

static void answer_accounts(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_accounts(context->view->ledger, context->query, &document);

	answer_from_ledger(r, document, reply);
}

static void answer_account(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_account(context->view->ledger, context->name, &document);

	answer_named(r, document, "account", context->name, reply);
}

/* What the detectors have against it, which the ledger does not know. */
static void answer_add_score(const struct server_view *view, json_t *source)
{
	const char *name = json_string_value(json_object_get(source, "source"));
	double sum, threshold;
	bool is_known = name && view->source_evidence &&
			view->source_evidence(view->context, name, &sum, &threshold);

	(void)json_object_set_new(source, "score",
				  is_known ? json_real(round(sum * 100) / 100) : json_null());
	(void)json_object_set_new(source, "threshold",
				  is_known ? json_real(round(threshold * 100) / 100) : json_null());
}

static void answer_sources(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_sources(context->view->ledger, context->query, &document);
	json_t *source;
	size_t i;

	json_array_foreach(json_object_get(document, "sources"), i, source)
		answer_add_score(context->view, source);
	answer_from_ledger(r, document, reply);
}

static void answer_source(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_source(context->view->ledger, context->name, &document);

	if (r == 0)
		answer_add_score(context->view, document);
	answer_named(r, document, "source", context->name, reply);
}

static void answer_tenants(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_tenants(context->view->ledger, &document);

	answer_from_ledger(r, document, reply);
}

static void answer_stores(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_stores(context->view->ledger, &document);

	answer_from_ledger(r, document, reply);
}

static void answer_alerts(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_alerts(context->view->ledger, context->query, &document);

	answer_page(r, document, context, reply);
}

static void answer_alert(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_alert(context->view->ledger, context->name, &document);

	if (r == -ENOENT)
		reply_error(reply, 404, "there is no alert %s", context->name);
	else
		answer_from_ledger(r, document, reply);
}

static void answer_affected(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_affected(context->view->ledger, context->query, &document);

	answer_from_ledger(r, document, reply);
}

static void answer_hours(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_hours(context->view->ledger, context->query, &document);

	answer_page(r, document, context, reply);
}

static void answer_coverage(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_coverage(context->view->ledger, context->query, &document);

	answer_from_ledger(r, document, reply);
}

static void answer_accepted(const struct context *context, struct reply *reply)
{
	json_t *document = NULL;
	int r = ledger_query_accepted(context->view->ledger, context->request->now_us, &document);

	answer_from_ledger(r, document, reply);
}

static void answer_accept_request(const struct context *context,
				  const struct accept_request *request, struct reply *reply)
{
	json_t *document = NULL;
	char problem[512];
	int r = context->view->accept(context->view->context, request, &document, problem,
				      sizeof(problem));

	if (r < 0)
		reply_error(reply,
			    r == -ENOENT   ? 404
			    : r == -EEXIST ? 409
			    : r == -EINVAL ? 400
					   : 500,
			    "%s", problem);
	else
		reply_json(reply, 200, document);
}

/* Who may is asked before anything of the body is looked at. */
static void answer_accept(const struct context *context, struct reply *reply)
{
	const struct request *request = context->request;
	struct accept_request accept;
	json_t *document;
	char wrong[512];

	if (!request->peer.is_known || !request->peer.is_admin) {
		reply_error(reply, 403,
			    "only root and the members of [http] admin_group may accept readers%s",
			    request->peer.group_state == NAME_WAITS ||
					    request->peer.group_state == NAME_FAILED
				    ? "; the user database has not answered yet who that group is: "
				      "try again"
			    : request->peer.group_state == NAME_ABSENT ? "; there is no such group"
								       : "");
		return;
	}
	if (!context->view->accept) {
		reply_error(reply, 503, "the daemon cannot do that now");
		return;
	}
	document = json_loadb(request->body ? request->body : "", request->body_bytes,
			      JSON_REJECT_DUPLICATES, NULL);
	if (!document) {
		reply_error(reply, 400, "the body is not JSON");
		return;
	}
	if (accept_parse(document, &accept, wrong, sizeof(wrong)) < 0) {
		reply_error(reply, 400, "%s", wrong);
	} else {
		accept.by_uid = request->peer.uid;
		answer_accept_request(context, &accept, reply);
	}
	json_decref(document);
}

/* Names of accounts and addresses stay off TCP. */
static const struct route routes[] = {
	{"/metrics", true, "", NULL, answer_metrics},
	{"/healthz", true, "", NULL, answer_health},
	{"/v1/status", false, "", NULL, answer_status},
	{"/v1/doctor", false, "", NULL, answer_doctor},
	{"/v1/blocklist", false, "", NULL, answer_blocklist},
	{"/v1/detection", false, "", NULL, answer_detection},
	{"/v1/stream/", false, "", NULL, answer_stream},
	{"/v1/standing/", false, "", NULL, answer_standing},
	{"/v1/accounts", false, "by top tenant", ledger_account_orders, answer_accounts},
	{"/v1/accounts/", false, "", NULL, answer_account},
	{"/v1/sources", false, "by top", ledger_source_orders, answer_sources},
	{"/v1/sources/", false, "", NULL, answer_source},
	{"/v1/tenants", false, "", NULL, answer_tenants},
	{"/v1/stores", false, "", NULL, answer_stores},
	{"/v1/alerts", false, "since detector top after", NULL, answer_alerts},
	{"/v1/alerts/", false, "", NULL, answer_alert},
	{"/v1/affected", false, "since detector tenant include top after", NULL, answer_affected},
	{"/v1/ledger", false, "since until account actor top after", NULL, answer_hours},
	{"/v1/coverage", false, "since", NULL, answer_coverage},
	{"/v1/accepted", false, "", NULL, answer_accepted},
	{"/v1/accept", false, "", NULL, answer_accept},
};

static bool route_needs_ledger(const struct route *route)
{
	return strncmp(route->path, "/v1/", 4) == 0 && route->answer != answer_status &&
	       route->answer != answer_doctor && route->answer != answer_blocklist &&
	       route->answer != answer_detection && route->answer != answer_stream &&
	       route->answer != answer_standing;
}

static const struct route *route_find(const char *path, bool is_local)
{
	for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
		const struct route *route = &routes[i];
		size_t length = strlen(route->path);

		if (!is_local && !route->on_tcp)
			continue;
		if (strcmp(path, route->path) == 0 && route->path[length - 1] != '/')
			return route;
		if (route->path[length - 1] == '/' && strncmp(path, route->path, length) == 0 &&
		    path[length])
			return route;
	}
	return NULL;
}

static void route_answer(const struct route *route, struct context *context, struct reply *reply)
{
	_cleanup_(request_query_done) struct request_query query = {0};
	_cleanup_free_ char *name = NULL;
	const struct request *request = context->request;

	if (request_decode(request->path + strlen(route->path), &name) < 0) {
		reply_error(reply, 400, "the name in the path is not percent-encoded UTF-8");
		return;
	}
	if (request_parse(request, route->parameters, route->orders, &query, reply) < 0)
		return;
	if (route_needs_ledger(route) && !context->view->ledger) {
		reply_error(reply, 503, "the ledger is not open");
		return;
	}
	context->query = &query.ledger;
	context->name = name;
	route->answer(context, reply);
}

/* The others only read. */
static bool route_is_post(const struct route *route)
{
	return route->answer == answer_accept;
}

static bool route_takes(const struct route *route, const char *method)
{
	if (route_is_post(route))
		return strcmp(method, "POST") == 0;
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

void routes_answer(const struct server_view *view, const struct request *request, struct reply *ret)
{
	const struct route *route = route_find(request->path, request->is_local);
	struct context context = {.view = view, .request = request};
	struct reply reply = {0};

	if (!route) {
		reply_error(&reply, 404, "no such document");
	} else if (!route_takes(route, request->method)) {
		reply_error(&reply, 405, "only %s is allowed",
			    route_is_post(route) ? "POST" : "GET");
		reply.allow = route_is_post(route) ? "POST" : "GET, HEAD";
	} else {
		route_answer(route, &context, &reply);
	}
	*ret = reply;
}
