/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmicrohttpd speaks HTTP, driven by the daemon's event loop: for each listener there is one MHD
 * daemon without threads, its epoll descriptor is a source of the loop and its next timeout a timer.
 * Connections are accepted here, so that the one that waits longest can give way (clients.h).
 *
 * Clients are limited in the number of connections, in the memory of each, and in the seconds that
 * a request and its answer may take.
 */
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "serve/clients.h"
#include "serve/listener.h"
#include "serve/routes.h"
#include "serve/server.h"

/* With those that were told to go and are not gone yet. */
#define CONNECTIONS (2 * CLIENTS_MAX)
#define ADMITTED_IN_A_TURN 16
/* With those that are refused. */
#define ACCEPTED_IN_A_TURN 256
#define PEEKED_BYTES 4096
#define CONNECTION_BYTES (32 * 1024) /* request line and headers must fit in there */
#define SILENCE_SECONDS (CLIENTS_WAIT_US / 1000000)
#define PATIENCE_BYTES (64 * 1024) /* of a body that is too long */

/* Of a POST. */
struct upload {
	size_t length;
	char body[ACCEPT_BODY_BYTES];
};

struct endpoint {
	const struct server_view *view;
	char *admin_group;
	sd_event *event;
	bool is_local;
	struct MHD_Daemon *http;
	int listening;
	struct clients clients;
	sd_event_source *door, *input, *timer;
};

struct server {
	struct endpoint local, remote;
	char *socket_path;
	struct stat socket_file;
};

static char headers_seen;

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

static int server_fd_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

static int64_t server_now_us(const struct endpoint *endpoint)
{
	uint64_t now_us = 0;

	(void)sd_event_now(endpoint->event, CLOCK_MONOTONIC, &now_us);
	return (int64_t)now_us;
}

/* The body of a POST comes in pieces. One that is too long is read for a while and not kept, so that
 * whoever sends it gets an answer; then the connection ends. */
static enum MHD_Result server_receive(struct upload *upload, const char *bytes, size_t *length)
{
	size_t room = upload->length < sizeof(upload->body) ? sizeof(upload->body) - upload->length
							    : 0;

	memcpy(upload->body + (sizeof(upload->body) - room), bytes, *length < room ? *length : room);
	upload->length += *length;
	*length = 0;
	return upload->length <= PATIENCE_BYTES ? MHD_YES : MHD_NO;
}

static struct peer server_peer(const struct endpoint *endpoint, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		endpoint->is_local
			? MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			: NULL;

	return info ? peer_of_socket(info->connect_fd, endpoint->admin_group) : (struct peer){};
}

static enum MHD_Result server_handle(void *context, struct MHD_Connection *connection,
				     const char *path, const char *method, const char *version,
				     const char *upload, size_t *upload_bytes, void **state)
{
	struct endpoint *endpoint = context;
	bool is_post = strcmp(method, "POST") == 0;
	struct upload *received = is_post ? *state : NULL;
	struct request request = {.method = method, .path = path, .is_local = endpoint->is_local};
	struct reply reply = {0};
	uint64_t now_us = 0;

	(void)version;
	/* Answering before the end of a GET would cost its connection; of methods that are not allowed
	 * no body is waited for. */
	if (!*state && strcmp(method, "GET") == 0) {
		*state = &headers_seen;
		return MHD_YES;
	}
	if (!*state && is_post && endpoint->is_local) {
		*state = xcalloc(1, sizeof(struct upload));
		return MHD_YES;
	}
	if (received && *upload_bytes > 0)
		return server_receive(received, upload, upload_bytes);
	if (received && received->length > sizeof(received->body)) {
		reply_error(&reply, 413, "the body has more than %d bytes", ACCEPT_BODY_BYTES);
		return server_send(connection, &reply);
	}
	clients_note(&endpoint->clients, server_fd_of(connection), /* is_answered= */ true,
		     server_now_us(endpoint));
	(void)sd_event_now(endpoint->event, CLOCK_REALTIME, &now_us);
	request.now_us = (int64_t)now_us;
	request.accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept");
	(void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, server_collect,
					&request);
	if (received) {
		request.peer = server_peer(endpoint, connection);
		request.body = received->body;
		request.body_bytes = received->length;
	}
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

	(void)state;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED)
		clients_remove(&endpoint->clients, server_fd_of(connection));
}

static void server_note_answered(void *context, struct MHD_Connection *connection, void **state,
				 enum MHD_RequestTerminationCode code)
{
	struct endpoint *endpoint = context;

	(void)code;
	if (*state != &headers_seen)
		free(*state);
	*state = NULL;
	clients_note(&endpoint->clients, server_fd_of(connection), /* is_answered= */ false,
		     server_now_us(endpoint));
}

