/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One pass over all open sockets, at start and now and then. */
#include "sensor/adopt.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Where servers and distributions put the listeners that login processes, Postfix and Exim connect
 * to. */
static const struct {
	const char *path_end;
	enum auth_protocol protocol;
} known_listeners[] = {
	{"/login/login", AUTH_PROTOCOL_DOVECOT},
	{"/auth-client", AUTH_PROTOCOL_DOVECOT},
	{"/auth-login", AUTH_PROTOCOL_DOVECOT},
	{"/token-login/tokenlogin", AUTH_PROTOCOL_DOVECOT},
	{"/token-login/auth-tokenlogin", AUTH_PROTOCOL_DOVECOT},
	{"/private/auth", AUTH_PROTOCOL_DOVECOT},
	{"/sasl-auth.sock", AUTH_PROTOCOL_DOVECOT},
};

static bool adopt_path_ends_with(const char *text, const char *end)
{
	size_t text_len = strlen(text), end_len = strlen(end);

	return text_len >= end_len && strcmp(text + text_len - end_len, end) == 0;
}

/* The kernel keeps the path as it was given to bind(2): /var/run and /run are the same. */
static const char *adopt_path_without_var(const char *path)
{
	return strncmp(path, "/var/run/", 9) == 0 ? path + 4 : path;
}

__u8 adopt_protocol(const char *path, const struct watch_entries *sockets)
{
	for (size_t i = 0; i < sockets->count; i++)
		if (strcmp(adopt_path_without_var(path),
			   adopt_path_without_var(sockets->items[i].name)) == 0)
			return sockets->items[i].protocol;
	for (size_t i = 0; i < ARRAY_LENGTH(known_listeners); i++)
		if (adopt_path_ends_with(path, known_listeners[i].path_end))
			return known_listeners[i].protocol;
	return AUTH_PROTOCOL_NONE;
}

static int adopt_find_sockets(struct bpf_program *iterator, struct found_socket **ret,
			      size_t *ret_count)
{
	void *bytes = NULL;
	size_t size;
	int r = kernel_iterate(iterator, 0, &bytes, &size);

	if (r < 0)
		return r;
	*ret = bytes;
	*ret_count = size / sizeof(**ret);
	return 0;
}

/* A connection that said its handshake meanwhile is already known, and stays as it is. */
static bool adopt_direction(const struct kernel_maps *maps, const struct found_socket *found,
			    __u8 protocol, enum auth_side side)
{
	struct stream_key key = {
		.socket = found->socket, .inode_number = found->inode_number, .side = side};
	struct stream stream = {
		.decoder = {.speaker = {.side = side, .established = 1}, .protocol = protocol},
		.adopted = 1,
	};

	return bpf_map_update_elem(maps->streams, &key, &stream, BPF_NOEXIST) == 0;
}

int adopt_connections(const struct kernel_maps *maps, struct bpf_program *iterator,
		      const struct watch_entries *sockets)
{
	_cleanup_free_ struct found_socket *found = NULL;
	size_t count = 0;
	int adopted = 0, r;

	r = adopt_find_sockets(iterator, &found, &count);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		char path[SOCKET_PATH_BYTES + 1] = "";
		__u8 protocol;

		memcpy(path, found[i].path, SOCKET_PATH_BYTES);
		protocol = adopt_protocol(path, sockets);
		if (protocol == AUTH_PROTOCOL_NONE || !found[i].believed)
			continue;
		adopted += adopt_direction(maps, &found[i], protocol, AUTH_SIDE_SERVER);
		(void)adopt_direction(maps, &found[i], protocol, AUTH_SIDE_CLIENT);
	}
	return adopted;
}

int adopt_files(struct bpf_program *iterator)
{
	_cleanup_free_ void *nothing = NULL;
	size_t size;

	return kernel_iterate(iterator, 0, &nothing, &size);
}

/* ---- Forgetting ---- */

struct stream_list {
	struct stream_key *keys;
	size_t count, room;
};

static void adopt_list_stream(void *context, const void *raw_key, const void *raw_value)
{
	struct stream_list *list = context;

	(void)raw_value;
	if (list->count == list->room) {
		list->room = list->room ? list->room * 2 : 256;
		list->keys = xreallocarray(list->keys, list->room, sizeof(*list->keys));
	}
	memcpy(&list->keys[list->count++], raw_key, sizeof(*list->keys));
}

static void stream_list_done(struct stream_list *list)
{
	free(list->keys);
}

static int adopt_compare_sockets(const void *a, const void *b)
{
	const struct found_socket *x = a, *y = b;

	if (x->socket != y->socket)
		return x->socket < y->socket ? -1 : 1;
	if (x->inode_number != y->inode_number)
		return x->inode_number < y->inode_number ? -1 : 1;
	return 0;
}

/* A path that anybody may have chosen, for people to read. */
static void adopt_question(const char *path, struct strlist *ret)
{
	char shown[SOCKET_PATH_BYTES + 1];
	size_t i;

	for (i = 0; path[i]; i++)
		shown[i] = path[i] > ' ' && path[i] < 127 ? path[i] : '?';
	shown[i] = '\0';
	for (i = 0; i < ret->count; i++)
		if (strcmp(ret->items[i], shown) == 0)
			return;
	if (ret->count < ADOPT_QUESTIONS)
		strlist_add(ret, shown);
}

/* Connections where mail servers have theirs, over listeners that are nobody's we know. */
static void adopt_find_questions(const struct found_socket *found, size_t count,
				 const struct watch_entries *sockets, struct strlist *ret)
{
	strlist_done(ret);
	for (size_t i = 0; i < count; i++) {
		char path[SOCKET_PATH_BYTES + 1] = "";

		memcpy(path, found[i].path, SOCKET_PATH_BYTES);
		if (!found[i].believed && adopt_protocol(path, sockets) != AUTH_PROTOCOL_NONE)
			adopt_question(path, ret);
	}
}

int adopt_review(const struct kernel_maps *maps, struct bpf_program *iterator,
		 const struct watch_entries *sockets, struct strlist *ret_questions)
{
	_cleanup_(stream_list_done) struct stream_list streams = {};
	_cleanup_free_ struct found_socket *found = NULL;
	size_t count = 0;
	int gone = 0;
	long r;

	/* the list comes first: a connection made after it is not looked for */
	r = kernel_each_entry(maps->streams, sizeof(struct stream_key), sizeof(struct stream),
			      /* remove= */ false, adopt_list_stream, &streams);
	if (r < 0)
		return r;
	r = adopt_find_sockets(iterator, &found, &count);
	if (r < 0)
		return r;
	adopt_find_questions(found, count, sockets, ret_questions);
	qsort(found, count, sizeof(*found), adopt_compare_sockets);
	for (size_t i = 0; i < streams.count; i++) {
		/* connections over TCP say themselves when they end */
		if (streams.keys[i].socket >> 32 == 0)
			continue;
		struct found_socket wanted = {.socket = streams.keys[i].socket,
					      .inode_number = streams.keys[i].inode_number};

		if (bsearch(&wanted, found, count, sizeof(*found), adopt_compare_sockets))
			continue;
		gone += bpf_map_delete_elem(maps->streams, &streams.keys[i]) == 0;
	}
	return gone;
}
