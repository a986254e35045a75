/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines a Dovecot mail process writes to the anvil pipe when it begins or ends to serve a client.
 * One write holds one line.
 *
 *   2.3  CONNECT\t<pid>\timap/192.0.2.7/alice@isp1.example\n
 *   2.4  CONNECT\t<guid>\t<pid>\talice@isp1.example\timap\t192.0.2.7\tW...\n
 *
 * DISCONNECT likewise. lmtp of 2.3 writes lmtp/<account> without an address.
 */
#ifndef WAX_DECODE_ANVIL_H
#define WAX_DECODE_ANVIL_H

#include "decode/identity.h"

enum anvil_event {
	ANVIL_EVENT_NONE = 0,
	ANVIL_EVENT_CONNECT = 1,
	ANVIL_EVENT_DISCONNECT = 2,
	ANVIL_EVENT_OTHER = 3, /* LOOKUP, KILL ...: of no interest */
};

enum anvil_form { ANVIL_FORM_UNKNOWN = 0, ANVIL_FORM_SLASHES = 1, ANVIL_FORM_TABS = 2 };

/* All zero is the state at a line's start. */
struct anvil_decoder {
	__u64 word;
	__u64 account_hash; /* over the account, ASCII letters in lower case */
	__u16 value_bytes;
	__u8 field;
	__u8 form;
	__u8 capture;
	__u8 verb; /* enum anvil_event */
	__u8 word_bytes;
	__u8 reserved[1];
};

static_assert(sizeof(struct anvil_decoder) == 24, "anvil_decoder lies in a map");

static __always_inline __u8 anvil_verb(__u64 word, __u8 bytes)
{
	if (word_short(word, bytes) == WORD7('C', 'O', 'N', 'N', 'E', 'C', 'T'))
		return ANVIL_EVENT_CONNECT;
	/* DISCONNECT */
	if (word_ends(word, bytes, WORD8('S', 'C', 'O', 'N', 'N', 'E', 'C', 'T'), 10))
		return ANVIL_EVENT_DISCONNECT;
	return ANVIL_EVENT_OTHER;
}

static __always_inline __u8 anvil_capture_of_tab_field(__u8 field)
{
	switch (field) {
	case 3: return CAPTURE_ACCOUNT;
	case 4: return CAPTURE_SERVICE;
	case 5: return CAPTURE_SOURCE;
	default: return CAPTURE_NONE;
	}
}

static __always_inline void anvil_end_value(struct anvil_decoder *d, struct identity *who)
{
	if (d->capture == CAPTURE_ACCOUNT && d->value_bytes >= ACCOUNT_BYTES)
		identity_mark_cut_account(who, d->account_hash);
	d->value_bytes = 0;
}

static __always_inline void anvil_end_field(struct anvil_decoder *d, struct identity *who)
{
	if (d->field == 0)
		d->verb = anvil_verb(d->word, d->word_bytes);
	else
		anvil_end_value(d, who);
	if (d->field < 255)
		d->field++;
	d->capture = d->form == ANVIL_FORM_TABS ? anvil_capture_of_tab_field(d->field)
						: CAPTURE_NONE;
}

/* The second field tells the forms apart: "imap/..." or a process number. */
static __always_inline void anvil_choose_form(struct anvil_decoder *d, __u8 byte)
{
	d->form = byte >= '0' && byte <= '9' ? ANVIL_FORM_TABS : ANVIL_FORM_SLASHES;
	d->capture = d->form == ANVIL_FORM_SLASHES ? CAPTURE_SERVICE : CAPTURE_NONE;
}

/* service/address/account; only the first two slashes divide. */
static __always_inline bool anvil_take_slash(struct anvil_decoder *d, struct identity *who)
{
	if (d->capture != CAPTURE_SERVICE && d->capture != CAPTURE_SOURCE)
		return false;
	/* lmtp/<account> has no address */
	d->capture = d->capture == CAPTURE_SERVICE && who->service[0] != 'l' ? CAPTURE_SOURCE
									     : CAPTURE_ACCOUNT;
	d->value_bytes = 0;
	return true;
}

static __always_inline void anvil_take_byte(struct anvil_decoder *d, struct identity *who,
					    __u8 byte)
{
	if (d->field == 2 && d->form == ANVIL_FORM_UNKNOWN)
		anvil_choose_form(d, byte);
	if (d->form == ANVIL_FORM_SLASHES && byte == '/' && anvil_take_slash(d, who))
		return;
	if (d->capture == CAPTURE_NONE)
		return;
	identity_put(who, d->capture, d->value_bytes, byte);
	if (d->capture == CAPTURE_ACCOUNT && d->value_bytes == 0)
		d->account_hash = FNV64_OFFSET;
	if (d->capture == CAPTURE_ACCOUNT)
		d->account_hash = fnv64_step(d->account_hash, ascii_lower(byte));
	if (d->value_bytes < 0xffff)
		d->value_bytes++;
}

/* Feeds one byte into who; returns an enum anvil_event at the end of the line. */
static __always_inline __u8 anvil_step(struct anvil_decoder *d, struct identity *who, __u8 byte)
{
	if (byte == '\n') {
		anvil_end_field(d, who);
		return d->verb;
	}
	if (byte == '\t')
		anvil_end_field(d, who);
	else if (d->field == 0)
		word_push(&d->word, &d->word_bytes, byte);
	else
		anvil_take_byte(d, who, byte);
	return ANVIL_EVENT_NONE;
}

#endif
