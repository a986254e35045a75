/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of one send, in pieces of CHUNK_BYTES, wherever the caller had them.
 *
 * The kernel took the first `ret` bytes of the caller's buffer or segments: exactly those are
 * looked at; what a short send left over comes with the next one. The piece lies on the stack, so
 * nothing a decoder skips is ever in a map.
 */
#ifndef WAX_BPF_LIB_SEND_CURSOR_BPF_H
#define WAX_BPF_LIB_SEND_CURSOR_BPF_H

#include "lib/shared.bpf.h"

#define CHUNK_BYTES 64

/* Moves to the next segment. False when there is none or it cannot be read. */
static __always_inline bool cursor_next_segment(struct cursor *cursor)
{
	const void *from = (void *)cursor->segment;
	struct user_iovec segment = {};
	long r;

	if (cursor->segments_left == 0)
		return false;
	cursor->segments_left--;
	if (cursor->segments_copied)
		r = bpf_probe_read_kernel(&segment, sizeof(segment), from);
	else
		r = bpf_probe_read_user(&segment, sizeof(segment), from);
	if (r)
		return false;
	cursor->segment += sizeof(segment);
	cursor->base = segment.base;
	cursor->base_left = segment.bytes;
	return true;
}

/*
 * Reads the next piece into chunk. Returns its bytes, 0 when the segment was empty (call again),
 * or -1 at the end of what can be read.
 */
static __always_inline int cursor_read(struct cursor *cursor, __u8 chunk[CHUNK_BYTES])
{
	__u64 bytes = cursor->left;

	if (bytes == 0)
		return -1;
	if (cursor->base_left == 0)
		return cursor_next_segment(cursor) ? 0 : -1;
	if (bytes > cursor->base_left)
		bytes = cursor->base_left;
	if (bytes > CHUNK_BYTES)
		bytes = CHUNK_BYTES;
	/* clang knows the bound from above and would drop the check that the verifier needs */
	barrier_step(bytes);
	if (bytes == 0 || bytes > CHUNK_BYTES)
		return -1;
	if (bpf_probe_read_user(chunk, bytes, (void *)cursor->base))
		return -1;
	cursor->base += bytes;
	cursor->base_left -= bytes;
	cursor->left -= bytes;
	return bytes;
}

/* Pieces and empty segments one send may have. */
#define SEND_CHUNKS (SEND_BYTES_LIMIT / CHUNK_BYTES + 1024)

#endif
