/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The auth sensor: verdicts of the authentication protocols (auth_protocol.h), wherever they are
 * spoken.
 *
 * Both directions are decoded on the sending side. A direction is known by its first words, and a
 * client's by the server's handshake, too. Handshake, request and verdict are seen in any order: the
 * receiver of a send is awake before the sender's program runs. Request and verdict meet under
 * (accepted socket, id). Whoever removes the request counts.
 */
#include "sensors/auth_stream.bpf.h"
#include "sensors/login.bpf.h"
#include "lib/mail_server.bpf.h"
#include "lib/send_cursor.bpf.h"
#include "lib/tcp.bpf.h"

/* Requests of one connection that may wait at a time: one client must not take the room of all. Set
 * before load. */
const volatile __u32 requests_share = 2048;

/* Before the handshake is seen: whoever never gets one takes no more room. */
#define EARLY_SHARE 4

struct streams_map streams SEC(".maps");

struct requests_map requests SEC(".maps");
struct verdicts_map verdicts SEC(".maps");

/* ---- The two halves of an attempt ---- */

/*
 * Request and verdict are two programs that each put what they have and then look for the other's.
 * Without a barrier both could look before either has been seen, and nobody would count: a map's
 * lock orders nothing that follows it. An exchange is a full barrier (Documentation/atomic_t.txt).
 */
static __always_inline void auth_put_before_looking(struct stream *stream)
{
	__sync_lock_test_and_set(&stream->barrier, 1);
}

/* For the mail process that claims it. A frame of its own, off the stack before anything else. */
static __noinline void auth_put_login(struct stream *stream)
{
	if (stream->no_session || !login_is_claimed(stream->attempt.who.service))
		return;
	stream->login_state.boot_ns = bpf_ktime_get_boot_ns();
	stream->login_state.account_hash = login_hash_account(stream->attempt.who.account);
	login_put(&stream->login, &stream->login_state);
}

/* Removes the request and counts the attempt; another program that removed it first has counted it.
 * The request is copied before it is removed: a removed element may be reused at once. */
static __always_inline void auth_conclude(struct stream *stream, struct request *waiting,
					  __u32 outcome, bool counts)
{
	__u64 boot_ns = waiting->boot_ns;
	bool internal = waiting->internal ||
			(waiting->early && outcome == AUTH_OUTCOME_UNANSWERED);

	attempt_from_request(&stream->attempt, waiting);
	stream->login.pid = waiting->pid;
	stream->login.pid_space = waiting->pid_space;
	stream->no_session |= waiting->no_session;
	stream->login.id = stream->request_key.id;
	if (bpf_map_delete_elem(&requests, &stream->request_key))
		return;
	request_has_ended(&stream->request_key);
	if (internal)
		return;
	if (!counts) {
		count_loss(LOST_VERDICT_FORWARDED, 1);
		return;
	}
	count_attempt(&stream->attempt, outcome, boot_ns);
	if (outcome == AUTH_OUTCOME_SUCCESS)
		auth_put_login(stream);
}

static __always_inline void auth_clear_attempt(struct stream *stream)
{
	memset(&stream->attempt, 0, sizeof(stream->attempt));
	stream->login_state.master = 0;
	stream->no_session = 0;
}

static __always_inline void auth_fill_request(struct request *request,
					      const struct auth_speaker *speaker)
{
	request->boot_ns = bpf_ktime_get_boot_ns();
	request->cancelled_boot_ns = 0;
	memcpy(request->source, speaker->who.source, SOURCE_BYTES);
	memcpy(request->service, speaker->who.service, SERVICE_BYTES);
	memcpy(request->mechanism, speaker->who.mechanism, MECHANISM_BYTES);
	request->transport_tls = speaker->transport_tls;
	request->internal = speaker->internal;
	request->early = !speaker->established;
	request->no_session = speaker->no_session;
	request->pid = login_own_pid(&request->pid_space);
}

