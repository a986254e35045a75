/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Dovecot authentication protocol, client side, as Dovecot 2.2 to 2.4, Postfix and Exim
 * speak it: lines of tab-separated fields, in both directions of one connection.
 * https://doc.dovecot.org/2.3/developer_manual/design/auth_protocol/
 *
 *   server  MECH\tPLAIN\tplaintext\n ... DONE\n
 *   client  AUTH\t1\tPLAIN\tservice=imap\tsecured=tls\trip=192.0.2.7\t...\tresp=<secret>\n
 *   server  FAIL\t1\tuser=alice@isp1.example\tcode=temp_fail\n
 *   server  OK\t2\tuser=bob@isp1.example\t...\n
 *   server  OK\t3\tuser=bob@isp1.example\t...\tauth_user=postmaster@isp1.example\n
 *
 * Passwords lie in AUTH's resp=, in CONT lines, in OK's pass= and other fields of OK, and may lie
 * in fields to come. So only the named fields are kept and every other byte is skipped.
 */
#ifndef WAX_DECODE_DOVECOT_AUTH_H
#define WAX_DECODE_DOVECOT_AUTH_H

#include "decode/auth_speaker.h"

enum dovecot_verb {
	DOVECOT_VERB_SKIP = 0, /* known, of no interest, possibly secret */
	DOVECOT_VERB_REQUEST = 1,
	DOVECOT_VERB_OK = 2,
	DOVECOT_VERB_FAIL = 3,
	DOVECOT_VERB_CANCEL = 4,
	DOVECOT_VERB_CANCELLED = 5,
	DOVECOT_VERB_MECH = 6,
	DOVECOT_VERB_DONE = 7,
	DOVECOT_VERB_UNKNOWN = 8,
};

enum dovecot_part {
	DOVECOT_PART_VERB = 0,
	DOVECOT_PART_ID = 1,
	DOVECOT_PART_KEY = 2,
	DOVECOT_PART_VALUE = 3,
	DOVECOT_PART_SKIP_FIELD = 4,
	DOVECOT_PART_SKIP_LINE = 5
};

enum dovecot_flag {
	DOVECOT_FLAG_TLS = 1 << 0,
	DOVECOT_FLAG_SECURED = 1 << 1, /* bare "secured" */
	DOVECOT_FLAG_PROXY = 1 << 2,
	DOVECOT_FLAG_TEMPORARY = 1 << 3,
	DOVECOT_FLAG_BAD_ID = 1 << 4,
	DOVECOT_FLAG_HAS_ID = 1 << 5,
	DOVECOT_FLAG_INTERNAL = 1 << 6, /* DOVECOT-TOKEN: the server's own, no login */
	DOVECOT_FLAG_NO_SESSION = 1 << 7, /* nologin */
};

/* All zero is the state at a line's start. */
struct dovecot_auth {
	__u64 word;	   /* the word being read, last eight bytes */
	__u16 value_bytes; /* read of the current value, saturating */
	__u8 verb;
	__u8 part;
	__u8 capture;
	__u8 flags;
	__u8 mechanisms_seen;
	__u8 word_bytes; /* of the word being read, saturating */
};

static_assert(sizeof(struct dovecot_auth) == 16, "dovecot_auth lies in a map");

static __always_inline __u8 dovecot_auth_client_verb(__u64 word)
{
	switch (word) {
	case WORD4('A', 'U', 'T', 'H'): return DOVECOT_VERB_REQUEST;
	case WORD6('C', 'A', 'N', 'C', 'E', 'L'): return DOVECOT_VERB_CANCEL;
	case WORD4('C', 'O', 'N', 'T'):
	case WORD4('C', 'P', 'I', 'D'):
	case WORD7('V', 'E', 'R', 'S', 'I', 'O', 'N'): return DOVECOT_VERB_SKIP;
	default: return DOVECOT_VERB_UNKNOWN;
	}
}

