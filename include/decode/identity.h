/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who: the words that name an attempt or a session, as the mail server wrote them, and how a
 * decoder fills them byte by byte.
 *
 * The words stay as they were on the wire (Dovecot escapes tabs and the like with \001); user
 * space makes them readable. Every word is padded with NULs, so equal names are equal bytes.
 */
#ifndef WAX_DECODE_IDENTITY_H
#define WAX_DECODE_IDENTITY_H

#include "decode/step.h"

#define ACCOUNT_BYTES 128
#define SOURCE_BYTES 48 /* an IPv6 address with a zone, in text */
#define SERVICE_BYTES 16
#define MECHANISM_BYTES 16
#define MASTER_BYTES (SOURCE_BYTES + SERVICE_BYTES)

/*
 * A name that does not fit keeps its first 120 bytes; the last 8 hold the FNV-1a hash of the
 * whole, with the top bit of the last byte set so that it is never NUL: a non-NUL last byte marks
 * a cut name.
 */
struct identity {
	char account[ACCOUNT_BYTES] __attribute__((aligned(8))); /* programs copy words */
	union {
		struct {
			char source[SOURCE_BYTES];
			char service[SERVICE_BYTES];
		};
		char master[MASTER_BYTES]; /* of a verdict only: who logged in as this account */
	};
	char mechanism[MECHANISM_BYTES];
};

static_assert(sizeof(struct identity) == 208, "identity is part of map keys");

/* Where in struct identity the bytes of a value go. */
enum capture {
	CAPTURE_NONE = 0,
	CAPTURE_ACCOUNT = 1,
	CAPTURE_SOURCE = 2,
	CAPTURE_SERVICE = 3,
	CAPTURE_MECHANISM = 4,
	CAPTURE_MASTER = 5,
};

static __always_inline __u32 capture_offset(__u8 capture)
{
	switch (capture) {
	case CAPTURE_MASTER:
	case CAPTURE_SOURCE: return ACCOUNT_BYTES;
	case CAPTURE_SERVICE: return ACCOUNT_BYTES + SOURCE_BYTES;
	case CAPTURE_MECHANISM: return ACCOUNT_BYTES + SOURCE_BYTES + SERVICE_BYTES;
	default: return 0;
	}
}

/* The last byte of each word but the account's stays NUL. */
static __always_inline __u32 capture_limit(__u8 capture)
{
	switch (capture) {
	case CAPTURE_ACCOUNT: return ACCOUNT_BYTES;
	case CAPTURE_SOURCE: return SOURCE_BYTES - 1;
	case CAPTURE_SERVICE: return SERVICE_BYTES - 1;
	case CAPTURE_MECHANISM: return MECHANISM_BYTES - 1;
	case CAPTURE_MASTER: return MASTER_BYTES - 1;
	default: return 0;
	}
}

/* Stores one byte of a word; bytes past the end of the word are dropped. */
static __always_inline void identity_put(struct identity *who, __u8 capture, __u32 index,
					 __u8 byte)
{
	__u32 at;

	if (index >= capture_limit(capture))
		return;
	at = capture_offset(capture) + index;
	barrier_step(at);
	if (at < sizeof(*who))
		((char *)who)[at] = byte ? byte : '?';
}

static __always_inline void identity_mark_cut_account(struct identity *who, __u64 hash)
{
	hash |= 0x80ULL << 56;
	memcpy(who->account + ACCOUNT_BYTES - sizeof(hash), &hash, sizeof(hash));
}

#endif
