/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One end of an authentication connection and what it last said, whatever the protocol is: the
 * output of every decoder of one. Its input is the end's bytes, its own state lies beside
 * (auth_protocol.h).
 */
#ifndef WAX_DECODE_AUTH_SPEAKER_H
#define WAX_DECODE_AUTH_SPEAKER_H

#include "decode/identity.h"

enum auth_event {
	AUTH_EVENT_NONE = 0,
	AUTH_EVENT_HANDSHAKE =
		1, /* the protocol is spoken here: the other end is followed from now on */
	AUTH_EVENT_STRANGER = 2,    /* it is not */
	AUTH_EVENT_REQUEST = 3,	    /* id, source, service, mechanism, transport_tls, internal */
	AUTH_EVENT_VERDICT = 4,	    /* id, account, outcome */
	AUTH_EVENT_FORWARDED = 5,   /* the verdict is another server's */
	AUTH_EVENT_CANCEL = 6,	    /* the client gave up; a verdict may still come */
	AUTH_EVENT_CANCELLED = 7,   /* the server confirms that none will */
	AUTH_EVENT_UNDECODABLE = 8, /* a line that ought to be one of the above and is not */
};

enum auth_outcome {
	AUTH_OUTCOME_SUCCESS = 0,
	AUTH_OUTCOME_FAILURE = 1,
	AUTH_OUTCOME_TEMPORARY = 2,
	AUTH_OUTCOME_UNANSWERED = 3,
	AUTH_OUTCOMES = 4,
};

/* The server accepted the connection. */
enum auth_side { AUTH_SIDE_CLIENT = 0, AUTH_SIDE_SERVER = 1 };

struct auth_speaker {
	__u64 account_hash; /* FNV-1a over the whole account or master, letters in lower case */
	__u32 id;	    /* of the attempt; one connection may have several under way */
	__u8 side;
	__u8 established;   /* the handshake is over: only then other lines count */
	__u8 outcome;	    /* of the verdict just read */
	__u8 transport_tls; /* of the request just read */
	__u8 internal;	    /* of the request just read: the server's own exchange, no attempt */
	__u8 no_session;    /* of the request or verdict just read: nobody will be served */
	__u8 reserved[6];
	struct identity who;
};

static_assert(sizeof(struct auth_speaker) == 232, "auth_speaker lies in a map");

#endif