static __always_inline __u8 dovecot_auth_server_verb(__u64 word)
{
	switch (word) {
	case WORD2('O', 'K'): return DOVECOT_VERB_OK;
	case WORD4('F', 'A', 'I', 'L'): return DOVECOT_VERB_FAIL;
	case WORD4('M', 'E', 'C', 'H'): return DOVECOT_VERB_MECH;
	case WORD4('D', 'O', 'N', 'E'): return DOVECOT_VERB_DONE;
	case WORD4('C', 'O', 'N', 'T'):
	case WORD4('S', 'P', 'I', 'D'):
	case WORD4('C', 'U', 'I', 'D'):
	case WORD6('C', 'O', 'O', 'K', 'I', 'E'):
	case WORD7('V', 'E', 'R', 'S', 'I', 'O', 'N'): return DOVECOT_VERB_SKIP;
	default: return DOVECOT_VERB_UNKNOWN;
	}
}

static __always_inline __u8 dovecot_auth_part_after_verb(__u8 verb)
{
	return verb >= DOVECOT_VERB_REQUEST && verb <= DOVECOT_VERB_CANCELLED
		       ? DOVECOT_PART_ID
		       : DOVECOT_PART_SKIP_LINE;
}

static __always_inline void dovecot_auth_start_word(struct dovecot_auth *d)
{
	d->word = 0;
	d->word_bytes = 0;
}

static __always_inline void dovecot_auth_start_line(struct dovecot_auth *d)
{
	dovecot_auth_start_word(d);
	d->part = DOVECOT_PART_VERB;
}

/* A verb is complete: forget the words of the line before. */
static __always_inline void dovecot_auth_take_verb(struct dovecot_auth *d, struct auth_speaker *s)
{
	__u64 word = word_short(d->word, d->word_bytes);

	d->verb = s->side == AUTH_SIDE_SERVER ? dovecot_auth_server_verb(word)
					      : dovecot_auth_client_verb(word);
	if (s->side == AUTH_SIDE_SERVER &&
	    word_ends(d->word, d->word_bytes, WORD8('A', 'N', 'C', 'E', 'L', 'L', 'E', 'D'), 9))
		d->verb = DOVECOT_VERB_CANCELLED;
	d->part = dovecot_auth_part_after_verb(d->verb);
	dovecot_auth_start_word(d);
	s->id = 0;
	d->flags = 0;
	d->value_bytes = 0;
	if (d->part == DOVECOT_PART_ID) {
		memset(&s->who, 0, sizeof(s->who));
	}
}

static __always_inline void dovecot_auth_take_id_digit(struct dovecot_auth *d,
						       struct auth_speaker *s, __u8 byte)
{
	__u64 id = s->id * 10ULL + (byte - '0');

	if (byte < '0' || byte > '9' || id > 0xffffffffULL)
		d->flags |= DOVECOT_FLAG_BAD_ID;
	else
		d->flags |= DOVECOT_FLAG_HAS_ID;
	s->id = id;
}

/* What follows the '=' of a key; everything not named here is skipped unread. */
static __always_inline __u8 dovecot_auth_capture_of_key(__u8 verb, __u64 key)
{
	if (verb == DOVECOT_VERB_REQUEST) {
		switch (key) {
		case WORD7('s', 'e', 'r', 'v', 'i', 'c', 'e'):
		case WORD8('p', 'r', 'o', 't', 'o', 'c', 'o', 'l'): return CAPTURE_SERVICE;
		case WORD3('r', 'i', 'p'): return CAPTURE_SOURCE;
		}
	} else if (key == WORD4('u', 's', 'e', 'r')) {
		return CAPTURE_ACCOUNT;
	}
	return CAPTURE_NONE;
}

/* auth_user: a master logged in as somebody else. */
static __always_inline bool dovecot_auth_is_master_key(const struct dovecot_auth *d)
{
	return d->verb == DOVECOT_VERB_OK &&
	       word_ends(d->word, d->word_bytes, WORD8('u', 't', 'h', '_', 'u', 's', 'e', 'r'), 9);
}

static __always_inline bool dovecot_auth_has_captured(const struct dovecot_auth *d,
						      const struct auth_speaker *s)
{
	switch (d->capture) {
	case CAPTURE_ACCOUNT: return s->who.account[0];
	case CAPTURE_SOURCE: return s->who.source[0];
	case CAPTURE_SERVICE: return s->who.service[0];
	case CAPTURE_MASTER: return s->who.master[0];
	default: return false;
	}
}

