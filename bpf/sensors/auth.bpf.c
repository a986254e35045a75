/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The auth sensor: verdicts of the Dovecot authentication protocol, wherever it is spoken.
 *
 * Both directions are decoded on the sending side. A connection is known by its handshake: the
 * accepting side offers mechanisms. Request and verdict meet under (accepted socket, id), in
 * whichever order they are seen: the receiver of a send is awake before the sender's program
 * runs, so a quick verdict can overtake its request. Whoever removes the request counts.
 */
#include "sensors/attempt.bpf.h"
#include "sensors/master_login.bpf.h"
#include "lib/send_cursor.bpf.h"
#include "lib/tcp.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct stream_key);
	__type(value, struct stream);
} streams SEC(".maps");

struct requests_map requests SEC(".maps");
struct verdicts_map verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct stream_key);
	__type(value, __u64); /* when, CLOCK_BOOTTIME */
} ended_streams SEC(".maps");

static const struct stream new_server_stream = {.decoder = {.side = AUTH_SIDE_SERVER}};
static const struct stream new_client_stream = {
	.decoder = {.side = AUTH_SIDE_CLIENT, .established = 1}};

/* The accepted end of a connection outlives neither its address nor its inode number alone. */
static __always_inline bool stream_key_of(struct stream_key *ret_key, struct sock *accepted,
					  __u32 side)
{
	struct socket *socket = BPF_CORE_READ(accepted, sk_socket);

	if (!socket)
		return false; /* not accepted yet, or gone: nobody has said AUTH there */
	ret_key->socket = (__u64)accepted;
	/* a socket's inode lies behind it, in one allocation */
	ret_key->inode_number = BPF_CORE_READ((struct socket_alloc *)socket, vfs_inode.i_ino);
	ret_key->side = side;
	ret_key->reserved = 0;
	return true;
}

/* ---- The two halves of an attempt ---- */

/* Counts one attempt unless another program took the request first. The request is copied before
 * it is removed: a removed element may be reused at once. */
static __always_inline void settle(struct stream *stream, struct request *waiting, __u32 outcome,
			      bool counts)
{
	__u64 boot_ns = waiting->boot_ns;
	bool internal = waiting->internal;
	__u32 pid = waiting->pid;

	attempt_from_request(&stream->attempt, waiting);
	if (bpf_map_delete_elem(&requests, &stream->request_key))
		return;
	if (counts && !internal)
		count_attempt(&stream->attempt, outcome, boot_ns);
	if (counts && !internal && stream->master_login.master)
		note_master_login(stream, pid);
	if (!counts && !internal)
		count_loss(LOST_VERDICT_FORWARDED, 1);
}

static __always_inline void forget_attempt(struct stream *stream)
{
	memset(&stream->attempt, 0, sizeof(stream->attempt));
	stream->master_login.master = 0;
}

static __always_inline void fill_request(struct request *request, const struct auth_decoder *d)
{
	request->boot_ns = bpf_ktime_get_boot_ns();
	request->cancelled_boot_ns = 0;
	memcpy(request->source, d->who.source, SOURCE_BYTES);
	memcpy(request->service, d->who.service, SERVICE_BYTES);
	memcpy(request->mechanism, d->who.mechanism, MECHANISM_BYTES);
	request->transport_tls = auth_is_tls(d);
	request->internal = !!(d->flags & AUTH_FLAG_INTERNAL);
	request->pid = current_tgid();
}

/* An id in use again means that its first request will never be answered. */
static __always_inline int put_request(struct stream *stream)
{
	struct request *older;
	/* an int: before 6.4 the upper half of a map operation's result is not its sign (kernel
	 * commit d7ba4cc900bf, "bpf: return long from bpf_map_ops funcs") */
	int r = bpf_map_update_elem(&requests, &stream->request_key, &stream->request,
				    BPF_NOEXIST);

	if (r != -EEXIST)
		return r;
	older = bpf_map_lookup_elem(&requests, &stream->request_key);
	if (older) {
		forget_attempt(stream);
		settle(stream, older, AUTH_OUTCOME_UNANSWERED, true);
	}
	return bpf_map_update_elem(&requests, &stream->request_key, &stream->request, BPF_ANY);
}

static __noinline void on_request(struct stream *stream)
{
	struct verdict *early;
	struct request *own;

	fill_request(&stream->request, &stream->decoder);
	if (put_request(stream)) {
		count_loss(LOST_REQUESTS_FULL, 1);
		return;
	}
	early = bpf_map_lookup_elem(&verdicts, &stream->request_key);
	if (!early)
		return;
	forget_attempt(stream);
	memcpy(stream->attempt.who.account, early->account, ACCOUNT_BYTES);
	stream->verdict.outcome = early->outcome;
	stream->verdict.forwarded = early->forwarded;
	stream->master_login.master = early->master;
	bpf_map_delete_elem(&verdicts, &stream->request_key);
	own = bpf_map_lookup_elem(&requests, &stream->request_key);
	if (own)
		settle(stream, own, stream->verdict.outcome, !stream->verdict.forwarded);
}