/* An id in use again means that its first request will never be answered. */
static __always_inline int auth_put_request(struct stream *stream)
{
	struct request *earlier;
	int r;

	if (stream->waiting >= (stream->request.early ? EARLY_SHARE : requests_share))
		return -1;
	/* an int: before 6.4 the upper half of a map operation's result is not its sign (kernel
	 * commit d7ba4cc900bf, "bpf: return long from bpf_map_ops funcs") */
	r = bpf_map_update_elem(&requests, &stream->request_key, &stream->request, BPF_NOEXIST);
	if (r != -EEXIST) {
		if (!r)
			__sync_fetch_and_add(&stream->waiting, 1);
		return r;
	}
	earlier = bpf_map_lookup_elem(&requests, &stream->request_key);
	if (earlier) {
		auth_clear_attempt(stream);
		auth_conclude(stream, earlier, AUTH_OUTCOME_UNANSWERED, true);
	}
	r = bpf_map_update_elem(&requests, &stream->request_key, &stream->request, BPF_ANY);
	if (!r)
		__sync_fetch_and_add(&stream->waiting, 1);
	return r;
}

static __noinline void auth_on_request(struct stream *stream)
{
	struct verdict *early;
	struct request *own;

	auth_fill_request(&stream->request, &stream->decoder.speaker);
	if (auth_put_request(stream)) {
		count_loss(LOST_REQUESTS_FULL, 1);
		return;
	}
	auth_put_before_looking(stream);
	if (stream->request.early && stream->decoder.speaker.established) {
		own = bpf_map_lookup_elem(&requests, &stream->request_key);
		if (own)
			own->early = 0;
	}
	early = bpf_map_lookup_elem(&verdicts, &stream->request_key);
	if (!early)
		return;
	auth_clear_attempt(stream);
	memcpy(stream->attempt.who.account, early->account, ACCOUNT_BYTES);
	stream->verdict.outcome = early->outcome;
	stream->verdict.forwarded = early->forwarded;
	stream->login_state.master = early->master;
	stream->no_session = early->no_session;
	/* whoever takes it out concludes */
	if (bpf_map_delete_elem(&verdicts, &stream->request_key))
		return;
	own = bpf_map_lookup_elem(&requests, &stream->request_key);
	if (own)
		auth_conclude(stream, own, stream->verdict.outcome, !stream->verdict.forwarded);
}

static __always_inline void auth_fill_verdict(struct stream *stream, bool forwarded)
{
	struct verdict *verdict = &stream->verdict;

	verdict->boot_ns = bpf_ktime_get_boot_ns();
	verdict->master = stream->login_state.master;
	memcpy(verdict->account, stream->decoder.speaker.who.account, ACCOUNT_BYTES);
	verdict->outcome = stream->decoder.speaker.outcome;
	verdict->forwarded = forwarded;
	verdict->no_session = stream->no_session;
	verdict->adopted = stream->adopted;
}

static __noinline void auth_on_verdict(struct stream *stream, bool forwarded)
{
	struct request *waiting = bpf_map_lookup_elem(&requests, &stream->request_key);

	auth_clear_attempt(stream);
	memcpy(stream->attempt.who.account, stream->decoder.speaker.who.account, ACCOUNT_BYTES);
	stream->login_state.master = login_master_of_verdict(&stream->decoder.speaker);
	stream->no_session = stream->decoder.speaker.no_session;
	if (!waiting) {
		auth_fill_verdict(stream, forwarded);
		if (bpf_map_update_elem(&verdicts, &stream->request_key, &stream->verdict, BPF_ANY))
			count_loss(LOST_REQUESTS_FULL, 1);
		auth_put_before_looking(stream);
		/* The request may have come between the two: it did not see this verdict then. */
		waiting = bpf_map_lookup_elem(&requests, &stream->request_key);
		if (!waiting)
			return;
		bpf_map_delete_elem(&verdicts, &stream->request_key);
	}
	auth_conclude(stream, waiting, stream->decoder.speaker.outcome, !forwarded);
}

static __noinline void auth_on_cancel(struct stream *stream, bool confirmed)
{
	struct request *waiting = bpf_map_lookup_elem(&requests, &stream->request_key);

	if (!waiting)
		return;
	if (!confirmed) {
		waiting->cancelled_boot_ns = bpf_ktime_get_boot_ns();
		return;
	}
	auth_clear_attempt(stream);
	auth_conclude(stream, waiting, AUTH_OUTCOME_UNANSWERED, true);
}

/* ---- Connections ---- */