/* With or without a value: who only asks whether a password is right, and who is answered that it is all he gets. */
static __always_inline void dovecot_auth_note_no_session(struct dovecot_auth *d, __u64 word)
{
	if (word == WORD7('n', 'o', 'l', 'o', 'g', 'i', 'n'))
		d->flags |= DOVECOT_FLAG_NO_SESSION;
}

static __always_inline void dovecot_auth_take_key(struct dovecot_auth *d, struct auth_speaker *s)
{
	__u64 key = word_short(d->word, d->word_bytes);
	bool short_word = (d->verb == DOVECOT_VERB_REQUEST &&
			   key == WORD7('s', 'e', 'c', 'u', 'r', 'e', 'd')) ||
			  (d->verb == DOVECOT_VERB_FAIL && key == WORD4('c', 'o', 'd', 'e'));

	dovecot_auth_note_no_session(d, key);
	d->capture = dovecot_auth_is_master_key(d) ? CAPTURE_MASTER
						   : dovecot_auth_capture_of_key(d->verb, key);
	dovecot_auth_start_word(d);
	d->value_bytes = 0;
	if (d->verb == DOVECOT_VERB_REQUEST && key == WORD4('r', 'e', 's', 'p'))
		d->part = DOVECOT_PART_SKIP_LINE; /* always the last field, always a secret */
	else if (d->capture != CAPTURE_NONE || short_word)
		d->part = DOVECOT_PART_VALUE;
	else
		d->part = DOVECOT_PART_SKIP_FIELD;
	/* A second one would overlay the first, or let a later field rename the account. */
	if (dovecot_auth_has_captured(d, s))
		d->part = DOVECOT_PART_SKIP_FIELD;
	if (d->part == DOVECOT_PART_VALUE)
		s->account_hash = FNV64_OFFSET;
}

/* A field without '=': a flag. */
static __always_inline void dovecot_auth_take_flag(struct dovecot_auth *d)
{
	__u64 word = word_short(d->word, d->word_bytes);

	dovecot_auth_note_no_session(d, word);
	if (word == WORD7('s', 'e', 'c', 'u', 'r', 'e', 'd'))
		d->flags |= DOVECOT_FLAG_SECURED;
	else if (d->verb == DOVECOT_VERB_OK && word == WORD5('p', 'r', 'o', 'x', 'y'))
		d->flags |= DOVECOT_FLAG_PROXY;
	else if (d->verb == DOVECOT_VERB_FAIL && word == WORD4('t', 'e', 'm', 'p'))
		d->flags |= DOVECOT_FLAG_TEMPORARY; /* 2.2 wrote the bare word */
}

static __always_inline void dovecot_auth_take_value(struct dovecot_auth *d, struct auth_speaker *s)
{
	if (d->capture == CAPTURE_ACCOUNT && d->value_bytes >= ACCOUNT_BYTES)
		identity_mark_cut_account(&s->who, s->account_hash);
	if (d->capture == CAPTURE_MECHANISM) {
		/* DOVECOT-TOKEN */
		if (word_ends(d->word, d->word_bytes, WORD8('O', 'T', '-', 'T', 'O', 'K', 'E', 'N'),
			      13))
			d->flags |= DOVECOT_FLAG_INTERNAL;
	} else if (d->capture == CAPTURE_NONE) {
		if (word_short(d->word, d->word_bytes) == WORD3('t', 'l', 's'))
			d->flags |= DOVECOT_FLAG_TLS;
		else if (word_ends(d->word, d->word_bytes,
				   WORD8('e', 'm', 'p', '_', 'f', 'a', 'i', 'l'), 9))
			d->flags |= DOVECOT_FLAG_TEMPORARY;
	}
}

/* A field is complete, at a tab or at the line's end. */
static __always_inline void dovecot_auth_end_field(struct dovecot_auth *d, struct auth_speaker *s)
{
	if (d->part == DOVECOT_PART_VALUE)
		dovecot_auth_take_value(d, s);
	else if (d->part == DOVECOT_PART_KEY)
		dovecot_auth_take_flag(d);

	if (d->part == DOVECOT_PART_ID && d->verb == DOVECOT_VERB_REQUEST) {
		d->part = DOVECOT_PART_VALUE;
		d->capture = CAPTURE_MECHANISM;
	} else {
		d->part = DOVECOT_PART_KEY;
		d->capture = CAPTURE_NONE;
	}
	dovecot_auth_start_word(d);
	d->value_bytes = 0;
}

