/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One write on the anvil pipe: as the decoder reads it, and as a line cut into fields. */
#include "decode/anvil.h"
#include "fuzz/fuzz.h"
#include "fuzz/span.h"

/* service/address/account, lmtp/account */
static void hear_slashes(struct span field, struct identity *who)
{
	struct span service = span_take(&field, '/');

	span_store(service, who->service, SERVICE_BYTES);
	if (field.at && who->service[0] != 'l')
		span_store(span_take(&field, '/'), who->source, SOURCE_BYTES);
	if (field.at)
		span_store_account(field, who->account);
}

static __u8 hear(struct span line, struct identity *who)
{
	struct span verb = span_take(&line, '\t'), second;

	(void)span_take(&line, '\t');
	second = span_take(&line, '\t');
	if (second.bytes && (second.at[0] < '0' || second.at[0] > '9')) {
		hear_slashes(second, who);
	} else if (second.bytes) {
		span_store_account(span_take(&line, '\t'), who->account);
		span_store(span_take(&line, '\t'), who->service, SERVICE_BYTES);
		span_store(span_take(&line, '\t'), who->source, SOURCE_BYTES);
	}
	if (span_is(verb, "CONNECT"))
		return ANVIL_EVENT_CONNECT;
	return span_is(verb, "DISCONNECT") ? ANVIL_EVENT_DISCONNECT : ANVIL_EVENT_OTHER;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const uint8_t *newline = size ? memchr(bytes, '\n', size) : NULL;
	size_t length = newline ? (size_t)(newline - bytes) : size;
	struct anvil_decoder *d = calloc(1, sizeof(*d));
	struct identity *who = calloc(1, sizeof(*who)), heard = {0};

	must(d && who);
	for (size_t i = 0; i < length; i++)
		must(anvil_step(d, who, bytes[i]) == ANVIL_EVENT_NONE);
	must(span_is_padded(who));
	if (newline) {
		must(anvil_step(d, who, '\n') == hear((struct span){bytes, length}, &heard));
		must(memcmp(who, &heard, sizeof(heard)) == 0);
	}
	free(who);
	free(d);
	return 0;
}