static long auth_confirm_request(void *map, const struct request_key *key,
				 struct request *request, const struct stream_key *connection)
{
	if (key->socket == connection->socket && key->inode_number == connection->inode_number)
		request->early = 0;
	return 0;
}

/*
 * The client is followed from here on, if it is not already: it may have been awake, and have asked,
 * before this program ran. The side is read from the stream and not from the key: what the verifier
 * knows of the key it would follow through all programs, for each side apart.
 */
static __noinline void auth_on_handshake(const struct stream_key *key, struct stream *server)
{
	struct stream_key other = *key;
	struct stream *client;

	other.side = !server->decoder.speaker.side;
	if (auth_put_stream(&other, server->decoder.protocol, other.side, /* established= */ true))
		return;
	client = bpf_map_lookup_elem(&streams, &other);
	if (!client || client->decoder.speaker.established)
		return;
	client->decoder.speaker.established = 1;
	auth_put_before_looking(server);
	if (client->waiting)
		bpf_for_each_map_elem(&requests, auth_confirm_request, &other, 0);
}

__hidden void auth_end_unix(struct sock *sk)
{
	struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	struct unix_address *name = BPF_CORE_READ((struct unix_sock *)sk, addr);
	struct stream_key key;

	if (auth_stream_key(&key, name ? sk : peer, AUTH_SIDE_SERVER))
		auth_forget_later(&key);
}

