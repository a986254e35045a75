/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoders on the host, driven by the case files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cases/case.c"

static size_t decode_auth(const struct decode_case *c, struct decoded *ret_events)
{
	struct auth_decoder d = {
		.speaker = {.side = c->speaker == CASE_SERVER ? AUTH_SIDE_SERVER : AUTH_SIDE_CLIENT,
			    .established = !c->before_handshake},
		.protocol = c->protocol,
	};
	size_t n = 0;

	for (size_t i = 0; i < c->n_bytes && n < CASE_EVENTS; i++) {
		__u8 event = auth_protocol_step(&d, c->bytes[i]);

		if (event == AUTH_EVENT_NONE)
			continue;
		ret_events[n++] = (struct decoded){.event = event,
						   .id = d.speaker.id,
						   .outcome = d.speaker.outcome,
						   .tls = d.speaker.transport_tls,
						   .who = d.speaker.who};
	}
	return n;
}

static size_t decode_anvil(const struct decode_case *c, struct decoded *ret_events)
{
	struct anvil_decoder d = {};
	struct identity who = {};

	for (size_t i = 0; i < c->n_bytes; i++) {
		__u8 event = anvil_step(&d, &who, c->bytes[i]);

		if (event == ANVIL_EVENT_NONE)
			continue;
		ret_events[0] = (struct decoded){.event = event, .who = who};
		return 1;
	}
	return 0;
}

static size_t decode_cyrus(const struct decode_case *c, struct decoded *ret_events)
{
	struct cyrus_decoder d = {};
	struct identity who = {};

	for (size_t i = 0; i < c->n_bytes; i++) {
		__u8 event = cyrus_step(&d, &who, c->bytes[i]);

		if (event == CYRUS_EVENT_NONE)
			continue;
		ret_events[0] =
			(struct decoded){.event = event, .outcome = d.command, .who = who};
		return 1;
	}
	return 0;
}

static size_t decode(const struct decode_case *c, struct decoded *ret_events)
{
	switch (c->speaker) {
	case CASE_ANVIL: return decode_anvil(c, ret_events);
	case CASE_CYRUS: return decode_cyrus(c, ret_events);
	default: return decode_auth(c, ret_events);
	}
}

static void all_cases_hold_on_the_host(void **state)
{
	(void)state;
	assert_true(cases_run(decode) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_cases_hold_on_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
