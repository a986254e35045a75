/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict: an unknown or wrong parameter is refused by name, never guessed or ignored. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "base/time.h"
#include "serve/request.h"

#define TOP_MAXIMUM 100000

void reply_json(struct reply *reply, unsigned int status, json_t *document)
{
	char *body = json_dumps(document, JSON_COMPACT);

	json_decref(document);
	if (!body)
		abort();
	reply->status = status;
	reply->content_type = "application/json";
	reply->body = body;
	reply->length = strlen(body);
}

void reply_text(struct reply *reply, unsigned int status, const char *text)
{
	reply->status = status;
	reply->content_type = "text/plain; charset=utf-8";
	reply->body = xasprintf("%s\n", text);
	reply->length = strlen(reply->body);
}

void reply_error(struct reply *reply, unsigned int status, const char *format, ...)
{
	char *text = NULL;
	json_t *message;
	va_list values;

	va_start(values, format);
	if (vasprintf(&text, format, values) < 0)
		abort();
	va_end(values);
	message = json_string(text);
	free(text);
	/* Bytes of the request that are no UTF-8 are not repeated. */
	if (!message)
		message = json_string("bad request");
	reply_json(reply, status, json_pack("{s:o}", "error", message));
}

static int request_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -EINVAL;
}

static bool request_is_utf8(const char *text)
{
	json_t *string = json_string(text);
	bool is_utf8 = string != NULL;

	json_decref(string);
	return is_utf8;
}

int request_decode(const char *encoded, char **ret_text)
{
	_cleanup_free_ char *text = xmalloc(strlen(encoded) + 1);
	size_t length = 0;

	for (; *encoded; encoded++) {
		int high, low;

		if (*encoded != '%') {
			text[length++] = *encoded;
			continue;
		}
		high = request_digit(encoded[1]);
		low = high < 0 ? -EINVAL : request_digit(encoded[2]);
		if (low < 0 || (high == 0 && low == 0))
			return -EINVAL;
		text[length++] = (char)(high << 4 | low);
		encoded += 2;
	}
	text[length] = '\0';
	if (!request_is_utf8(text))
		return -EINVAL;
	*ret_text = take_ptr(text);
	return 0;
}

static bool request_allows(const char *allowed, const char *name)
{
	size_t length = strlen(name);

	for (const char *word = allowed; *word; word += strcspn(word, " "), word += *word == ' ')
		if (strcspn(word, " ") == length && strncmp(word, name, length) == 0)
			return true;
	return false;
}

static int request_refuse_name(struct reply *reply, const char *name, const char *allowed)
{
	if (allowed[0])
		reply_error(reply, 400, "unknown parameter '%s', allowed: %s", name, allowed);
	else
		reply_error(reply, 400, "unknown parameter '%s', none is allowed here", name);
	return -EINVAL;
}

static int request_parse_by(const char *value, const char *const *orders, struct ledger_query *ret,
			    struct reply *reply)
{
	char words[128] = "";
	size_t length = 0;

	for (size_t i = 0; orders[i]; i++) {
		if (strcmp(orders[i], value) == 0) {
			ret->by = orders[i];
			return 0;
		}
		length +=
			(size_t)snprintf(words + length, sizeof(words) - length, " %s", orders[i]);
	}
	reply_error(reply, 400, "parameter 'by' is '%s', allowed:%s", value, words);
	return -EINVAL;
}

static int request_parse_time(const struct request *request, const char *name, const char *value,
			      int64_t *ret_us, struct reply *reply)
{
	if (time_parse(value, request->now_us, ret_us) == 0)
		return 0;
	reply_error(reply, 400,
		    "parameter '%s' is '%s', allowed: 2026-07-01T12:34:56Z, 2026-07-01,"
		    " @SECONDS, -2h",
		    name, value);
	return -EINVAL;
}

static int request_parse_include(const char *value, struct ledger_query *ret, struct reply *reply)
{
	ret->with_tried = strcmp(value, "tried") == 0;
	ret->with_nonexistent = strcmp(value, "nonexistent") == 0;
	if (ret->with_tried || ret->with_nonexistent)
		return 0;
	reply_error(reply, 400, "parameter 'include' is '%s', allowed: tried nonexistent", value);
	return -EINVAL;
}

static void request_set_text(const char *name, const char *value, struct ledger_query *ret)
{
	if (strcmp(name, "tenant") == 0)
		ret->tenant = value;
	else if (strcmp(name, "account") == 0)
		ret->account = value;
	else if (strcmp(name, "actor") == 0)
		ret->actor = value;
	else if (strcmp(name, "after") == 0)
		ret->after = value;
	else
		ret->detector = value;
}

static int request_parse_value(const struct request *request, const char *name, const char *value,
			       const char *const *orders, struct ledger_query *ret,
			       struct reply *reply)
{
	uint64_t top;

	if (strcmp(name, "by") == 0)
		return request_parse_by(value, orders, ret, reply);
	if (strcmp(name, "top") == 0) {
		if (parse_u64(value, 1, TOP_MAXIMUM, &top) == 0) {
			ret->top = (unsigned int)top;
			return 0;
		}
		reply_error(reply, 400, "parameter 'top' is '%s', allowed: 1 to %d", value,
			    TOP_MAXIMUM);
		return -EINVAL;
	}
	if (strcmp(name, "since") == 0)
		return request_parse_time(request, name, value, &ret->since_us, reply);
	if (strcmp(name, "until") == 0)
		return request_parse_time(request, name, value, &ret->until_us, reply);
	if (strcmp(name, "include") == 0)
		return request_parse_include(value, ret, reply);
	if (!value[0]) {
		reply_error(reply, 400, "parameter '%s' is empty", name);
		return -EINVAL;
	}
	request_set_text(name, value, ret);
	return 0;
}

static int request_parse_all(const struct request *request, const char *allowed,
			     const char *const *orders, struct request_query *query,
			     struct reply *reply)
{
	for (size_t i = 0; i < request->n_parameters; i++) {
		const struct parameter *parameter = &request->parameters[i];
		int r;

		if (!request_allows(allowed, parameter->name))
			return request_refuse_name(reply, parameter->name, allowed);
		r = request_decode(parameter->value ? parameter->value : "", &query->values[i]);
		if (r < 0) {
			reply_error(reply, 400, "parameter '%s' is not percent-encoded UTF-8",
				    parameter->name);
			return r;
		}
		r = request_parse_value(request, parameter->name, query->values[i], orders,
					&query->ledger, reply);
		if (r < 0)
			return r;
	}
	return 0;
}

int request_parse(const struct request *request, const char *allowed, const char *const *orders,
		  struct request_query *ret, struct reply *reply)
{
	struct request_query query = {.ledger.now_us = request->now_us};
	int r;

	if (request->n_parameters > REQUEST_PARAMETERS) {
		reply_error(reply, 400, "more than %d parameters", REQUEST_PARAMETERS);
		return -EINVAL;
	}
	r = request_parse_all(request, allowed, orders, &query, reply);
	if (r < 0) {
		request_query_done(&query);
		return r;
	}
	*ret = query;
	return 0;
}

void request_query_done(struct request_query *query)
{
	for (size_t i = 0; i < REQUEST_PARAMETERS; i++)
		free(query->values[i]);
}