__hidden void auth_end_tcp(struct sock *sk)
{
	struct stream_key key = {};

	if (tcp_key_of(&key, sk))
		auth_forget_streams(&key);
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
static __always_inline long auth_on_event(struct auth_feed *feed, struct stream *stream, __u8 event)
{
	stream->request_key.socket = feed->key.socket;
	stream->request_key.inode_number = feed->key.inode_number;
	stream->request_key.id = stream->decoder.speaker.id;
	switch (event) {
	case AUTH_EVENT_REQUEST: auth_on_request(stream); break;
	case AUTH_EVENT_VERDICT: auth_on_verdict(stream, false); break;
	case AUTH_EVENT_FORWARDED: auth_on_verdict(stream, true); break;
	case AUTH_EVENT_CANCEL: auth_on_cancel(stream, false); break;
	case AUTH_EVENT_CANCELLED: auth_on_cancel(stream, true); break;
	case AUTH_EVENT_HANDSHAKE: auth_on_handshake(&feed->key, stream); break;
	case AUTH_EVENT_UNDECODABLE: count_loss(LOST_LINE_UNDECODABLE, 1); break;
	case AUTH_EVENT_STRANGER:
		stream->cursor.left = 0;
		/* one with requests keeps its share of them until it ends */
		if (!stream->waiting) {
			bpf_map_delete_elem(&streams, &feed->key);
			feed->stream = NULL; /* somebody else's, soon */
		}
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
	event = auth_protocol_step(&stream->decoder, chunk->bytes[i & (CHUNK_BYTES - 1)]);
	return event == AUTH_EVENT_NONE ? 0 : auth_on_event(feed, stream, event);
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
	bool is_too_long = bytes->left > SEND_BYTES_LIMIT;

	if (!stream)
		return;
	stream->cursor = *bytes;
	if (is_too_long) {
		count_loss(LOST_SEND_TOO_LONG, bytes->left - SEND_BYTES_LIMIT);
		stream->cursor.left = SEND_BYTES_LIMIT;
	}
	bpf_loop(SEND_CHUNKS, auth_feed_chunk, feed, 0);
	stream = feed->stream;
	if (!stream)
		return;
	if (stream->cursor.left)
		count_loss(LOST_MEMORY_UNREADABLE, 1);
	if (is_too_long || stream->cursor.left)
		auth_protocol_skip_line(&stream->decoder);
}

static long auth_skip_empty_segment(__u32 i, struct cursor *cursor)
{
	return cursor->base_left || !cursor_next_segment(cursor);
}

/* By the send's first bytes; bytes itself stays as it is. */
static __noinline int auth_recognise(const struct cursor *bytes, __u32 side)
{
	struct cursor start = *bytes;
	__u8 first[AUTH_FIRST_BYTES] = {};
	__u64 available;
	__u32 bytes_read = 0;

	bpf_loop(16, auth_skip_empty_segment, &start, 0);
	available = start.base_left < start.left ? start.base_left : start.left;
	if (available >= sizeof(first))
		bytes_read = sizeof(first);
	else if (available)
		bytes_read = available >= 4 ? 4 : 1;
	bpf_probe_read_user(first, bytes_read, (void *)start.base);
	return auth_protocol_recognise(side, first, bytes_read);
}

static __noinline int auth_is_believed(struct sock *accepted, __u32 side)
{
	struct task_struct *speaker = bpf_get_current_task_btf();

	return accepted ? mail_server_accepted(accepted, speaker, side == AUTH_SIDE_SERVER)
			: mail_server_speaks(speaker);
}

/* A direction of a connection: known, or it may be one by the bytes of this send. */
struct auth_candidate {
	struct sock *accepted; /* its accepted end; NULL over TCP, where the port is configured */
	__u32 side;
	int protocol; /* when the direction is not known */
};

/*
 * An accepted socket bears its listener's name. A connecting one bears none as a rule: when it does, it is
 * not looked for among the clients that are not known yet.
 */
static __always_inline void auth_look_at_unix(struct auth_feed *feed,
					      struct auth_candidate *candidate,
					      const struct cursor *bytes, struct sock *sk)
{
	struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	bool is_named = BPF_CORE_READ((struct unix_sock *)sk, addr) &&
			auth_stream_key(&feed->key, sk, AUTH_SIDE_SERVER);
	int protocol;

	if (is_named)
		feed->stream = bpf_map_lookup_elem(&streams, &feed->key);
	if (feed->stream)
		return;
	candidate->side = AUTH_SIDE_CLIENT;
	candidate->accepted = peer;
	if (peer && auth_stream_key(&feed->key, peer, AUTH_SIDE_CLIENT)) {
		feed->stream = bpf_map_lookup_elem(&streams, &feed->key);
		if (!feed->stream)
			candidate->protocol = auth_recognise(bytes, AUTH_SIDE_CLIENT);
	}
	if (!is_named || feed->stream)
		return;
	protocol = auth_recognise(bytes, AUTH_SIDE_SERVER);
	if (!protocol || !auth_stream_key(&feed->key, sk, AUTH_SIDE_SERVER))
		return;
	candidate->side = AUTH_SIDE_SERVER;
	candidate->accepted = sk;
	candidate->protocol = protocol;
}

/* Whoever speaks with himself over a listener of his own takes no entry. */
static __always_inline void auth_begin_stream(struct auth_feed *feed,
					      const struct auth_candidate *candidate)
{
	if (auth_is_believed(candidate->accepted, candidate->side) &&
	    !auth_put_stream(&feed->key, candidate->protocol, candidate->side,
			     /* established= */ false))
		feed->stream = bpf_map_lookup_elem(&streams, &feed->key);
}

int auth_send(const struct cursor *bytes, __u64 address)
{
	struct sock *sk = (struct sock *)address;
	struct auth_candidate candidate = {};
	struct auth_feed feed = {};

	if (!bytes)
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX) {
		auth_look_at_unix(&feed, &candidate, bytes, sk);
	} else if (tcp_key_of(&feed.key, sk)) {
		candidate.side = feed.key.side;
		feed.stream = bpf_map_lookup_elem(&streams, &feed.key);
		if (!feed.stream)
			candidate.protocol = auth_recognise(bytes, candidate.side);
	}
	if (candidate.protocol)
		auth_begin_stream(&feed, &candidate);
	if (!feed.stream)
		return 0;
	/* what the verifier knows of the key it would follow through all programs, for each side apart */
	feed.key.side = feed.stream->decoder.speaker.side;
	auth_decode(&feed, bytes);
	return 0;
}

__hidden void auth_miss(struct sock *sk)
{
	struct unix_address *name = BPF_CORE_READ((struct unix_sock *)sk, addr);
	struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	struct stream_key key;

	if ((name && auth_stream_key(&key, sk, AUTH_SIDE_SERVER) &&
	     bpf_map_lookup_elem(&streams, &key)) ||
	    (peer && auth_stream_key(&key, peer, AUTH_SIDE_CLIENT) &&
	     bpf_map_lookup_elem(&streams, &key)))
		count_loss(LOST_COMPAT_SEND, 1);
}