static __always_inline void fill_verdict(struct stream *stream, bool forwarded)
{
	struct verdict *verdict = &stream->verdict;

	verdict->boot_ns = bpf_ktime_get_boot_ns();
	verdict->master = stream->master_login.master;
	memcpy(verdict->account, stream->decoder.who.account, ACCOUNT_BYTES);
	verdict->outcome = stream->decoder.outcome;
	verdict->forwarded = forwarded;
	verdict->adopted = stream->adopted;
}

static __noinline void on_verdict(struct stream *stream, bool forwarded)
{
	struct request *waiting = bpf_map_lookup_elem(&requests, &stream->request_key);

	forget_attempt(stream);
	memcpy(stream->attempt.who.account, stream->decoder.who.account, ACCOUNT_BYTES);
	stream->master_login.master = master_of_verdict(&stream->decoder);
	if (!waiting) {
		fill_verdict(stream, forwarded);
		if (bpf_map_update_elem(&verdicts, &stream->request_key, &stream->verdict, BPF_ANY))
			count_loss(LOST_REQUESTS_FULL, 1);
		/* The request may have come between the two: it did not see this verdict then. */
		waiting = bpf_map_lookup_elem(&requests, &stream->request_key);
		if (!waiting)
			return;
		bpf_map_delete_elem(&verdicts, &stream->request_key);
	}
	settle(stream, waiting, stream->decoder.outcome, !forwarded);
}

static __noinline void on_cancel(struct stream *stream, bool confirmed)
{
	struct request *waiting = bpf_map_lookup_elem(&requests, &stream->request_key);

	if (!waiting)
		return;
	if (!confirmed) {
		waiting->cancelled_boot_ns = bpf_ktime_get_boot_ns();
		return;
	}
	forget_attempt(stream);
	settle(stream, waiting, AUTH_OUTCOME_UNANSWERED, true);
}

/* ---- Connections ---- */

static __always_inline void on_handshake(const struct stream_key *server)
{
	struct stream_key client = *server;

	client.side = AUTH_SIDE_CLIENT;
	if (bpf_map_update_elem(&streams, &client, &new_client_stream, BPF_ANY))
		count_loss(LOST_STREAMS_FULL, 1);
}

/* Ends both directions. What still waits for a verdict there is settled by the daemon, which
 * finds requests whose connection is gone. */
static __always_inline void forget_streams(struct stream_key *key)
{
	key->side = AUTH_SIDE_SERVER;
	if (bpf_map_delete_elem(&streams, key))
		return;
	key->side = AUTH_SIDE_CLIENT;
	bpf_map_delete_elem(&streams, key);
}

/* Whoever sends is awake again before its program runs, and may be put off the processor in between;
 * the peer may close meanwhile. So the daemon forgets, a little later. */
static __always_inline void forget_later(struct stream_key *key)
{
	__u64 now = bpf_ktime_get_boot_ns();
	int r;

	if (!bpf_map_lookup_elem(&streams, key))
		return;
	r = bpf_map_update_elem(&ended_streams, key, &now, BPF_NOEXIST);
	if (r && r != -EEXIST)
		forget_streams(key);
}

__hidden void auth_end(struct sock *sk)
{
	struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	struct unix_address *name = BPF_CORE_READ((struct unix_sock *)sk, addr);
	struct stream_key key;

	if (stream_key_of(&key, name ? sk : peer, AUTH_SIDE_SERVER))
		forget_later(&key);
}

#define TCP_CLOSE 7

SEC("?tp_btf/inet_sock_set_state")
int BPF_WORKER(wax_tcp_state_w, struct sock *sk, int before, int now)
{
	struct stream_key key = {};

	if (now == TCP_CLOSE && tcp_key_of(&key, sk))
		forget_streams(&key);
	connections_state(sk, now);
	return PROGRAM_OK;
}

/* ---- Bytes ---- */

/* One send on a known connection. */
struct auth_feed {
	struct stream *stream;
	struct stream_key key;
};

struct auth_chunk {
	__u8 bytes[CHUNK_BYTES];
	struct auth_feed *feed;
};

/* Returns 1 when the rest of the send is of no interest. */
static __always_inline long on_event(struct auth_feed *feed, struct stream *stream, __u8 event)
{
	stream->request_key.socket = feed->key.socket;
	stream->request_key.inode_number = feed->key.inode_number;
	stream->request_key.id = stream->decoder.id;
	switch (event) {
	case AUTH_EVENT_REQUEST: on_request(stream); break;
	case AUTH_EVENT_VERDICT: on_verdict(stream, false); break;
	case AUTH_EVENT_FORWARDED: on_verdict(stream, true); break;
	case AUTH_EVENT_CANCEL: on_cancel(stream, false); break;
	case AUTH_EVENT_CANCELLED: on_cancel(stream, true); break;
	case AUTH_EVENT_HANDSHAKE: on_handshake(&feed->key); break;
	case AUTH_EVENT_UNDECODABLE: count_loss(LOST_LINE_UNDECODABLE, 1); break;
	case AUTH_EVENT_STRANGER:
		bpf_map_delete_elem(&streams, &feed->key);
		stream->cursor.left = 0;
		return 1;
	}
	return 0;
}

