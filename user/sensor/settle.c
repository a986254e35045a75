/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks through what waits, once a tick. */
#include "sensor/settle.h"

#include <string.h>

#include "base/mem.h"
#include "sensor/names.h"

/* Dovecot forgets a request after this long: MASTER_AUTH_SERVER_TIMEOUT_SECS, lib-master. */
#define REQUEST_SECONDS 150
/* A cancelled request may still get its verdict: the penalty (15 s) and the failure delay (2 s)
 * come first. */
#define CANCELLED_SECONDS 20
/* A verdict overtakes its request by microseconds, not by seconds. */
#define VERDICT_SECONDS 5

#define NS_PER_SECOND 1000000000ULL

struct waiting {
	struct collector *collector;
	uint64_t now_boot_ns;
	struct request_key *keys; /* to be settled after the walk */
	size_t n_keys, room;
	uint64_t seen;
};

void attempt_row_fill(struct attempt_row *row, const struct attempt_key *key,
		      struct snapshot *snapshot)
{
	row->account = names_account(snapshot, key->who.account);
	row->source = names_text(snapshot, key->who.source, SOURCE_BYTES);
	row->service = names_text(snapshot, key->who.service, SERVICE_BYTES);
	row->mechanism = mechanism_of_sasl_name(
		names_text(snapshot, key->who.mechanism, MECHANISM_BYTES));
	row->transport = key->transport_tls ? TRANSPORT_TLS : TRANSPORT_CLEARTEXT;
}

static bool is_older(const struct waiting *waiting, uint64_t boot_ns, uint64_t seconds)
{
	return waiting->now_boot_ns > boot_ns &&
	       waiting->now_boot_ns - boot_ns > seconds * NS_PER_SECOND;
}

static void remember_key(struct waiting *waiting, const struct request_key *key)
{
	if (waiting->n_keys == waiting->room) {
		waiting->room = waiting->room ? waiting->room * 2 : 64;
		waiting->keys = xreallocarray(waiting->keys, waiting->room, sizeof(*key));
	}
	waiting->keys[waiting->n_keys++] = *key;
}

static bool is_connected(const struct kernel_maps *maps, const struct request_key *key)
{
	struct stream_key stream_key = {.socket = key->socket,
					.inode_number = key->inode_number,
					.side = AUTH_SIDE_SERVER};
	struct stream stream;

	return bpf_map_lookup_elem(maps->streams, &stream_key, &stream) == 0;
}

static void look_at_request(void *context, const void *raw_key, const void *raw_value)
{
	const struct request_key *key = raw_key;
	const struct request *request = raw_value;
	struct waiting *waiting = context;

	waiting->seen++;
	if (is_older(waiting, request->boot_ns, REQUEST_SECONDS) ||
	    (request->cancelled_boot_ns &&
	     is_older(waiting, request->cancelled_boot_ns, CANCELLED_SECONDS)) ||
	    !is_connected(waiting->collector->maps, key))
		remember_key(waiting, key);
}

static void look_at_verdict(void *context, const void *raw_key, const void *raw_value)
{
	const struct verdict *verdict = raw_value;
	struct waiting *waiting = context;

	if (is_older(waiting, verdict->boot_ns, VERDICT_SECONDS))
		remember_key(waiting, raw_key);
}

/* Taking a request out is what decides who counts it: a program may be quicker. */
static void settle_request(struct waiting *waiting, const struct request_key *key,
			   struct snapshot *snapshot, int64_t offset_us)
{
	struct attempt_key attempt = {};
	struct attempt_row *row;
	struct request request;

	if (bpf_map_lookup_and_delete_elem(waiting->collector->maps->requests, key, &request) < 0 ||
	    request.internal)
		return;
	memcpy(attempt.who.source, request.source, SOURCE_BYTES);
	memcpy(attempt.who.service, request.service, SERVICE_BYTES);
	memcpy(attempt.who.mechanism, request.mechanism, MECHANISM_BYTES);
	attempt.transport_tls = request.transport_tls;
	row = snapshot_add_attempt(snapshot);
	attempt_row_fill(row, &attempt, snapshot);
	row->count[OUTCOME_UNANSWERED] = 1;
	row->first_us = row->last_us = kernel_time_us(request.boot_ns, offset_us);
}

/* On a connection older than the sensor the request was, too: the attempt counts, its source is
 * not known. Elsewhere such a verdict is a second one for its request, or a loss. */
static void settle_verdict(struct waiting *waiting, const struct request_key *key,
			   struct snapshot *snapshot, int64_t offset_us)
{
	struct attempt_row *row;
	struct verdict verdict;

	if (bpf_map_lookup_and_delete_elem(waiting->collector->maps->verdicts, key, &verdict) < 0)
		return;
	if (!verdict.adopted || verdict.forwarded) {
		waiting->collector->verdicts_unmatched++;
		return;
	}
	row = snapshot_add_attempt(snapshot);
	row->account = names_account(snapshot, verdict.account);
	row->mechanism = MECHANISM_OTHER;
	row->count[verdict.outcome % OUTCOME_MAX] = 1;
	row->first_us = row->last_us = kernel_time_us(verdict.boot_ns, offset_us);
}

int settle_waiting(struct collector *collector, struct snapshot *snapshot, int64_t offset_us)
{
	struct waiting waiting = {.collector = collector, .now_boot_ns = kernel_boot_ns()};
	_cleanup_free_ struct request_key *keys = NULL;
	long n;

	n = kernel_each_entry(collector->maps->requests, sizeof(struct request_key),
			      sizeof(struct request), /* remove= */ false, look_at_request,
			      &waiting);
	for (size_t i = 0; i < waiting.n_keys; i++)
		settle_request(&waiting, &waiting.keys[i], snapshot, offset_us);
	collector->requests_waiting = waiting.seen;
	waiting.n_keys = 0;
	if (n >= 0)
		n = kernel_each_entry(collector->maps->verdicts, sizeof(struct request_key),
				      sizeof(struct verdict), /* remove= */ false, look_at_verdict,
				      &waiting);
	for (size_t i = 0; i < waiting.n_keys; i++)
		settle_verdict(&waiting, &waiting.keys[i], snapshot, offset_us);
	keys = waiting.keys;
	return n < 0 ? n : 0;
}
