/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of a Cyrus process about itself: as the decoder reads it, and as a line cut into fields. */
#include "decode/cyrus_status.h"
#include "fuzz/fuzz.h"
#include "fuzz/span.h"

struct heard {
	struct identity who;
	__u8 command, event;
};

static void hear_service(struct span field, char ret_service[SERVICE_BYTES])
{
	if (field.bytes >= 4 &&
	    (memcmp(field.at, "imap", 4) == 0 || memcmp(field.at, "pop3", 4) == 0))
		field.bytes = 4;
	span_store(field, ret_service, SERVICE_BYTES);
}

/* What stands in the last brackets. */
static void hear_address(struct span field, char ret_source[SOURCE_BYTES])
{
	const __u8 *bracket = field.bytes ? memrchr(field.at, '[', field.bytes) : NULL;

	if (!bracket)
		return;
	field.bytes -= bracket + 1 - field.at;
	field.at = bracket + 1;
	field = span_take(&field, ']');
	if (field.bytes && field.at[0] && strchr("0123456789abcdefABCDEF:", field.at[0]))
		span_store(field, ret_source, SOURCE_BYTES);
}

static __u8 hear_command(struct span field)
{
	if (!field.bytes)
		return CYRUS_COMMAND_NONE;
	if (span_is(field, "Compress"))
		return CYRUS_COMMAND_COMPRESS;
	return field.at[0] && strchr("FUX", field.at[0]) ? CYRUS_COMMAND_SEND : CYRUS_COMMAND_OWN;
}

static struct heard hear(struct span line)
{
	struct span field[CYRUS_FIELDS] = {};
	struct heard heard = {};
	bool is_pop3, is_delivery;
	size_t fields = 0;

	for (bool is_last = false; !is_last; fields++) {
		is_last = !line.bytes || !memchr(line.at, '\t', line.bytes);
		if (fields < CYRUS_FIELDS)
			field[fields] = is_last ? line : span_take(&line, '\t');
		else if (!is_last)
			(void)span_take(&line, '\t');
	}
	hear_service(field[0], heard.who.service);
	hear_address(field[1], heard.who.source);
	span_store_account(field[2], heard.who.account);
	heard.command = hear_command(field[4]);
	is_pop3 = memcmp(heard.who.service, "pop3", 4) == 0;
	is_delivery = memcmp(heard.who.service, "lmtp", 4) == 0;
	heard.event = fields != CYRUS_FIELDS				 ? CYRUS_EVENT_OTHER
		      : !field[2].bytes || is_delivery || (is_pop3 && !field[3].bytes)
			      ? CYRUS_EVENT_NOBODY
			      : CYRUS_EVENT_SESSION;
	return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const uint8_t *newline = size ? memchr(bytes, '\n', size) : NULL;
	size_t length = newline ? (size_t)(newline - bytes) : size;
	struct cyrus_decoder *d = calloc(1, sizeof(*d));
	struct identity *who = calloc(1, sizeof(*who));
	struct heard heard;

	must(d && who);
	for (size_t i = 0; i < length; i++)
		must(cyrus_step(d, who, bytes[i]) == CYRUS_EVENT_NONE);
	if (newline) {
		heard = hear((struct span){bytes, length});
		must(cyrus_step(d, who, '\n') == heard.event);
		must(memcmp(who, &heard.who, sizeof(*who)) == 0);
		must(d->command == heard.command);
		must(span_is_padded(who));
	}
	free(who);
	free(d);
	return 0;
}
