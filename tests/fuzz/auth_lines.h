/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Dovecot authentication protocol, line by line; what decode/dovecot_auth.h must say of it. */
#ifndef WAX_TESTS_FUZZ_AUTH_LINES_H
#define WAX_TESTS_FUZZ_AUTH_LINES_H

#include "decode/dovecot_auth.h"
#include "fuzz/span.h"

struct auth_peer {
	bool is_server, established, mechanisms_seen;
};

struct auth_saying {
	__u8 event, outcome;
	__u32 id;
	bool tls, secured, temporary, proxy;
	struct identity who;
};

static inline bool auth_is_one_of(struct span verb, const char *const *words)
{
	for (; *words; words++)
		if (span_is(verb, *words))
			return true;
	return false;
}

static inline bool auth_is_skipped(const struct auth_peer *peer, struct span verb)
{
	static const char *const server[] = {"CONT", "SPID", "CUID", "COOKIE", "VERSION", NULL};
	static const char *const client[] = {"CONT", "CPID", "VERSION", NULL};

	return auth_is_one_of(verb, peer->is_server ? server : client);
}

static inline __u8 auth_hear_handshake(struct auth_peer *peer, struct span verb)
{
	if (auth_is_skipped(peer, verb))
		return AUTH_EVENT_NONE;
	if (span_is(verb, "MECH")) {
		peer->mechanisms_seen = true;
		return AUTH_EVENT_NONE;
	}
	peer->established = peer->mechanisms_seen && span_is(verb, "DONE");
	return peer->established ? AUTH_EVENT_HANDSHAKE : AUTH_EVENT_STRANGER;
}

static inline bool auth_read_id(struct span field, __u32 *ret_id)
{
	__u64 id = 0;

	for (size_t i = 0; i < field.bytes; i++) {
		if (field.at[i] < '0' || field.at[i] > '9')
			return false;
		id = id * 10 + (field.at[i] - '0');
		if (id > 0xffffffffULL)
			return false;
	}
	*ret_id = (__u32)id;
	return field.bytes > 0;
}

/* The first one counts. */
static inline void auth_store(struct span value, char *word, size_t size)
{
	if (!word[0])
		span_store(value, word, size);
}

/* One field of a request; false when what follows is secret. */
static inline bool auth_hear_request_field(struct auth_saying *saying, struct span field)
{
	struct span value = field, key = span_take(&value, '=');

	if (!value.at)
		saying->secured |= span_is(key, "secured");
	else if (span_is(key, "resp"))
		return false;
	else if (span_is(key, "service") || span_is(key, "protocol"))
		auth_store(value, saying->who.service, SERVICE_BYTES);
	else if (span_is(key, "rip"))
		auth_store(value, saying->who.source, SOURCE_BYTES);
	else if (span_is(key, "secured"))
		saying->tls |= span_is(value, "tls");
	return true;
}

static inline void auth_hear_request(struct auth_saying *saying, struct span rest)
{
	span_store(span_take(&rest, '\t'), saying->who.mechanism, MECHANISM_BYTES);
	saying->event = saying->who.mechanism[0] ? AUTH_EVENT_REQUEST : AUTH_EVENT_UNDECODABLE;
	while (rest.at && auth_hear_request_field(saying, span_take(&rest, '\t')))
		;
	saying->tls |= saying->secured && strcmp(saying->who.service, "smtp") == 0;
}

static inline void auth_hear_other(struct auth_saying *saying, bool is_failure, struct span rest)
{
	while (rest.at) {
		struct span value = span_take(&rest, '\t'), key = span_take(&value, '=');

		if (!value.at) {
			saying->proxy |= span_is(key, "proxy");
			saying->temporary |= is_failure && span_is(key, "temp");
		} else if (span_is(key, "user") && !saying->who.account[0]) {
			span_store_account(value, saying->who.account);
		} else if (!is_failure && span_is(key, "auth_user") && !saying->who.master[0]) {
			span_store(value, saying->who.master, MASTER_BYTES);
		} else if (is_failure && span_is(key, "code")) {
			saying->temporary |= span_is(value, "temp_fail");
		}
	}
	saying->outcome = !is_failure	      ? AUTH_OUTCOME_SUCCESS
			  : saying->temporary ? AUTH_OUTCOME_TEMPORARY
					      : AUTH_OUTCOME_FAILURE;
}

/* What the line says that is at its beginning known to be neither secret nor noise. */
static inline void auth_hear_line(struct auth_peer *peer, struct span line, struct auth_saying *ret)
{
	struct span verb = span_take(&line, '\t');
	bool is_request = !peer->is_server && span_is(verb, "AUTH");
	bool is_failure = peer->is_server && span_is(verb, "FAIL");

	*ret = (struct auth_saying){.event = AUTH_EVENT_UNDECODABLE};
	if (!peer->established && peer->is_server)
		ret->event = auth_hear_handshake(peer, verb);
	else if (auth_is_skipped(peer, verb) ||
		 (peer->is_server && (span_is(verb, "MECH") || span_is(verb, "DONE"))))
		ret->event = AUTH_EVENT_NONE;
	else if (is_request || is_failure || (peer->is_server && span_is(verb, "OK")) ||
		 span_is(verb, peer->is_server ? "CANCELLED" : "CANCEL")) {
		if (!auth_read_id(span_take(&line, '\t'), &ret->id))
			return;
		if (is_request) {
			auth_hear_request(ret, line);
			return;
		}
		auth_hear_other(ret, is_failure, line);
		ret->event = !peer->is_server			 ? AUTH_EVENT_CANCEL
			     : span_is(verb, "CANCELLED")	 ? AUTH_EVENT_CANCELLED
			     : span_is(verb, "OK") && ret->proxy ? AUTH_EVENT_FORWARDED
								 : AUTH_EVENT_VERDICT;
	} else if (!peer->established) {
		/* a client may ask before the handshake is seen, and say nothing else */
		ret->event = AUTH_EVENT_STRANGER;
	}
}

#endif
