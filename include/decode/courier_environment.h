/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The environment that Courier's login programs give to imapd and courierpop3d: who has logged in,
 * and from where. One NAME=VALUE after the other, each ended by NUL.
 *
 *   AUTHENTICATED=alice@isp1.example    TCPREMOTEIP=::ffff:192.0.2.7    PROTOCOL=IMAP
 *
 * Values of other names are passed over.
 */
#ifndef WAX_DECODE_COURIER_ENVIRONMENT_H
#define WAX_DECODE_COURIER_ENVIRONMENT_H

#include "decode/identity.h"

/* All zero is the state at the beginning. */
struct environment_decoder {
	__u64 word; /* the name's last bytes */
	__u64 account_hash; /* over the account, ASCII letters in lower case */
	__u16 value_bytes;
	__u8 word_bytes;
	__u8 in_value;
	__u8 capture;
	__u8 reserved[3];
};

static_assert(sizeof(struct environment_decoder) == 24, "environment_decoder lies in a map");

/* As getenv(3) does: the first of a name counts. */
static __always_inline __u8 environment_capture(const struct environment_decoder *d,
						const struct identity *who)
{
	if (word_short(d->word, d->word_bytes) == WORD8('P', 'R', 'O', 'T', 'O', 'C', 'O', 'L'))
		return who->service[0] ? CAPTURE_NONE : CAPTURE_SERVICE;
	/* TCPREMOTEIP, AUTHENTICATED */
	if (word_ends(d->word, d->word_bytes, WORD8('R', 'E', 'M', 'O', 'T', 'E', 'I', 'P'), 11))
		return who->source[0] ? CAPTURE_NONE : CAPTURE_SOURCE;
	if (word_ends(d->word, d->word_bytes, WORD8('N', 'T', 'I', 'C', 'A', 'T', 'E', 'D'), 13))
		return who->account[0] ? CAPTURE_NONE : CAPTURE_ACCOUNT;
	return CAPTURE_NONE;
}

/* IPv4 over a socket of IPv6 */
static __always_inline bool environment_is_mapped(const char *source)
{
	return source[0] == ':' && source[1] == ':' && source[2] == 'f' && source[3] == 'f' &&
	       source[4] == 'f' && source[5] == 'f' && source[6] == ':' && source[7] == 0;
}

static __always_inline void environment_take_value(struct environment_decoder *d,
						   struct identity *who, __u8 byte)
{
	if (d->capture == CAPTURE_SERVICE)
		byte = ascii_lower(byte);
	if (d->capture == CAPTURE_SOURCE && d->value_bytes == 7 && environment_is_mapped(who->source)) {
		memset(who->source, 0, 7);
		d->value_bytes = 0;
	}
	identity_put(who, d->capture, d->value_bytes, byte);
	if (d->capture == CAPTURE_ACCOUNT && d->value_bytes == 0)
		d->account_hash = FNV64_OFFSET;
	if (d->capture == CAPTURE_ACCOUNT)
		d->account_hash = fnv64_step(d->account_hash, ascii_lower(byte));
	if (d->value_bytes < 0xffff)
		d->value_bytes++;
}

static __always_inline void environment_end_value(struct environment_decoder *d,
						  struct identity *who)
{
	if (d->capture == CAPTURE_ACCOUNT && d->value_bytes >= ACCOUNT_BYTES)
		identity_mark_cut_account(who, d->account_hash);
	memset(d, 0, sizeof(*d));
}

/* Feeds one byte into who. */
static __always_inline void environment_step(struct environment_decoder *d, struct identity *who,
					     __u8 byte)
{
	if (byte == 0) {
		environment_end_value(d, who);
	} else if (d->in_value) {
		if (d->capture != CAPTURE_NONE)
			environment_take_value(d, who, byte);
	} else if (byte == '=') {
		d->in_value = 1;
		d->capture = environment_capture(d, who);
	} else {
		word_push(&d->word, &d->word_bytes, byte);
	}
}

#endif
