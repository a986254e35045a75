/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of an authentication attempt that every part of the program shares. */
#ifndef WAX_MODEL_ATTEMPT_H
#define WAX_MODEL_ATTEMPT_H

/* What became of an attempt. Unanswered: the server asked for a verdict and never got one, so the
 * source is known and the account is not. */
enum outcome {
	OUTCOME_SUCCESS,
	OUTCOME_FAILURE,
	OUTCOME_TEMPORARY,
	OUTCOME_UNANSWERED,
	OUTCOME_MAX,
	OUTCOME_INVALID = -22,
};

/* Class of a SASL mechanism (RFC 4422). */
enum mechanism {
	MECHANISM_PASSWORD,	      /* PLAIN, LOGIN: the server sees the password */
	MECHANISM_CHALLENGE_RESPONSE, /* CRAM-MD5, DIGEST-MD5, SCRAM-*, NTLM, APOP, GSSAPI ... */
	MECHANISM_TOKEN,	      /* OAUTHBEARER, XOAUTH2 */
	MECHANISM_CERTIFICATE,	      /* EXTERNAL */
	MECHANISM_OTHER,
	MECHANISM_MAX,
	MECHANISM_INVALID = -22,
};

enum transport {
	TRANSPORT_CLEARTEXT,
	TRANSPORT_TLS,
	TRANSPORT_MAX,
	TRANSPORT_INVALID = -22,
};

/* Who opened a message. */
enum reader {
	READER_SESSION, /* a mail server process on behalf of a logged-in client */
	READER_HELPER,	/* a listed program: delivery, indexer, backup */
	READER_OTHER,	/* anybody else */
	READER_MAX,
	READER_INVALID = -22,
};

/* The words of the command line, the metrics and the trace. */
const char *outcome_to_string(enum outcome outcome);
const char *mechanism_to_string(enum mechanism mechanism);
const char *transport_to_string(enum transport transport);
const char *reader_to_string(enum reader reader);

/* Return the enumerator, or -EINVAL for a word that names none. */
enum outcome outcome_from_string(const char *word);
enum mechanism mechanism_from_string(const char *word);
enum transport transport_from_string(const char *word);
enum reader reader_from_string(const char *word);

/* The class of a SASL mechanism name as the mail server writes it ("PLAIN", "scram-sha-256"). */
enum mechanism mechanism_of_sasl_name(const char *name);

#endif