/* Postfix and Exim say "secured" for TLS; Dovecot says it for a connection from the same host. */
static __always_inline bool dovecot_auth_is_tls(const struct dovecot_auth *d,
						const struct auth_speaker *s)
{
	const char *service = s->who.service;

	if (d->flags & DOVECOT_FLAG_TLS)
		return true;
	return (d->flags & DOVECOT_FLAG_SECURED) && service[0] == 's' && service[1] == 'm' &&
	       service[2] == 't' && service[3] == 'p' && service[4] == 0;
}

static __always_inline __u8 dovecot_auth_event_of_verdict(struct dovecot_auth *d,
							  struct auth_speaker *s)
{
	s->no_session = !!(d->flags & DOVECOT_FLAG_NO_SESSION);
	if (d->verb == DOVECOT_VERB_OK) {
		s->outcome = AUTH_OUTCOME_SUCCESS;
		return d->flags & DOVECOT_FLAG_PROXY ? AUTH_EVENT_FORWARDED : AUTH_EVENT_VERDICT;
	}
	s->outcome =
		d->flags & DOVECOT_FLAG_TEMPORARY ? AUTH_OUTCOME_TEMPORARY : AUTH_OUTCOME_FAILURE;
	return AUTH_EVENT_VERDICT;
}

static __always_inline __u8 dovecot_auth_event_of_request(const struct dovecot_auth *d,
							  struct auth_speaker *s)
{
	s->transport_tls = dovecot_auth_is_tls(d, s);
	s->internal = !!(d->flags & DOVECOT_FLAG_INTERNAL);
	s->no_session = !!(d->flags & DOVECOT_FLAG_NO_SESSION);
	return s->who.mechanism[0] ? AUTH_EVENT_REQUEST : AUTH_EVENT_UNDECODABLE;
}

/* Before the handshake is over the server may be anything. */
static __always_inline __u8 dovecot_auth_end_handshake_line(struct dovecot_auth *d,
							    struct auth_speaker *s)
{
	switch (d->verb) {
	case DOVECOT_VERB_SKIP: return AUTH_EVENT_NONE;
	case DOVECOT_VERB_MECH: d->mechanisms_seen = 1; return AUTH_EVENT_NONE;
	case DOVECOT_VERB_DONE:
		s->established = d->mechanisms_seen;
		return s->established ? AUTH_EVENT_HANDSHAKE : AUTH_EVENT_STRANGER;
	default: return AUTH_EVENT_STRANGER;
	}
}

static __always_inline __u8 dovecot_auth_end_line(struct dovecot_auth *d, struct auth_speaker *s)
{
	if (!s->established && s->side == AUTH_SIDE_SERVER)
		return dovecot_auth_end_handshake_line(d, s);
	if (d->verb == DOVECOT_VERB_UNKNOWN)
		return s->established ? AUTH_EVENT_UNDECODABLE : AUTH_EVENT_STRANGER;
	if (d->verb < DOVECOT_VERB_REQUEST || d->verb > DOVECOT_VERB_CANCELLED)
		return AUTH_EVENT_NONE;
	if ((d->flags & (DOVECOT_FLAG_BAD_ID | DOVECOT_FLAG_HAS_ID)) != DOVECOT_FLAG_HAS_ID)
		return AUTH_EVENT_UNDECODABLE;

	switch (d->verb) {
	case DOVECOT_VERB_REQUEST: return dovecot_auth_event_of_request(d, s);
	case DOVECOT_VERB_CANCEL: return AUTH_EVENT_CANCEL;
	case DOVECOT_VERB_CANCELLED: return AUTH_EVENT_CANCELLED;
	default: return dovecot_auth_event_of_verdict(d, s);
	}
}

#define DOVECOT_VERB_BYTES 9 /* CANCELLED */

/* What is no verb may be the middle of a secret, of a line begun unseen: nothing of it stays. */
static __always_inline void dovecot_auth_take_verb_byte(struct dovecot_auth *d,
							struct auth_speaker *s, __u8 byte)
{
	bool is_of_verb = byte >= 'A' && byte <= 'Z' && d->word_bytes < DOVECOT_VERB_BYTES;

