/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directions of authentication connections: begun, named and forgotten. auth.bpf.c alone uses it. */
#ifndef WAX_BPF_SENSORS_AUTH_STREAM_BPF_H
#define WAX_BPF_SENSORS_AUTH_STREAM_BPF_H

#include "sensors/attempt.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, ENDED_STREAMS);
	__type(value, struct ended_stream);
} ended_streams SEC(".maps");

#define FRESH_STREAM(protocol_, side_, established_)                                               \
	{                                                                                          \
		.decoder = {.speaker = {.side = side_, .established = established_},               \
			    .protocol = protocol_},                                                \
	}
/* One that was just recognised, and the other direction of one that was established. */
#define FRESH_STREAMS(protocol_, name)                                                             \
	FRESH_STREAM(protocol_, AUTH_SIDE_CLIENT, 0),                                              \
		FRESH_STREAM(protocol_, AUTH_SIDE_SERVER, 0),                                      \
		FRESH_STREAM(protocol_, AUTH_SIDE_CLIENT, 1),                                      \
		FRESH_STREAM(protocol_, AUTH_SIDE_SERVER, 1),

/* Copied into the map whole, so that no other program finds a stream half made. */
static const struct stream fresh_streams[] = {AUTH_PROTOCOLS(FRESH_STREAMS)};

/* One that is there stays: the other end's program may be reading it. */
static __always_inline int auth_put_stream(const struct stream_key *key, __u8 protocol, __u8 side,
					   bool established)
{
	__u32 at = (protocol - 1) * 4 + established * 2 + (side & 1);
	int r;

	barrier_step(at);
	if (at >= sizeof(fresh_streams) / sizeof(fresh_streams[0]))
		return -1;
	r = bpf_map_update_elem(&streams, key, &fresh_streams[at], BPF_NOEXIST);
	if (r == -EEXIST)
		return 0; /* the other end's program was here first */
	if (r)
		count_loss(LOST_AUTH_CONNECTIONS_FULL, 1);
	return r;
}

/* The accepted end of a connection outlives neither its address nor its inode number alone. */
static __always_inline bool auth_stream_key(struct stream_key *ret_key, struct sock *accepted,
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

/* Ends both directions. What still waits for a verdict there expires: the daemon
 * finds requests whose connection is gone. */
static __always_inline void auth_forget_streams(struct stream_key *key)
{
	key->side = AUTH_SIDE_SERVER;
	bpf_map_delete_elem(&streams, key);
	key->side = AUTH_SIDE_CLIENT;
	bpf_map_delete_elem(&streams, key);
}

/*
 * Looks at the one that waits longest. Each end looks at two, so that they are forgotten within two seconds
 * while no daemon does it, and never fill the map of streams.
 */
static __always_inline void auth_forget_one_ended(__u64 now)
{
	struct ended_stream ended;

	if (bpf_map_pop_elem(&ended_streams, &ended))
		return;
	if (now - ended.boot_ns >= ENDED_NS || bpf_map_push_elem(&ended_streams, &ended, 0))
		auth_forget_streams(&ended.key);
}

/* Whoever sends is awake again before its program runs, and may be put off the processor in
 * between; the peer may close meanwhile. So the connection is forgotten a little later. */
static __always_inline void auth_forget_later(struct stream_key *key)
{
	struct ended_stream ended = {.key = *key, .boot_ns = bpf_ktime_get_boot_ns()};
	struct stream *stream = bpf_map_lookup_elem(&streams, key);

	if (!stream) {
		key->side = AUTH_SIDE_CLIENT;
		stream = bpf_map_lookup_elem(&streams, key);
	}
	if (!stream || stream->ended)
		return;
	stream->ended = 1;
	if (bpf_map_push_elem(&ended_streams, &ended, 0))
		auth_forget_streams(&ended.key);
	auth_forget_one_ended(ended.boot_ns);
	auth_forget_one_ended(ended.boot_ns);
}

#endif
