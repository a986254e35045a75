/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoders' protocols read a second time, in the slow and plain way: a whole line in memory,
 * cut into fields. What a byte machine makes of a line must be the same.
 */
#ifndef WAX_TESTS_FUZZ_SPAN_H
#define WAX_TESTS_FUZZ_SPAN_H

#include "decode/identity.h"

struct span {
	const __u8 *at;
	size_t bytes;
};

/* What lies before the separator; rest begins behind it, and has no bytes (at NULL) at the end. */
static inline struct span span_take(struct span *rest, __u8 separator)
{
	const __u8 *end = rest->bytes ? memchr(rest->at, separator, rest->bytes) : NULL;
	struct span first = {rest->at, end ? (size_t)(end - rest->at) : rest->bytes};

	rest->bytes -= first.bytes + (end != NULL);
	rest->at = end ? end + 1 : NULL;
	return first;
}

/* Longer words are known by their length and their last eight bytes (decode/step.h). */
static inline bool span_is(struct span span, const char *word)
{
	size_t bytes = strlen(word), before = bytes > 8 ? bytes - 8 : 0;

	return span.bytes == bytes && memcmp(span.at + before, word + before, bytes - before) == 0;
}

/* size includes the NUL at the end, which all words but a cut account keep. */
static inline void span_store(struct span span, char *ret_word, size_t size)
{
	for (size_t i = 0; i < span.bytes && i < size - 1; i++)
		ret_word[i] = span.at[i] ? (char)span.at[i] : '?';
}

static inline void span_store_account(struct span span, char ret_account[ACCOUNT_BYTES])
{
	__u64 hash = FNV64_OFFSET;

	span_store(span, ret_account, ACCOUNT_BYTES);
	for (size_t i = 0; i < span.bytes; i++)
		hash = fnv64_step(hash, ascii_lower(span.at[i]));
	hash |= 1ULL << 63;
	if (span.bytes >= ACCOUNT_BYTES)
		memcpy(ret_account + ACCOUNT_BYTES - sizeof(hash), &hash, sizeof(hash));
}

static inline bool span_word_is_padded(const char *word, size_t size)
{
	size_t length = strnlen(word, size);

	for (size_t i = length; i < size; i++)
		if (word[i])
			return false;
	return length < size;
}

static inline bool span_account_is_padded(const char *account)
{
	bool is_cut = account[ACCOUNT_BYTES - 1] != 0;

	return is_cut || span_word_is_padded(account, ACCOUNT_BYTES);
}

static inline bool span_is_padded(const struct identity *who)
{
	return span_account_is_padded(who->account) &&
	       span_word_is_padded(who->source, SOURCE_BYTES) &&
	       span_word_is_padded(who->service, SERVICE_BYTES) &&
	       span_word_is_padded(who->mechanism, MECHANISM_BYTES);
}

/* A verdict has a master where a request has source and service. */
static inline bool span_verdict_is_padded(const struct identity *who)
{
	return span_account_is_padded(who->account) &&
	       span_word_is_padded(who->master, MASTER_BYTES) &&
	       span_word_is_padded(who->mechanism, MECHANISM_BYTES);
}

#endif
