/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An environment: as the decoder reads it, and as a list of words that is looked through. */
#include "decode/courier_environment.h"
#include "fuzz/fuzz.h"
#include "fuzz/span.h"

/* The first value of a name that is not empty. */
static struct span value_of(struct span environment, const char *name)
{
	struct span none = {};

	while (environment.bytes) {
		struct span value = span_take(&environment, 0), found = span_take(&value, '=');

		if (span_is(found, name) && value.bytes)
			return value;
	}
	return none;
}

static void store_address(struct span value, char ret_source[SOURCE_BYTES])
{
	static const char mapped[] = "::ffff:";
	size_t bytes = sizeof(mapped) - 1;

	while (value.bytes > bytes && memcmp(value.at, mapped, bytes) == 0) {
		value.at += bytes;
		value.bytes -= bytes;
	}
	span_store(value, ret_source, SOURCE_BYTES);
}

static void store_service(struct span value, char ret_service[SERVICE_BYTES])
{
	span_store(value, ret_service, SERVICE_BYTES);
	for (size_t i = 0; i < SERVICE_BYTES; i++)
		ret_service[i] = (char)ascii_lower((__u8)ret_service[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct environment_decoder *d = calloc(1, sizeof(*d));
	struct identity *who = calloc(1, sizeof(*who)), heard = {};
	struct span environment = {bytes, size};

	must(d && who);
	for (size_t i = 0; i < size; i++)
		environment_step(d, who, bytes[i]);
	environment_step(d, who, 0);
	must(span_is_padded(who));
	span_store_account(value_of(environment, "AUTHENTICATED"), heard.account);
	store_address(value_of(environment, "TCPREMOTEIP"), heard.source);
	store_service(value_of(environment, "PROTOCOL"), heard.service);
	must(memcmp(who, &heard, sizeof(heard)) == 0);
	free(who);
	free(d);
	return 0;
}
