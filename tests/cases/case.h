/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Case files: what a mail server wrote, byte by byte, and what a decoder must make of it. The same
 * files drive the decoders on the host, in the kernel and in the fuzzers.
 *
 *   protocol dovecot                (what `server` and `client` speak below: auth_protocol.h)
 *
 *   # where the line comes from
 *   case A failed login names its account
 *   server                          (server, client, anvil or cyrus: who speaks)
 *   > FAIL\t2\tuser=bob@isp1.example\n
 *   = verdict id=2 account=bob@isp1.example outcome=failure
 *
 * Bytes are written as in C: \t \n \r \\ \xNN; a{120} repeats a character. A server's cases begin
 * before its handshake when they say `server handshake`.
 */
#ifndef WAX_TESTS_CASE_H
#define WAX_TESTS_CASE_H

#include <stdbool.h>
#include <stddef.h>

#include "auth_protocol.h"
#include "decode/anvil.h"
#include "decode/cyrus_status.h"

#define CASE_BYTES 32768
#define CASE_EVENTS 32

enum case_speaker { CASE_SERVER, CASE_CLIENT, CASE_ANVIL, CASE_CYRUS };

struct decode_case {
	char name[128];
	int line; /* in its file */
	enum case_speaker speaker;
	__u8 protocol; /* enum auth_protocol, of a server or client */
	bool before_handshake;
	size_t n_bytes;
	unsigned char bytes[CASE_BYTES];
	size_t n_expected;
	char expected[CASE_EVENTS][512];
};

/* One event of a decoder, as both worlds report it. */
struct decoded {
	__u32 event;
	__u32 id;
	__u32 outcome; /* of a line of Cyrus: its command */
	__u32 tls;
	struct identity who;
};

/* Decodes all bytes of a case; returns the number of events, at most CASE_EVENTS. */
typedef size_t (*case_decode)(const struct decode_case *decode_case, struct decoded *ret_events);

/* Runs every case of every file in tests/cases; prints what differs. Returns the number of cases,
 * or -1 when one failed or a file is not well-formed. */
int cases_run(case_decode decode);

#endif
