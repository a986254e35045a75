/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The authentication protocols, behind one decoder: which of them a connection speaks is its tag. A
 * new protocol is a decoder in decode/, and a line in each list here. Part of abi.h.
 */
#ifndef WAX_AUTH_PROTOCOL_H
#define WAX_AUTH_PROTOCOL_H

#include "decode/dovecot_auth.h"
#include "mail_server.h"

/* In the order of enum auth_protocol: its names in case files, and what tables are made of. */
#define AUTH_PROTOCOLS(row) row(AUTH_PROTOCOL_DOVECOT, "dovecot")

/* Of one direction of one connection. All zero but for protocol, side and established is the state
 * at its first byte. */
struct auth_decoder {
	struct auth_speaker speaker;
	__u8 protocol; /* enum auth_protocol */
	__u8 reserved[7];
	union {
		struct dovecot_auth dovecot;
		__u8 largest[32]; /* a new protocol changes no layout */
	};
};

static_assert(sizeof(struct auth_decoder) == 272, "auth_decoder lies in a map");

/* Feeds one byte; returns an enum auth_event, AUTH_EVENT_NONE in the middle of a line. */
static __always_inline __u8 auth_protocol_step(struct auth_decoder *d, __u8 byte)
{
	switch (d->protocol) {
	case AUTH_PROTOCOL_DOVECOT: return dovecot_auth_step(&d->dovecot, &d->speaker, byte);
	default: return AUTH_EVENT_STRANGER;
	}
}

/* Bytes were lost: what comes before the next line's beginning is not looked at. */
static __always_inline void auth_protocol_skip_line(struct auth_decoder *d)
{
	if (d->protocol == AUTH_PROTOCOL_DOVECOT)
		dovecot_auth_skip_line(&d->dovecot);
}

#define AUTH_FIRST_BYTES DOVECOT_FIRST_BYTES

/* The protocol that a side may have begun with these bytes; AUTH_PROTOCOL_NONE: none is known. bytes:
 * AUTH_FIRST_BYTES, 4 or fewer. */
static __always_inline __u8 auth_protocol_recognise(__u32 side, const __u8 first[AUTH_FIRST_BYTES],
						    __u32 bytes)
{
	bool is_dovecot = side == AUTH_SIDE_SERVER ? dovecot_auth_looks_like_handshake(first, bytes)
						   : dovecot_auth_looks_like_client(first, bytes);

	if (is_dovecot)
		return AUTH_PROTOCOL_DOVECOT;
	return AUTH_PROTOCOL_NONE;
}

#endif
