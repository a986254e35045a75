/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoders in the kernel, for BPF_PROG_TEST_RUN: one case in, its events out. */
#include "abi.h"

#include <bpf/bpf_helpers.h>

#define CASE_ANVIL 2
#define CASE_CYRUS 3

#define INPUT_BYTES 32768
#define EVENTS 32

char LICENSE[] SEC("license") = "GPL";

struct input {
	__u32 bytes;
	__u32 speaker; /* enum case_speaker in tests/cases/case.h */
	__u32 side;
	__u32 established;
	__u32 protocol, reserved;
	__u8 byte[INPUT_BYTES];
};

struct event {
	__u32 event, id, outcome, tls;
	struct identity who;
};

struct output {
	__u32 events;
	__u32 reserved;
	struct auth_decoder auth;
	struct anvil_decoder anvil;
	struct cyrus_decoder cyrus;
	struct identity who;
	struct event event[EVENTS];
};

#define SINGLE(name, value_type)                                                                   \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

SINGLE(input, struct input);
SINGLE(output, struct output);

struct run {
	struct input *in;
	struct output *out;
};

static __always_inline void add_event(struct output *out, __u8 event, const struct identity *who)
{
	__u32 at = out->events;

	barrier_step(at);
	if (at >= EVENTS)
		return;
	out->event[at].event = event;
	out->event[at].id = out->auth.speaker.id;
	out->event[at].outcome = out->auth.speaker.outcome;
	out->event[at].tls = out->auth.speaker.transport_tls;
	out->event[at].who = *who;
	out->events = at + 1;
}

static long decode_byte(__u32 i, struct run *run)
{
	struct input *in = run->in;
	struct output *out = run->out;
	__u8 event;

	if (!in || !out || i >= in->bytes)
		return 1;
	if (in->speaker == CASE_CYRUS) {
		event = cyrus_step(&out->cyrus, &out->who, in->byte[i & (INPUT_BYTES - 1)]);
		out->auth.speaker.outcome = out->cyrus.command;
		if (event != CYRUS_EVENT_NONE)
			add_event(out, event, &out->who);
		return event != CYRUS_EVENT_NONE;
	}
	if (in->speaker == CASE_ANVIL) {
		event = anvil_step(&out->anvil, &out->who, in->byte[i & (INPUT_BYTES - 1)]);
		if (event != ANVIL_EVENT_NONE)
			add_event(out, event, &out->who);
		return event != ANVIL_EVENT_NONE;
	}
	event = auth_protocol_step(&out->auth, in->byte[i & (INPUT_BYTES - 1)]);
	if (event != AUTH_EVENT_NONE)
		add_event(out, event, &out->auth.speaker.who);
	return 0;
}

SEC("syscall")
int decode(void *ctx)
{
	__u32 zero = 0;
	struct run run = {.in = bpf_map_lookup_elem(&input, &zero),
			  .out = bpf_map_lookup_elem(&output, &zero)};

	if (!run.in || !run.out)
		return 1;
	run.out->auth.speaker.side = run.in->side;
	run.out->auth.speaker.established = run.in->established;
	run.out->auth.protocol = run.in->protocol;
	bpf_loop(INPUT_BYTES, decode_byte, &run, 0);
	return 0;
}
