/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmicrohttpd speaks HTTP, driven by the daemon's event loop: each listener is one MHD daemon
 * without threads, its epoll descriptor is a source of the loop and its next timeout a timer.
 *
 * Clients are limited in the number of connections, in the memory of each, and in the seconds they
 * may stay silent.
 */
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "serve/listener.h"
#include "serve/routes.h"
#include "serve/server.h"

#define CONNECTIONS 64
#define CONNECTION_BYTES (32 * 1024) /* request line and headers must fit in there */
#define SILENCE_SECONDS 10

struct endpoint {
	const struct server_view *view;
	sd_event *event;
	bool is_local;
	struct MHD_Daemon *http;
	sd_event_source *input, *timer;
	bool has_changed; /* connections came or went in the last run */
};

struct server {
	struct endpoint local, remote;
	char *socket_path;
	struct stat socket_file;
};

static enum MHD_Result server_collect(void *context, enum MHD_ValueKind kind, const char *name,
				      const char *value)
{
	struct request *request = context;

	(void)kind;
	if (request->n_parameters < REQUEST_PARAMETERS)
		request->parameters[request->n_parameters] = (struct parameter){name, value};
	request->n_parameters++;
	return MHD_YES;
}

static enum MHD_Result server_send(struct MHD_Connection *connection, const struct reply *reply)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	response =
		MHD_create_response_from_buffer(reply->length, reply->body, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(reply->body);
		return MHD_NO;
	}
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (reply->allow)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow);
	result = MHD_queue_response(connection, reply->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result server_handle(void *context, struct MHD_Connection *connection,
				     const char *path, const char *method, const char *version,
				     const char *upload, size_t *upload_bytes, void **state)
{
	static char headers_seen;
	struct endpoint *endpoint = context;
	struct request request = {.method = method, .path = path, .is_local = endpoint->is_local};
	struct reply reply;
	uint64_t now_us = 0;

	(void)version;
	(void)upload;
	(void)upload_bytes;
	/* Answering before the end of a GET would cost its connection; a body is not waited for. */
	if (!*state && strcmp(method, "GET") == 0) {
		*state = &headers_seen;
		return MHD_YES;
	}
	(void)sd_event_now(endpoint->event, CLOCK_REALTIME, &now_us);
	request.now_us = (int64_t)now_us;
	request.accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
	(void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, server_collect,
					&request);
	routes_answer(endpoint->view, &request, &reply);
	return server_send(connection, &reply);
}

/* The routes decode for themselves, because here a %00 would cut a name unseen. */
static size_t server_keep_encoded(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

static void server_note_connection(void *context, struct MHD_Connection *connection, void **state,
				   enum MHD_ConnectionNotificationCode code)
{
	struct endpoint *endpoint = context;

	(void)connection;
	(void)state;
	(void)code;
	endpoint->has_changed = true;
}

/*
 * At its limit of connections MHD takes the listener out of the epoll set, and only the start of
 * the next run brings it back: a run that saw one go is followed by another at once, or nobody
 * would ever be let in again.
 */
static int server_set_timer(struct endpoint *endpoint)
{
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;
	int r;

	if (!endpoint->has_changed && MHD_get_timeout(endpoint->http, &wait_ms) != MHD_YES)
		return sd_event_source_set_enabled(endpoint->timer, SD_EVENT_OFF);
	r = sd_event_source_set_time_relative(endpoint->timer, (uint64_t)wait_ms * 1000);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(endpoint->timer, SD_EVENT_ONESHOT);
}

static int server_run(struct endpoint *endpoint)
{
	endpoint->has_changed = false;
	(void)MHD_run(endpoint->http);
	return server_set_timer(endpoint);
}

static int server_on_input(sd_event_source *source, int fd, uint32_t events, void *context)
{
	(void)source;
	(void)fd;
	(void)events;
	return server_run(context);
}

static int server_on_timer(sd_event_source *source, uint64_t time_us, void *context)
{
	(void)source;
	(void)time_us;
	return server_run(context);
}

static void endpoint_close(struct endpoint *endpoint)
{
	sd_event_source_disable_unref(endpoint->input);
	sd_event_source_disable_unref(endpoint->timer);
	if (endpoint->http)
		MHD_stop_daemon(endpoint->http);
	sd_event_unref(endpoint->event);
	*endpoint = (struct endpoint){0};
}

/* Takes the listening socket over, in any case. */
static int endpoint_start(struct endpoint *endpoint, int listening)
{
	endpoint->http = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, server_handle, endpoint, MHD_OPTION_LISTEN_SOCKET,
		listening, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SILENCE_SECONDS,
		MHD_OPTION_NOTIFY_CONNECTION, server_note_connection, endpoint,
		MHD_OPTION_UNESCAPE_CALLBACK, server_keep_encoded, NULL, MHD_OPTION_END);
	if (!endpoint->http) {
		(void)close(listening);
		return -ENOMEM;
	}
	return 0;
}

static int endpoint_watch(struct endpoint *endpoint)
{
	const union MHD_DaemonInfo *poll =
		MHD_get_daemon_info(endpoint->http, MHD_DAEMON_INFO_EPOLL_FD);
	int r;

	if (!poll)
		return -ENOTSUP;
	r = sd_event_add_io(endpoint->event, &endpoint->input, poll->epoll_fd, EPOLLIN,
			    server_on_input, endpoint);
	if (r < 0)
		return r;
	r = sd_event_add_time_relative(endpoint->event, &endpoint->timer, CLOCK_MONOTONIC, 0, 0,
				       server_on_timer, endpoint);
	if (r < 0)
		return r;
	return server_set_timer(endpoint);
}

static int endpoint_open(struct endpoint *endpoint, const struct server_view *view, sd_event *event,
			 bool is_local, int listening)
{
	int r;

	*endpoint =
		(struct endpoint){.view = view, .event = sd_event_ref(event), .is_local = is_local};
	r = endpoint_start(endpoint, listening);
	if (r == 0)
		r = endpoint_watch(endpoint);
	if (r < 0)
		endpoint_close(endpoint);
	return r;
}

static int server_open_local(struct server *server, const struct server_settings *settings,
			     sd_event *event, char *ret_problem, size_t size)
{
	int fd, r;

	r = listener_open_unix(settings->socket_path, settings->group, &fd, ret_problem, size);
	if (r < 0)
		return r;
	server->socket_path = xstrdup(settings->socket_path);
	(void)lstat(server->socket_path, &server->socket_file);
	r = endpoint_open(&server->local, settings->view, event, /* is_local= */ true, fd);
	if (r < 0)
		(void)snprintf(ret_problem, size, "cannot serve %s: %s", settings->socket_path,
			       strerror(-r));
	return r;
}

static int server_open_remote(struct server *server, const struct server_settings *settings,
			      sd_event *event, char *ret_problem, size_t size)
{
	int fd, r;

	r = listener_open_tcp(settings->listen, &fd, ret_problem, size);
	if (r < 0)
		return r;
	r = endpoint_open(&server->remote, settings->view, event, /* is_local= */ false, fd);
	if (r < 0)
		(void)snprintf(ret_problem, size, "cannot serve %s: %s", settings->listen,
			       strerror(-r));
	return r;
}

static void server_close_pointer(struct server **server)
{
	server_close(*server);
}

int server_open(const struct server_settings *settings, sd_event *event, struct server **ret,
		char *ret_problem, size_t size)
{
	_cleanup_(server_close_pointer) struct server *server = xcalloc(1, sizeof(*server));
	int r;

	if (settings->socket_path && settings->socket_path[0]) {
		r = server_open_local(server, settings, event, ret_problem, size);
		if (r < 0)
			return r;
	}
	if (settings->listen && settings->listen[0]) {
		r = server_open_remote(server, settings, event, ret_problem, size);
		if (r < 0)
			return r;
	}
	*ret = take_ptr(server);
	return 0;
}

/* A daemon that was started meanwhile may have its own socket there. */
static void server_remove_socket(const struct server *server)
{
	struct stat status;

	if (server->socket_path && lstat(server->socket_path, &status) == 0 &&
	    status.st_ino == server->socket_file.st_ino &&
	    status.st_dev == server->socket_file.st_dev)
		(void)unlink(server->socket_path);
}

void server_close(struct server *server)
{
	if (!server)
		return;
	server_remove_socket(server);
	endpoint_close(&server->local);
	endpoint_close(&server->remote);
	free(server->socket_path);
	free(server);
}
