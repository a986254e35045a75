/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a Dovecot mail process asks the auth service for when a login process hands it a client:
 * the login that it is to serve.
 *
 *   REQUEST\t<its own number>\t<pid of the login process>\t<id of AUTH there>\t<cookie>\t...\n
 *
 * The cookie is a secret: decoding ends before it.
 */
#ifndef WAX_DECODE_CLAIM_H
#define WAX_DECODE_CLAIM_H

#include "decode/step.h"

enum claim_event {
	CLAIM_EVENT_NONE = 0,
	CLAIM_EVENT_LOGIN = 1,	  /* pid and id are there */
	CLAIM_EVENT_STRANGER = 2, /* another line */
};

/* All zero is the state at a line's start. */
struct claim_decoder {
	__u64 word;
	__u32 pid, id;
	__u8 word_bytes;
	__u8 field;
	__u8 reserved[6];
};
static_assert(sizeof(struct claim_decoder) == 24, "claim_decoder");

static __always_inline __u8 claim_take_digit(struct claim_decoder *d, __u8 byte)
{
	if (byte < '0' || byte > '9')
		return CLAIM_EVENT_STRANGER;
	if (d->field == 2)
		d->pid = d->pid * 10 + (byte - '0');
	if (d->field == 3)
		d->id = d->id * 10 + (byte - '0');
	return CLAIM_EVENT_NONE;
}

/* Feeds one byte; ends with an event other than CLAIM_EVENT_NONE. */
static __always_inline __u8 claim_step(struct claim_decoder *d, __u8 byte)
{
	if (byte == '\t') {
		if (d->field == 0 && word_short(d->word, d->word_bytes) !=
					     WORD7('R', 'E', 'Q', 'U', 'E', 'S', 'T'))
			return CLAIM_EVENT_STRANGER;
		return ++d->field == 4 ? CLAIM_EVENT_LOGIN : CLAIM_EVENT_NONE;
	}
	if (byte == '\n')
		return CLAIM_EVENT_STRANGER;
	if (d->field)
		return claim_take_digit(d, byte);
	word_push(&d->word, &d->word_bytes, byte);
	return CLAIM_EVENT_NONE;
}

#endif
