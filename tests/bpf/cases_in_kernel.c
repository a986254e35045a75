/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoders in the kernel, driven by the same case files as on the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "cases/case.c"
#include "decode.skel.h"

static struct decode *skeleton;

static int load(void **state)
{
	(void)state;
	skeleton = decode__open_and_load();
	return skeleton ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	decode__destroy(skeleton);
	return 0;
}

struct input {
	__u32 bytes, speaker, side, established, protocol, reserved;
	__u8 byte[CASE_BYTES];
};

struct output {
	__u32 events, reserved;
	struct auth_decoder auth;
	struct anvil_decoder anvil;
	struct cyrus_decoder cyrus;
	struct identity who;
	struct decoded event[CASE_EVENTS];
};

static size_t decode_in_kernel(const struct decode_case *c, struct decoded *ret_events)
{
	static struct input input;
	static struct output output;
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, options);
	__u32 zero = 0;

	input = (struct input){
		.bytes = c->n_bytes,
		.speaker = c->speaker,
		.side = c->speaker == CASE_SERVER ? AUTH_SIDE_SERVER : AUTH_SIDE_CLIENT,
		.established = !c->before_handshake,
		.protocol = c->protocol,
	};
	memcpy(input.byte, c->bytes, c->n_bytes);
	memset(&output, 0, sizeof(output));
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(skeleton->maps.input), &zero, &input, 0),
			 0);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(skeleton->maps.output), &zero, &output, 0),
			 0);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.decode), &options),
			 0);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.output), &zero, &output), 0);
	memcpy(ret_events, output.event, sizeof(output.event));
	return output.events;
}

static void all_cases_hold_in_the_kernel(void **state)
{
	(void)state;
	assert_true(cases_run(decode_in_kernel) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_cases_hold_in_the_kernel),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
