/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The halves of an attempt that wait for each other; auth.bpf.c defines the maps. */
#ifndef WAX_BPF_SENSORS_ATTEMPT_BPF_H
#define WAX_BPF_SENSORS_ATTEMPT_BPF_H

#include "lib/shared.bpf.h"

struct requests_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct request_key);
	__type(value, struct request);
};

struct verdicts_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct request_key);
	__type(value, struct verdict);
};

struct streams_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct stream_key);
	__type(value, struct stream);
};
extern struct streams_map streams SEC(".maps");
extern struct requests_map requests SEC(".maps");
extern struct verdicts_map verdicts SEC(".maps");

/* A request has left the map: its connection may have another there. A frame of its own, off the
 * stack before anything is counted. */
static __noinline void request_has_ended(const struct request_key *request)
{
	struct stream_key key = {.socket = request->socket,
				 .inode_number = request->inode_number,
				 .side = AUTH_SIDE_CLIENT};
	struct stream *client = bpf_map_lookup_elem(&streams, &key);

	if (client && client->waiting)
		__sync_fetch_and_sub(&client->waiting, 1);
}

static __always_inline void attempt_from_request(struct attempt_key *attempt,
						 const struct request *request)
{
	memcpy(attempt->who.source, request->source, SOURCE_BYTES);
	memcpy(attempt->who.service, request->service, SERVICE_BYTES);
	memcpy(attempt->who.mechanism, request->mechanism, MECHANISM_BYTES);
	attempt->transport_tls = request->transport_tls;
}

#endif