static long auth_feed_byte(__u32 i, struct auth_chunk *chunk)
{
	struct auth_feed *feed = chunk->feed;
	struct stream *stream = feed->stream;
	__u8 event;

	if (!stream)
		return 1;
	event = auth_step(&stream->decoder, chunk->bytes[i & (CHUNK_BYTES - 1)]);
	return event == AUTH_EVENT_NONE ? 0 : on_event(feed, stream, event);
}

static long auth_feed_chunk(__u32 i, struct auth_feed *feed)
{
	struct auth_chunk chunk = {.feed = feed};
	struct stream *stream = feed->stream;
	int bytes;

	if (!stream)
		return 1;
	bytes = cursor_read(&stream->cursor, chunk.bytes);
	if (bytes > 0)
		bpf_loop(bytes, auth_feed_byte, &chunk, 0);
	return bytes < 0;
}

static __always_inline void auth_decode(struct auth_feed *feed, const struct cursor *bytes)
{
	struct stream *stream = feed->stream;

	if (!stream)
		return;
	stream->cursor = *bytes;
	if (bytes->left > SEND_BYTES_LIMIT) {
		count_loss(LOST_SEND_TOO_LONG, bytes->left - SEND_BYTES_LIMIT);
		stream->cursor.left = SEND_BYTES_LIMIT;
	}
	bpf_loop(SEND_CHUNKS, auth_feed_chunk, feed, 0);
	if (stream->cursor.left)
		count_loss(LOST_MEMORY_UNREADABLE, 1);
}

static long skip_empty_segment(__u32 i, struct cursor *cursor)
{
	return cursor->base_left || !cursor_next_segment(cursor);
}

/* Looks at the send's first bytes; bytes itself stays as it is. */
static __noinline bool opens_handshake(const struct cursor *bytes)
{
	struct cursor start = *bytes;
	__u8 first[4] = {};
	__u64 room;

	bpf_loop(16, skip_empty_segment, &start, 0);
	room = start.base_left < start.left ? start.base_left : start.left;
	if (room >= sizeof(first))
		bpf_probe_read_user(first, sizeof(first), (void *)start.base);
	else if (room)
		bpf_probe_read_user(first, 1, (void *)start.base);
	return auth_looks_like_handshake(first, room < sizeof(first) ? room : sizeof(first));
}

static __always_inline struct stream *find_stream(const struct stream_key *key)
{
	return bpf_map_lookup_elem(&streams, key);
}

/* The accepted end spoke for the first time. */
static __always_inline struct stream *new_stream(const struct stream_key *key,
						 const struct cursor *bytes)
{
	if (!opens_handshake(bytes))
		return NULL;
	if (bpf_map_update_elem(&streams, key, &new_server_stream, BPF_NOEXIST)) {
		count_loss(LOST_STREAMS_FULL, 1);
		return NULL;
	}
	return find_stream(key);
}

__hidden void auth_send_tcp(const struct cursor *bytes, struct sock *sk)
{
	struct auth_feed feed = {};

	if (!tcp_key_of(&feed.key, sk))
		return;
	feed.stream = find_stream(&feed.key);
	if (!feed.stream && feed.key.side == AUTH_SIDE_SERVER)
		feed.stream = new_stream(&feed.key, bytes);
	auth_decode(&feed, bytes);
}

__hidden void auth_send_unix(const struct cursor *bytes, struct sock *sk)
{
	struct unix_address *name = BPF_CORE_READ((struct unix_sock *)sk, addr);
	struct auth_feed feed = {};
	struct sock *peer;

	/* An accepted socket bears its listener's name; a connecting one bears none as a rule. */
	if (name && stream_key_of(&feed.key, sk, AUTH_SIDE_SERVER)) {
		feed.stream = find_stream(&feed.key);
		if (!feed.stream)
			feed.stream = new_stream(&feed.key, bytes);
	}
	peer = feed.stream ? NULL : BPF_CORE_READ((struct unix_sock *)sk, peer);
	if (peer && stream_key_of(&feed.key, peer, AUTH_SIDE_CLIENT))
		feed.stream = find_stream(&feed.key);
	auth_decode(&feed, bytes);
}

__hidden void auth_miss(struct sock *sk)
{
	struct unix_address *name = BPF_CORE_READ((struct unix_sock *)sk, addr);
	struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	struct stream_key key;

	if ((name && stream_key_of(&key, sk, AUTH_SIDE_SERVER) && find_stream(&key)) ||
	    (peer && stream_key_of(&key, peer, AUTH_SIDE_CLIENT) && find_stream(&key)))
		count_loss(LOST_COMPAT_SEND, 1);
}
