/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of one send, in pieces of CHUNK_BYTES, wherever the caller had them.
 *
 * The kernel took the first `ret` bytes of the caller's buffer or segments: exactly those are
 * looked at; what a short send left over comes with the next one. The piece lies on the stack, so
 * nothing a decoder skips is ever in a map.
 */
#ifndef WAX_SEND_BPF_H
#define WAX_SEND_BPF_H

#include "shared.bpf.h"

#define CHUNK_BYTES 64

struct send {
	__u64 left;	     /* bytes still to be looked at */
	__u64 segment;	     /* user address of the next struct iovec */
	__u64 segments_left; /* of them */
	__u64 base;	     /* user address of the rest of the current segment */
	__u64 base_left;     /* bytes of it */
	void *target;	     /* map value that decodes */
	struct stream_key key;
};

/* Moves to the next segment that has bytes. False when there is none or it cannot be read. */
static __always_inline bool send_next_segment(struct send *send)
{
	struct user_iovec segment = {};

	if (send->segments_left == 0)
		return false;
	send->segments_left--;
	if (bpf_probe_read_user(&segment, sizeof(segment), (void *)send->segment))
		return false;
	send->segment += sizeof(segment);
	send->base = segment.base;
	send->base_left = segment.bytes;
	return true;
}

/*
 * Reads the next piece into chunk. Returns its bytes, 0 when the segment was empty (call again),
 * or -1 at the end of what can be read.
 */
static __always_inline int send_next_chunk(struct send *send, __u8 chunk[CHUNK_BYTES])
{
	__u64 bytes;

	if (send->left == 0)
		return -1;
	if (send->base_left == 0)
		return send_next_segment(send) ? 0 : -1;
	bytes = send->base_left < send->left ? send->base_left : send->left;
	if (bytes > CHUNK_BYTES)
		bytes = CHUNK_BYTES;
	barrier_step(bytes);
	/* clang knows the bound from above and drops the check the verifier needs here */
	if (bytes == 0 || bytes > CHUNK_BYTES)
		return -1;
	if (bpf_probe_read_user(chunk, bytes, (void *)send->base))
		return -1;
	send->base += bytes;
	send->base_left -= bytes;
	send->left -= bytes;
	return bytes;
}

/* Pieces and empty segments one send may have. */
#define SEND_CHUNKS (SEND_BYTES_LIMIT / CHUNK_BYTES + 1024)

#endif
