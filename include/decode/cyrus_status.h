/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a Cyrus process writes about itself, before and after each command of its client, to a file
 * of its own in the folder proc_path. One write holds one line.
 *
 *   imap\thost.example [192.0.2.7]\talice@isp1.example\tuser.alice\tFetch\n
 *   service, client, account, mailbox, command; empty what there is none of
 *
 * The command is a word that the client typed: it is classed and not kept.
 */
#ifndef WAX_DECODE_CYRUS_STATUS_H
#define WAX_DECODE_CYRUS_STATUS_H

#include "decode/identity.h"

enum cyrus_event {
	CYRUS_EVENT_NONE = 0,
	CYRUS_EVENT_SESSION = 1, /* the process serves an account */
	CYRUS_EVENT_NOBODY = 2,	 /* it serves nobody, or one who has yet to log in */
	CYRUS_EVENT_OTHER = 3,	 /* no line of this kind */
};

/* What a command has to do with messages. */
enum cyrus_command {
	CYRUS_COMMAND_NONE = 0,
	CYRUS_COMMAND_OWN = 1,	/* what it opens the server needs for itself: SEARCH, APPEND ... */
	CYRUS_COMMAND_SEND = 2, /* FETCH, and what cannot be told from it: UID ... */
	CYRUS_COMMAND_COMPRESS = 3,
};

enum cyrus_bracket { CYRUS_OUTSIDE = 0, CYRUS_AT_ADDRESS = 1, CYRUS_IN_ADDRESS = 2 };

#define CYRUS_FIELDS 5

/* All zero is the state at a line's start. */
struct cyrus_decoder {
	__u64 account_hash; /* over the account, ASCII letters in lower case */
	__u16 value_bytes;
	__u8 field;
	__u8 bracket; /* enum cyrus_bracket */
	__u8 has_mailbox;
	__u8 command;	/* enum cyrus_command */
	__u8 is_no_compress;
	__u8 reserved[1];
};

static_assert(sizeof(struct cyrus_decoder) == 16, "cyrus_decoder lies in a map");

static __always_inline bool cyrus_service_is(const struct identity *who, char a, char b, char c,
					     char d)
{
	const char *service = who->service;

	return service[0] == a && service[1] == b && service[2] == c && service[3] == d;
}

/* imaps, imaplocal and the like are names of ports. */
static __always_inline void cyrus_end_service(struct identity *who)
{
	if (cyrus_service_is(who, 'i', 'm', 'a', 'p') || cyrus_service_is(who, 'p', 'o', 'p', '3'))
		memset(who->service + 4, 0, SERVICE_BYTES - 4);
}

static __always_inline bool cyrus_begins_address(__u8 byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
	       (byte >= 'A' && byte <= 'F') || byte == ':';
}

/* The address stands in the last brackets; what stands before is a name that its owner chose. */
static __always_inline void cyrus_take_client(struct cyrus_decoder *d, struct identity *who,
					      __u8 byte)
{
	if (byte == '[') {
		memset(who->source, 0, SOURCE_BYTES);
		d->value_bytes = 0;
		d->bracket = CYRUS_AT_ADDRESS;
		return;
	}
	if (byte == ']' || (d->bracket == CYRUS_AT_ADDRESS && !cyrus_begins_address(byte)))
		d->bracket = CYRUS_OUTSIDE;
	if (d->bracket == CYRUS_OUTSIDE)
		return;
	d->bracket = CYRUS_IN_ADDRESS;
	identity_put(who, CAPTURE_SOURCE, d->value_bytes, byte);
	if (d->value_bytes < 0xffff)
		d->value_bytes++;
}

static __always_inline void cyrus_take_account(struct cyrus_decoder *d, struct identity *who,
					       __u8 byte)
{
	identity_put(who, CAPTURE_ACCOUNT, d->value_bytes, byte);
	if (d->value_bytes == 0)
		d->account_hash = FNV64_OFFSET;
	d->account_hash = fnv64_step(d->account_hash, ascii_lower(byte));
}

/* FETCH, UID and URLFETCH send messages, and so may what begins with X. */
static __always_inline void cyrus_take_command(struct cyrus_decoder *d, __u8 byte)
{
	const __u64 compress = WORD8('C', 'o', 'm', 'p', 'r', 'e', 's', 's');
	__u32 shift = 56 - 8 * (d->value_bytes & 7);

	if (d->value_bytes == 0)
		d->command = byte == 'F' || byte == 'U' || byte == 'X' ? CYRUS_COMMAND_SEND
								       : CYRUS_COMMAND_OWN;
	if (d->value_bytes > 7 || byte != ((compress >> shift) & 0xff))
		d->is_no_compress = 1;
}

static __always_inline void cyrus_take_byte(struct cyrus_decoder *d, struct identity *who,
					    __u8 byte)
{
	switch (d->field) {
	case 0: identity_put(who, CAPTURE_SERVICE, d->value_bytes, byte); break;
	case 1: cyrus_take_client(d, who, byte); return;
	case 2: cyrus_take_account(d, who, byte); break;
	case 3: d->has_mailbox = 1; break;
	case 4: cyrus_take_command(d, byte); break;
	default: break;
	}
	if (d->value_bytes < 0xffff)
		d->value_bytes++;
}

static __always_inline void cyrus_end_field(struct cyrus_decoder *d, struct identity *who)
{
	if (d->field == 0)
		cyrus_end_service(who);
	if (d->field == 2 && d->value_bytes >= ACCOUNT_BYTES)
		identity_mark_cut_account(who, d->account_hash);
	if (d->field == 4 && d->value_bytes == 8 && !d->is_no_compress)
		d->command = CYRUS_COMMAND_COMPRESS;
	d->value_bytes = 0;
	if (d->field < 255)
		d->field++;
}

/* POP3 writes the name that its client gave before the password was right; then a mailbox is open.
 * Delivery serves nobody. */
static __always_inline __u8 cyrus_end_line(const struct cyrus_decoder *d,
					   const struct identity *who)
{
	if (d->field != CYRUS_FIELDS)
		return CYRUS_EVENT_OTHER;
	if (!who->account[0] || cyrus_service_is(who, 'l', 'm', 't', 'p') ||
	    (cyrus_service_is(who, 'p', 'o', 'p', '3') && !d->has_mailbox))
		return CYRUS_EVENT_NOBODY;
	return CYRUS_EVENT_SESSION;
}

/* Feeds one byte into who; returns an enum cyrus_event at the end of the line. */
static __always_inline __u8 cyrus_step(struct cyrus_decoder *d, struct identity *who, __u8 byte)
{
	if (byte == '\n') {
		cyrus_end_field(d, who);
		return cyrus_end_line(d, who);
	}
	if (byte == '\t')
		cyrus_end_field(d, who);
	else
		cyrus_take_byte(d, who, byte);
	return CYRUS_EVENT_NONE;
}

#endif
