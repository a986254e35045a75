/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of an authentication connection. The first byte says which: 0 client and 1 server
 * before the handshake, 2 and 3 after it.
 *
 * Three decoders read in step: one straight through; one that moves house between sends, as the
 * kernel's does between map and program; one that hears other secrets. All are in the same state
 * after every byte, and say what the line-wise reading says.
 */
#include "auth_protocol.h"
#include "fuzz/auth_lines.h"
#include "fuzz/fuzz.h"

/* Overwrites everything from the start of a secret to its end. */
static void forget(__u8 *at, __u8 *end)
{
	memset(at, 'S', (size_t)(end - at));
}

static void forget_fields(__u8 *at, __u8 *end, const char *key, bool to_the_end)
{
	size_t bytes = strlen(key);

	while (at && at < end) {
		__u8 *tab = memchr(at, '\t', (size_t)(end - at));

		if ((size_t)(end - at) >= bytes && memcmp(at, key, bytes) == 0)
			forget(at + bytes, to_the_end || !tab ? end : tab);
		if (to_the_end && (size_t)(end - at) >= bytes && memcmp(at, key, bytes) == 0)
			return;
		at = tab ? tab + 1 : NULL;
	}
}

static bool starts_with(const __u8 *at, const __u8 *end, const char *word)
{
	return (size_t)(end - at) >= strlen(word) && memcmp(at, word, strlen(word)) == 0;
}

/* The places where mail servers put passwords. */
static void forget_secrets(__u8 *line, __u8 *end)
{
	__u8 *fields = line;

	if (starts_with(line, end, "CONT\t"))
		forget(line + 5, end);
	/* verb, id and, in a request, the mechanism are no keys */
	for (int i = 0; fields && i < 2 + starts_with(line, end, "AUTH\t"); i++) {
		fields = memchr(fields, '\t', (size_t)(end - fields));
		fields = fields ? fields + 1 : NULL;
	}
	if (fields && starts_with(line, end, "AUTH\t"))
		forget_fields(fields, end, "resp=", true);
	if (fields && (starts_with(line, end, "OK\t") || starts_with(line, end, "FAIL\t")))
		forget_fields(fields, end, "pass=", false);
}

static void compare(const struct auth_decoder *d, __u8 event, const struct auth_saying *saying)
{
	must(event == saying->event);
	if (event < AUTH_EVENT_REQUEST || event == AUTH_EVENT_UNDECODABLE)
		return;
	must(d->speaker.id == saying->id);
	must(memcmp(&d->speaker.who, &saying->who, sizeof(d->speaker.who)) == 0);
	must(event != AUTH_EVENT_REQUEST || d->speaker.transport_tls == saying->tls);
	must(event != AUTH_EVENT_VERDICT || d->speaker.outcome == saying->outcome);
}

static struct auth_decoder *move(struct auth_decoder *d)
{
	struct auth_decoder *other = malloc(sizeof(*other));

	must(other);
	*other = *d;
	free(d);
	return other;
}

/* Reads one line (or what there is of it) with all three. */
static struct auth_decoder *read_line(struct auth_decoder *straight, struct auth_decoder *moved,
				      struct auth_decoder *redacted, const __u8 *line, size_t bytes)
{
	__u8 *clean = malloc(bytes), event, other;

	must(clean || !bytes);
	memcpy(clean, line, bytes);
	forget_secrets(clean, clean + bytes - (bytes && line[bytes - 1] == '\n'));
	for (size_t i = 0; i < bytes; i++) {
		if ((line[i] ^ i) % 31 == 0)
			moved = move(moved);
		event = auth_protocol_step(straight, line[i]);
		other = auth_protocol_step(moved, line[i]);
		must(event == other && memcmp(straight, moved, sizeof(*moved)) == 0);
		other = auth_protocol_step(redacted, clean[i]);
		must(event == other && memcmp(straight, redacted, sizeof(*moved)) == 0);
		must(event == AUTH_EVENT_NONE || line[i] == '\n');
	}
	free(clean);
	return moved;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	__u8 kind = size ? bytes[0] & 3 : 0;
	struct auth_peer peer = {.is_server = kind & 1, .established = kind & 2};
	struct auth_decoder straight = {
		.speaker = {.side = kind & 1, .established = kind >> 1},
		.protocol = AUTH_PROTOCOL_DOVECOT,
	};
	struct auth_decoder redacted = straight, *moved = malloc(sizeof(*moved));

	must(moved);
	*moved = straight;
	for (size_t at = 1; at < size;) {
		const uint8_t *end = memchr(bytes + at, '\n', size - at);
		size_t length = end ? (size_t)(end - bytes) - at : size - at;
		struct auth_decoder before;
		struct auth_saying saying;

		moved = read_line(&straight, moved, &redacted, bytes + at, length);
		must(straight.speaker.side == AUTH_SIDE_SERVER
			     ? span_verdict_is_padded(&straight.speaker.who)
			     : span_is_padded(&straight.speaker.who));
		if (!end)
			break;
		before = straight;
		auth_hear_line(&peer, (struct span){bytes + at, length}, &saying);
		compare(&straight, auth_protocol_step(&straight, '\n'), &saying);
		must(auth_protocol_step(moved, '\n') == auth_protocol_step(&redacted, '\n'));
		must(straight.speaker.side == before.speaker.side &&
		     straight.speaker.established == peer.established);
		at += length + 1;
	}
	free(moved);
	return 0;
}