static int server_set_timer(struct endpoint *endpoint)
{
	int64_t due_us = clients_next_due(&endpoint->clients), now_us = server_now_us(endpoint);
	MHD_UNSIGNED_LONG_LONG wait_ms = 0;
	int64_t wait_us;
	int r;

	if (MHD_get_timeout(endpoint->http, &wait_ms) == MHD_YES)
		wait_us = wait_ms < INT64_MAX / 1000 ? (int64_t)wait_ms * 1000 : INT64_MAX;
	else if (due_us < INT64_MAX)
		wait_us = due_us - now_us;
	else
		return sd_event_source_set_enabled(endpoint->timer, SD_EVENT_OFF);
	if (due_us < INT64_MAX && due_us - now_us < wait_us)
		wait_us = due_us - now_us;
	r = sd_event_source_set_time_relative(endpoint->timer,
					      wait_us > 0 ? (uint64_t)wait_us : 0);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(endpoint->timer, SD_EVENT_ONESHOT);
}

/* MHD finds the connection's end at its next run, and closes it. */
static void server_send_away(int fd)
{
	if (fd >= 0)
		(void)shutdown(fd, SHUT_RDWR);
}

static int server_run(struct endpoint *endpoint)
{
	int fd;

	while ((fd = clients_take_overdue(&endpoint->clients, server_now_us(endpoint))) >= 0)
		server_send_away(fd);
	(void)MHD_run(endpoint->http);
	return server_set_timer(endpoint);
}

static bool server_has_request(int fd)
{
	char head[PEEKED_BYTES];
	ssize_t bytes = recv(fd, head, sizeof(head), MSG_PEEK | MSG_DONTWAIT);

	return bytes > 0 && memmem(head, (size_t)bytes, "\r\n\r\n", 4);
}

/* Takes the descriptor over. False: the peer has no place for it. */
static bool server_admit(struct endpoint *endpoint, int fd, const struct sockaddr_storage *address,
			 socklen_t length)
{
	struct client_peer peer = client_peer_of(fd, address);
	int gone = clients_add(&endpoint->clients, &peer, fd, server_has_request(fd),
			       server_now_us(endpoint));

	if (gone == fd) {
		(void)close(fd);
		return false;
	}
	server_send_away(gone);
	/* Closes it when it cannot take it. */
	if (MHD_add_connection(endpoint->http, fd, (const struct sockaddr *)address, length) !=
	    MHD_YES)
		clients_remove(&endpoint->clients, fd);
	return true;
}

/* A few in a turn, then their requests: a flood of connections must not outrun those who ask. The
 * queue of the listener is emptied at once, or one peer could fill it. */
static int server_on_door(sd_event_source *source, int listening, uint32_t events, void *context)
{
	struct endpoint *endpoint = context;
	int admitted = 0;

	(void)source;
	(void)events;
	for (int i = 0; i < ACCEPTED_IN_A_TURN && admitted < ADMITTED_IN_A_TURN; i++) {
		struct sockaddr_storage address = {0};
		socklen_t length = sizeof(address);
		int fd = accept4(listening, (struct sockaddr *)&address, &length,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			break;
		admitted += server_admit(endpoint, fd, &address, length);
	}
	return server_run(endpoint);
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
	sd_event_source_disable_unref(endpoint->door);
	sd_event_source_disable_unref(endpoint->input);
	sd_event_source_disable_unref(endpoint->timer);
	if (endpoint->http)
		MHD_stop_daemon(endpoint->http);
	/* one that was never opened is all zero */
	if (endpoint->event)
		(void)close(endpoint->listening);
	sd_event_unref(endpoint->event);
	free(endpoint->admin_group);
	*endpoint = (struct endpoint){0};
}

static int endpoint_start(struct endpoint *endpoint)
{
	endpoint->http = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, server_handle, endpoint,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)SILENCE_SECONDS,
		MHD_OPTION_NOTIFY_CONNECTION, server_note_connection, endpoint,
		MHD_OPTION_NOTIFY_COMPLETED, server_note_answered, endpoint,
		MHD_OPTION_UNESCAPE_CALLBACK, server_keep_encoded, NULL, MHD_OPTION_END);
	return endpoint->http ? 0 : -ENOMEM;
}

static int endpoint_watch(struct endpoint *endpoint)
{
	const union MHD_DaemonInfo *poll =
		MHD_get_daemon_info(endpoint->http, MHD_DAEMON_INFO_EPOLL_FD);
	int r;

	if (!poll)
		return -ENOTSUP;
	r = sd_event_add_io(endpoint->event, &endpoint->door, endpoint->listening, EPOLLIN,
			    server_on_door, endpoint);
	if (r < 0)
		return r;
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

/* Takes the listening socket over, in any case. */
static int endpoint_open(struct endpoint *endpoint, const struct server_view *view, sd_event *event,
			 bool is_local, int listening)
{
	int r;

	*endpoint = (struct endpoint){.view = view,
				      .event = sd_event_ref(event),
				      .is_local = is_local,
				      .listening = listening};
	clients_init(&endpoint->clients);
	r = endpoint_start(endpoint);
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
	if (r == 0)
		server->local.admin_group =
			xstrdup(settings->admin_group ? settings->admin_group : "");
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
