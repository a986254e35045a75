/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of the contract for outcomes, mechanisms, transports and readers. */
#include "model/attempt.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static const char *const outcomes[] = {
	[OUTCOME_SUCCESS] = "success",
	[OUTCOME_FAILURE] = "failure",
	[OUTCOME_TEMPORARY] = "temporary",
	[OUTCOME_UNANSWERED] = "unanswered",
};
static_assert(ARRAY_LENGTH(outcomes) == OUTCOME_MAX, "a word for each outcome");

static const char *const mechanisms[] = {
	[MECHANISM_PASSWORD] = "password", [MECHANISM_CHALLENGE_RESPONSE] = "challenge-response",
	[MECHANISM_TOKEN] = "token",	   [MECHANISM_CERTIFICATE] = "certificate",
	[MECHANISM_OTHER] = "other",
};
static_assert(ARRAY_LENGTH(mechanisms) == MECHANISM_MAX, "a word for each mechanism");

static const char *const transports[] = {
	[TRANSPORT_CLEARTEXT] = "cleartext",
	[TRANSPORT_TLS] = "tls",
};
static_assert(ARRAY_LENGTH(transports) == TRANSPORT_MAX, "a word for each transport");

static const char *const readers[] = {
	[READER_SESSION] = "session",
	[READER_HELPER] = "helper",
	[READER_OTHER] = "other",
};
static_assert(ARRAY_LENGTH(readers) == READER_MAX, "a word for each reader");

static int find_word(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(words[i], word))
			return (int)i;
	return -EINVAL;
}

const char *outcome_to_string(enum outcome outcome)
{
	return outcomes[outcome];
}

const char *mechanism_to_string(enum mechanism mechanism)
{
	return mechanisms[mechanism];
}

const char *transport_to_string(enum transport transport)
{
	return transports[transport];
}

const char *reader_to_string(enum reader reader)
{
	return readers[reader];
}

enum outcome outcome_from_string(const char *word)
{
	return (enum outcome)find_word(outcomes, OUTCOME_MAX, word);
}

enum mechanism mechanism_from_string(const char *word)
{
	return (enum mechanism)find_word(mechanisms, MECHANISM_MAX, word);
}

enum transport transport_from_string(const char *word)
{
	return (enum transport)find_word(transports, TRANSPORT_MAX, word);
}

enum reader reader_from_string(const char *word)
{
	return (enum reader)find_word(readers, READER_MAX, word);
}

/* Names from the IANA registry of SASL mechanisms, and those that mail servers add. A name that
 * ends with '*' stands for all names that begin so. */
static const struct {
	const char *name;
	enum mechanism mechanism;
} sasl_names[] = {
	{"PLAIN", MECHANISM_PASSWORD},
	{"LOGIN", MECHANISM_PASSWORD},
	{"CRAM-*", MECHANISM_CHALLENGE_RESPONSE},
	{"DIGEST-*", MECHANISM_CHALLENGE_RESPONSE},
	{"SCRAM-*", MECHANISM_CHALLENGE_RESPONSE},
	{"NTLM", MECHANISM_CHALLENGE_RESPONSE},
	{"APOP", MECHANISM_CHALLENGE_RESPONSE},
	{"OTP", MECHANISM_CHALLENGE_RESPONSE},
	{"SKEY", MECHANISM_CHALLENGE_RESPONSE},
	{"SRP", MECHANISM_CHALLENGE_RESPONSE},
	{"RPA", MECHANISM_CHALLENGE_RESPONSE},
	{"GSSAPI", MECHANISM_CHALLENGE_RESPONSE},
	{"GSS-SPNEGO", MECHANISM_CHALLENGE_RESPONSE},
	{"GS2-*", MECHANISM_CHALLENGE_RESPONSE},
	{"KERBEROS*", MECHANISM_CHALLENGE_RESPONSE},
	{"OAUTHBEARER", MECHANISM_TOKEN},
	{"XOAUTH2", MECHANISM_TOKEN},
	{"XOAUTH", MECHANISM_TOKEN},
	{"EXTERNAL", MECHANISM_CERTIFICATE},
};

enum mechanism mechanism_of_sasl_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(sasl_names); i++) {
		const char *known = sasl_names[i].name;
		size_t length = strcspn(known, "*");

		/* Without a '*', the NUL is compared as well. */
		if (!strncasecmp(known, name, known[length] ? length : length + 1))
			return sasl_names[i].mechanism;
	}
	return MECHANISM_OTHER;
}