	word_push(&d->word, &d->word_bytes, is_of_verb ? byte : 0);
	if (is_of_verb)
		return;
	dovecot_auth_take_verb(d, s);
	d->part = DOVECOT_PART_SKIP_LINE;
}

static __always_inline void dovecot_auth_take_byte(struct dovecot_auth *d, struct auth_speaker *s,
						   __u8 byte)
{
	switch (d->part) {
	case DOVECOT_PART_VERB: dovecot_auth_take_verb_byte(d, s, byte); break;
	case DOVECOT_PART_ID: dovecot_auth_take_id_digit(d, s, byte); break;
	case DOVECOT_PART_KEY:
		if (byte == '=')
			dovecot_auth_take_key(d, s);
		else
			word_push(&d->word, &d->word_bytes, byte);
		break;
	case DOVECOT_PART_VALUE:
		identity_put(&s->who, d->capture, d->value_bytes, byte);
		word_push(&d->word, &d->word_bytes, byte);
		if (d->capture == CAPTURE_ACCOUNT || d->capture == CAPTURE_MASTER)
			s->account_hash = fnv64_step(s->account_hash, ascii_lower(byte));
		if (d->value_bytes < 0xffff)
			d->value_bytes++;
		break;
	}
}

/* Bytes were lost: what comes next may be the middle of a line, and of a secret. */
static __always_inline void dovecot_auth_skip_line(struct dovecot_auth *d)
{
	d->verb = DOVECOT_VERB_SKIP;
	d->part = DOVECOT_PART_SKIP_LINE;
}

/* Feeds one byte; returns an enum auth_event at the end of a line. */
static __always_inline __u8 dovecot_auth_step(struct dovecot_auth *d, struct auth_speaker *s,
					      __u8 byte)
{
	__u8 event;

	if (byte == '\n') {
		if (d->part == DOVECOT_PART_VERB)
			dovecot_auth_take_verb(d, s);
		else if (d->part < DOVECOT_PART_SKIP_FIELD)
			dovecot_auth_end_field(d, s);
		event = dovecot_auth_end_line(d, s);
		dovecot_auth_start_line(d);
		return event;
	}
	if (byte != '\t')
		dovecot_auth_take_byte(d, s, byte);
	else if (d->part == DOVECOT_PART_VERB)
		dovecot_auth_take_verb(d, s);
	else if (d->part != DOVECOT_PART_SKIP_LINE)
		dovecot_auth_end_field(d, s);
	return AUTH_EVENT_NONE;
}

#define DOVECOT_FIRST_BYTES 9

/*
 * Could these first bytes of a send be a client's of an auth server?
 *   VERSION\t1\t2\n    where other protocols have a name; often said before the server accepts
 *   AUTH\t1\tPLAIN\t   the first that is seen then
 */
static __always_inline bool dovecot_auth_looks_like_client(const __u8 first[DOVECOT_FIRST_BYTES],
							   __u32 bytes)
{
	if (bytes != DOVECOT_FIRST_BYTES)
		return false;
	if (first[0] == 'A' && first[1] == 'U' && first[2] == 'T' && first[3] == 'H')
		return first[4] == '\t' && first[5] >= '0' && first[5] <= '9';
	return first[0] == 'V' && first[1] == 'E' && first[2] == 'R' && first[3] == 'S' &&
	       first[4] == 'I' && first[5] == 'O' && first[6] == 'N' && first[7] == '\t' &&
	       first[8] >= '0' && first[8] <= '9';
}

/*
 * Could these first bytes of a send open an auth server's handshake?
 *   2.3  VERSION\t1\t2\nMECH\t...      2.4  VERSION\t1\t3\n, later MECH\t...
 */
static __always_inline bool
dovecot_auth_looks_like_handshake(const __u8 first[DOVECOT_FIRST_BYTES], __u32 bytes)
{
	if (bytes == 0)
		return false;
	if (bytes >= 4)
		return (first[0] == 'V' && first[1] == 'E' && first[2] == 'R' && first[3] == 'S') ||
		       (first[0] == 'M' && first[1] == 'E' && first[2] == 'C' && first[3] == 'H');
	return first[0] == 'V' || first[0] == 'M';
}

#endif
