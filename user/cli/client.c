/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl does the HTTP. This file adds the operator's message for each error, and a cap on the
 * memory that a broken daemon can make us use.
 */
#include "cli/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/mem.h"

/* 100,000 accounts are about 30 MB of JSON; `affected` has no cap of its own. */
#define REPLY_MAX_BYTES (512UL << 20)
#define CONNECT_TIMEOUT_MS 5000L
#define ANSWER_TIMEOUT_MS 60000L

struct receiver {
	struct client_reply reply;
	size_t room;
	bool too_big;
};

void client_reply_done(struct client_reply *reply)
{
	free(reply->body);
	*reply = (struct client_reply){0};
}

static size_t client_receive(char *bytes, size_t unit, size_t count, void *context)
{
	struct receiver *receiver = context;
	struct client_reply *reply = &receiver->reply;
	size_t added = unit * count;

	if (added > REPLY_MAX_BYTES - reply->length) {
		receiver->too_big = true;
		return 0;
	}
	if (reply->length + added >= receiver->room) {
		receiver->room = 2 * (reply->length + added) + 1;
		reply->body = xrealloc(reply->body, receiver->room);
	}
	memcpy(reply->body + reply->length, bytes, added);
	reply->length += added;
	reply->body[reply->length] = '\0';
	return added;
}

/* The host is a formality of HTTP: the socket decides who answers. Dots in names are names. */
static CURL *client_prepare(const char *socket, const char *url, struct receiver *receiver)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		return NULL;
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, client_receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, receiver);
	return curl;
}

static int client_error(CURL *curl, CURLcode code, const struct receiver *receiver)
{
	long system_error = 0;

	if (receiver->too_big)
		return -EFBIG;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return -ETIMEDOUT;
	if (code != CURLE_COULDNT_CONNECT)
		return -EIO;
	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &system_error);
	return system_error > 0 ? -(int)system_error : -ECONNREFUSED;
}

static int client_ask(const char *socket, const char *target, const char *body,
		      struct client_reply *ret)
{
	struct receiver receiver = {.reply.body = xcalloc(1, 1), .room = 1};
	_cleanup_free_ char *url = xasprintf("http://localhost%s", target);
	CURL *curl = NULL;
	CURLcode code;
	int r = 0;

	if (strlen(socket) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		r = -ENAMETOOLONG;
	else if (!(curl = client_prepare(socket, url, &receiver)))
		r = -EIO;
	else if (body && curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body) != CURLE_OK)
		r = -EIO;
	else if ((code = curl_easy_perform(curl)) != CURLE_OK)
		r = client_error(curl, code, &receiver);
	if (r == 0) {
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &receiver.reply.status);
		*ret = receiver.reply;
	} else {
		client_reply_done(&receiver.reply);
	}
	curl_easy_cleanup(curl);
	return r;
}

int client_get(const char *socket, const char *target, struct client_reply *ret)
{
	return client_ask(socket, target, NULL, ret);
}

int client_post(const char *socket, const char *target, const char *body, struct client_reply *ret)
{
	return client_ask(socket, target, body, ret);
}

int client_explain(const struct console *console, int error)
{
	const char *socket = console->socket;

	switch (-error) {
	case ENOENT:
	case ECONNREFUSED:
		return console_fail(
			console,
			"waxseald is not running (nothing answers at %s); start it with: "
			"systemctl start waxseald",
			socket);
	case EACCES:
	case EPERM:
		return console_fail(console,
				    "no permission to open %s: run as root or as a member of the "
				    "group waxseal",
				    socket);
	case ENAMETOOLONG:
		return console_fail(
			console, "the socket's path is too long (107 bytes at most): %s", socket);
	case ETIMEDOUT:
		return console_fail(console, "waxseald at %s did not answer in time", socket);
	case EFBIG:
		return console_fail(console, "the answer of waxseald is larger than %lu MiB",
				    REPLY_MAX_BYTES >> 20);
	case EIO: return console_fail(console, "the answer of waxseald at %s broke off", socket);
	default:
		return console_fail(console, "cannot reach waxseald at %s: %s", socket,
				    strerror(-error));
	}
}

/* The daemon explains a refusal as {"error": "..."}. */
static int client_refused(const struct console *console, const struct client_reply *reply,
			  const json_t *document, const char *missing)
{
	const char *reason = json_string_value(json_object_get(document, "error"));

	if (reply->status == 404 && missing)
		return console_fail(console, "%s", missing);
	return console_fail(console, "waxseald refused (HTTP %ld): %s", reply->status,
			    reason ? reason : "no reason given");
}

int client_document(const struct console *console, const struct client_reply *reply,
		    const char *missing, json_t **ret_document)
{
	json_t *document = json_loadb(reply->body, reply->length, JSON_REJECT_DUPLICATES, NULL);
	int code;

	if (reply->status == 200 && json_is_object(document)) {
		*ret_document = document;
		return EXIT_OK;
	}
	if (reply->status == 200)
		code = console_fail(console,
				    "the answer at %s is not JSON: is that waxseald's "
				    "socket?",
				    console->socket);
	else
		code = client_refused(console, reply, document, missing);
	json_decref(document);
	return code;
}

int client_fetch(const struct console *console, const char *target, const char *missing,
		 struct client_reply *ret, json_t **ret_document)
{
	struct client_reply reply = {0};
	int r;

	r = client_get(console->socket, target, &reply);
	if (r < 0)
		return client_explain(console, r);
	r = client_document(console, &reply, missing, ret_document);
	if (r == EXIT_OK)
		*ret = reply;
	else
		client_reply_done(&reply);
	return r;
}
