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

#include "decode/identity.h"

enum auth_event {
	AUTH_EVENT_NONE = 0,
	AUTH_EVENT_HANDSHAKE = 1,   /* the accepting side offered mechanisms: an auth server */
	AUTH_EVENT_STRANGER = 2,    /* a line no auth server says before its handshake is done */
	AUTH_EVENT_REQUEST = 3,	    /* AUTH: id, source, service, mechanism, transport */
	AUTH_EVENT_VERDICT = 4,	    /* OK or FAIL: id, account, outcome */
	AUTH_EVENT_FORWARDED = 5,   /* OK with proxy: the verdict is another server's */
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

enum auth_side { AUTH_SIDE_CLIENT = 0, AUTH_SIDE_SERVER = 1 };

enum auth_verb {
	AUTH_VERB_SKIP = 0, /* known, of no interest, possibly secret */
	AUTH_VERB_REQUEST = 1,
	AUTH_VERB_OK = 2,
	AUTH_VERB_FAIL = 3,
	AUTH_VERB_CANCEL = 4,
	AUTH_VERB_CANCELLED = 5,
	AUTH_VERB_MECH = 6,
	AUTH_VERB_DONE = 7,
	AUTH_VERB_UNKNOWN = 8,
};

enum auth_part { AUTH_PART_VERB = 0, AUTH_PART_ID = 1, AUTH_PART_KEY = 2, AUTH_PART_VALUE = 3,
		 AUTH_PART_SKIP_FIELD = 4, AUTH_PART_SKIP_LINE = 5 };

enum auth_flag {
	AUTH_FLAG_TLS = 1 << 0,
	AUTH_FLAG_SECURED = 1 << 1, /* bare "secured" */
	AUTH_FLAG_PROXY = 1 << 2,
	AUTH_FLAG_TEMPORARY = 1 << 3,
	AUTH_FLAG_BAD_ID = 1 << 4,
	AUTH_FLAG_HAS_ID = 1 << 5,
	AUTH_FLAG_INTERNAL = 1 << 6, /* DOVECOT-TOKEN: the server's own, no login */
};

/* Decoder of one direction of one connection. All zero is the state at a line's start. */
struct auth_decoder {
	__u64 word;	    /* the word being read, last eight bytes */
	__u64 account_hash; /* FNV-1a over the whole account or master, letters in lower case */
	__u32 id;	    /* of the line being read */
	__u16 value_bytes;  /* read of the current value, saturating */
	__u8 verb;
	__u8 part;
	__u8 capture;
	__u8 flags;
	__u8 side;
	__u8 established;   /* the handshake is over: only then other lines count */
	__u8 mechanisms_seen;
	__u8 outcome;	    /* of the verdict just read */
	__u8 word_bytes;    /* of the word being read, saturating */
	__u8 reserved[1];
	struct identity who;
};

static_assert(sizeof(struct auth_decoder) == 240, "auth_decoder lies in a map");

static __always_inline __u8 auth_client_verb(__u64 word)
{
	switch (word) {
	case WORD4('A', 'U', 'T', 'H'): return AUTH_VERB_REQUEST;
	case WORD6('C', 'A', 'N', 'C', 'E', 'L'): return AUTH_VERB_CANCEL;
	case WORD4('C', 'O', 'N', 'T'):
	case WORD4('C', 'P', 'I', 'D'):
	case WORD7('V', 'E', 'R', 'S', 'I', 'O', 'N'): return AUTH_VERB_SKIP;
	default: return AUTH_VERB_UNKNOWN;
	}
}

static __always_inline __u8 auth_server_verb(__u64 word)
{
	switch (word) {
	case WORD2('O', 'K'): return AUTH_VERB_OK;
	case WORD4('F', 'A', 'I', 'L'): return AUTH_VERB_FAIL;
	case WORD4('M', 'E', 'C', 'H'): return AUTH_VERB_MECH;
	case WORD4('D', 'O', 'N', 'E'): return AUTH_VERB_DONE;
	case WORD4('C', 'O', 'N', 'T'):
	case WORD4('S', 'P', 'I', 'D'):
	case WORD4('C', 'U', 'I', 'D'):
	case WORD6('C', 'O', 'O', 'K', 'I', 'E'):
	case WORD7('V', 'E', 'R', 'S', 'I', 'O', 'N'): return AUTH_VERB_SKIP;
	default: return AUTH_VERB_UNKNOWN;
	}
}

static __always_inline __u8 auth_part_after_verb(__u8 verb)
{
	return verb >= AUTH_VERB_REQUEST && verb <= AUTH_VERB_CANCELLED ? AUTH_PART_ID
									 : AUTH_PART_SKIP_LINE;
}

static __always_inline void auth_start_word(struct auth_decoder *d)
{
	d->word = 0;
	d->word_bytes = 0;
}

static __always_inline void auth_start_line(struct auth_decoder *d)
{
	auth_start_word(d);
	d->part = AUTH_PART_VERB;
}

/* A verb is complete: forget the words of the line before. */
static __always_inline void auth_take_verb(struct auth_decoder *d)
{
	__u64 word = word_short(d->word, d->word_bytes);

	d->verb = d->side == AUTH_SIDE_SERVER ? auth_server_verb(word) : auth_client_verb(word);
	if (d->side == AUTH_SIDE_SERVER &&
	    word_ends(d->word, d->word_bytes, WORD8('A', 'N', 'C', 'E', 'L', 'L', 'E', 'D'), 9))
		d->verb = AUTH_VERB_CANCELLED;
	d->part = auth_part_after_verb(d->verb);
	auth_start_word(d);
	d->id = 0;
	d->flags = 0;
	d->value_bytes = 0;
	if (d->part == AUTH_PART_ID) {
		memset(&d->who, 0, sizeof(d->who));
	}
}

static __always_inline void auth_take_id_digit(struct auth_decoder *d, __u8 byte)
{
	__u64 id = d->id * 10ULL + (byte - '0');

	if (byte < '0' || byte > '9' || id > 0xffffffffULL)
		d->flags |= AUTH_FLAG_BAD_ID;
	else
		d->flags |= AUTH_FLAG_HAS_ID;
	d->id = id;
}

/* What follows the '=' of a key; everything not named here is skipped unread. */
static __always_inline __u8 auth_capture_of_key(__u8 verb, __u64 key)
{
	if (verb == AUTH_VERB_REQUEST) {
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
static __always_inline bool auth_is_master_key(const struct auth_decoder *d)
{
	return d->verb == AUTH_VERB_OK &&
	       word_ends(d->word, d->word_bytes, WORD8('u', 't', 'h', '_', 'u', 's', 'e', 'r'), 9);
}

static __always_inline bool auth_has_captured(const struct auth_decoder *d)
{
	switch (d->capture) {
	case CAPTURE_ACCOUNT: return d->who.account[0];
	case CAPTURE_SOURCE: return d->who.source[0];
	case CAPTURE_SERVICE: return d->who.service[0];
	case CAPTURE_MASTER: return d->who.master[0];
	default: return false;
	}
}

static __always_inline void auth_take_key(struct auth_decoder *d)
{
	__u64 key = word_short(d->word, d->word_bytes);
	bool short_word = (d->verb == AUTH_VERB_REQUEST &&
			   key == WORD7('s', 'e', 'c', 'u', 'r', 'e', 'd')) ||
			  (d->verb == AUTH_VERB_FAIL && key == WORD4('c', 'o', 'd', 'e'));

	d->capture = auth_is_master_key(d) ? CAPTURE_MASTER : auth_capture_of_key(d->verb, key);
	auth_start_word(d);
	d->value_bytes = 0;
	if (d->verb == AUTH_VERB_REQUEST && key == WORD4('r', 'e', 's', 'p'))
		d->part = AUTH_PART_SKIP_LINE; /* always the last field, always a secret */
	else if (d->capture != CAPTURE_NONE || short_word)
		d->part = AUTH_PART_VALUE;
	else
		d->part = AUTH_PART_SKIP_FIELD;
	/* A second one would overlay the first, or let a later field rename the account. */
	if (auth_has_captured(d))
		d->part = AUTH_PART_SKIP_FIELD;
	if (d->part == AUTH_PART_VALUE)
		d->account_hash = FNV64_OFFSET;
}

/* A field without '=': a flag. */
static __always_inline void auth_take_flag(struct auth_decoder *d)
{
	__u64 word = word_short(d->word, d->word_bytes);

	if (word == WORD7('s', 'e', 'c', 'u', 'r', 'e', 'd'))
		d->flags |= AUTH_FLAG_SECURED;
	else if (d->verb == AUTH_VERB_OK && word == WORD5('p', 'r', 'o', 'x', 'y'))
		d->flags |= AUTH_FLAG_PROXY;
	else if (d->verb == AUTH_VERB_FAIL && word == WORD4('t', 'e', 'm', 'p'))
		d->flags |= AUTH_FLAG_TEMPORARY; /* 2.2 wrote the bare word */
}

static __always_inline void auth_take_value(struct auth_decoder *d)
{
	if (d->capture == CAPTURE_ACCOUNT && d->value_bytes >= ACCOUNT_BYTES)
		identity_mark_cut_account(&d->who, d->account_hash);
	if (d->capture == CAPTURE_MECHANISM) {
		/* DOVECOT-TOKEN */
		if (word_ends(d->word, d->word_bytes,
			      WORD8('O', 'T', '-', 'T', 'O', 'K', 'E', 'N'), 13))
			d->flags |= AUTH_FLAG_INTERNAL;
	} else if (d->capture == CAPTURE_NONE) {
		if (word_short(d->word, d->word_bytes) == WORD3('t', 'l', 's'))
			d->flags |= AUTH_FLAG_TLS;
		else if (word_ends(d->word, d->word_bytes,
				   WORD8('e', 'm', 'p', '_', 'f', 'a', 'i', 'l'), 9))
			d->flags |= AUTH_FLAG_TEMPORARY;
	}
}

/* A field is complete, at a tab or at the line's end. */
static __always_inline void auth_end_field(struct auth_decoder *d)
{
	if (d->part == AUTH_PART_VALUE)
		auth_take_value(d);
	else if (d->part == AUTH_PART_KEY)
		auth_take_flag(d);

	if (d->part == AUTH_PART_ID && d->verb == AUTH_VERB_REQUEST) {
		d->part = AUTH_PART_VALUE;
		d->capture = CAPTURE_MECHANISM;
	} else {
		d->part = AUTH_PART_KEY;
		d->capture = CAPTURE_NONE;
	}
	auth_start_word(d);
	d->value_bytes = 0;
}

/* Postfix and Exim say "secured" for TLS; Dovecot says it for a connection from the same host. */
static __always_inline bool auth_is_tls(const struct auth_decoder *d)
{
	const char *service = d->who.service;

	if (d->flags & AUTH_FLAG_TLS)
		return true;
	return (d->flags & AUTH_FLAG_SECURED) && service[0] == 's' && service[1] == 'm' &&
	       service[2] == 't' && service[3] == 'p' && service[4] == 0;
}

static __always_inline __u8 auth_event_of_verdict(struct auth_decoder *d)
{
	if (d->verb == AUTH_VERB_OK) {
		d->outcome = AUTH_OUTCOME_SUCCESS;
		return d->flags & AUTH_FLAG_PROXY ? AUTH_EVENT_FORWARDED : AUTH_EVENT_VERDICT;
	}
	d->outcome = d->flags & AUTH_FLAG_TEMPORARY ? AUTH_OUTCOME_TEMPORARY : AUTH_OUTCOME_FAILURE;
	return AUTH_EVENT_VERDICT;
}

static __always_inline __u8 auth_event_of_request(const struct auth_decoder *d)
{
	return d->who.mechanism[0] ? AUTH_EVENT_REQUEST : AUTH_EVENT_UNDECODABLE;
}

/* Before the handshake is over the peer may be anything; only the server side is looked at. */
static __always_inline __u8 auth_end_handshake_line(struct auth_decoder *d)
{
	switch (d->verb) {
	case AUTH_VERB_SKIP: return AUTH_EVENT_NONE;
	case AUTH_VERB_MECH: d->mechanisms_seen = 1; return AUTH_EVENT_NONE;
	case AUTH_VERB_DONE:
		d->established = d->mechanisms_seen;
		return d->established ? AUTH_EVENT_HANDSHAKE : AUTH_EVENT_STRANGER;
	default: return AUTH_EVENT_STRANGER;
	}
}

static __always_inline __u8 auth_end_line(struct auth_decoder *d)
{
	if (!d->established)
		return auth_end_handshake_line(d);
	if (d->verb == AUTH_VERB_UNKNOWN)
		return AUTH_EVENT_UNDECODABLE;
	if (d->verb < AUTH_VERB_REQUEST || d->verb > AUTH_VERB_CANCELLED)
		return AUTH_EVENT_NONE;
	if ((d->flags & (AUTH_FLAG_BAD_ID | AUTH_FLAG_HAS_ID)) != AUTH_FLAG_HAS_ID)
		return AUTH_EVENT_UNDECODABLE;

	switch (d->verb) {
	case AUTH_VERB_REQUEST: return auth_event_of_request(d);
	case AUTH_VERB_CANCEL: return AUTH_EVENT_CANCEL;
	case AUTH_VERB_CANCELLED: return AUTH_EVENT_CANCELLED;
	default: return auth_event_of_verdict(d);
	}
}

#define AUTH_VERB_BYTES 9 /* CANCELLED */

/* What is no verb may be the middle of a secret, of a line begun unseen: nothing of it stays. */
static __always_inline void auth_take_verb_byte(struct auth_decoder *d, __u8 byte)
{
	bool is_of_verb = byte >= 'A' && byte <= 'Z' && d->word_bytes < AUTH_VERB_BYTES;

	word_push(&d->word, &d->word_bytes, is_of_verb ? byte : 0);
	if (is_of_verb)
		return;
	auth_take_verb(d);
	d->part = AUTH_PART_SKIP_LINE;
}

static __always_inline void auth_take_byte(struct auth_decoder *d, __u8 byte)
{
	switch (d->part) {
	case AUTH_PART_VERB:
		auth_take_verb_byte(d, byte);
		break;
	case AUTH_PART_ID:
		auth_take_id_digit(d, byte);
		break;
	case AUTH_PART_KEY:
		if (byte == '=')
			auth_take_key(d);
		else
			word_push(&d->word, &d->word_bytes, byte);
		break;
	case AUTH_PART_VALUE:
		identity_put(&d->who, d->capture, d->value_bytes, byte);
		word_push(&d->word, &d->word_bytes, byte);
		if (d->capture == CAPTURE_ACCOUNT || d->capture == CAPTURE_MASTER)
			d->account_hash = fnv64_step(d->account_hash, ascii_lower(byte));
		if (d->value_bytes < 0xffff)
			d->value_bytes++;
		break;
	}
}

/* Feeds one byte; returns an enum auth_event at the end of a line. */
static __always_inline __u8 auth_step(struct auth_decoder *d, __u8 byte)
{
	__u8 event;

	if (byte == '\n') {
		if (d->part == AUTH_PART_VERB)
			auth_take_verb(d);
		else if (d->part < AUTH_PART_SKIP_FIELD)
			auth_end_field(d);
		event = auth_end_line(d);
		auth_start_line(d);
		return event;
	}
	if (byte != '\t')
		auth_take_byte(d, byte);
	else if (d->part == AUTH_PART_VERB)
		auth_take_verb(d);
	else if (d->part != AUTH_PART_SKIP_LINE)
		auth_end_field(d);
	return AUTH_EVENT_NONE;
}

/*
 * Could these first bytes of a send open an auth server's handshake?
 *   2.3  VERSION\t1\t2\nMECH\t...      2.4  VERSION\t1\t3\n, later MECH\t...
 */
static __always_inline bool auth_looks_like_handshake(const __u8 first[4], __u32 bytes)
{
	if (bytes == 0)
		return false;
	if (bytes >= 4)
		return (first[0] == 'V' && first[1] == 'E' && first[2] == 'R' && first[3] == 'S') ||
		       (first[0] == 'M' && first[1] == 'E' && first[2] == 'C' && first[3] == 'H');
	return first[0] == 'V' || first[0] == 'M';
}

#endif
