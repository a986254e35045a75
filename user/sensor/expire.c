/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks through what waits, once a tick. */
#include "sensor/expire.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Dovecot forgets a request after this long: MASTER_AUTH_SERVER_TIMEOUT_SECS, lib-master. */
#define REQUEST_SECONDS 150
/* A cancelled request may still get its verdict: the penalty (15 s) and the failure delay (2 s)
 * come first. */
#define CANCELLED_SECONDS 20
/* A request overtakes the handshake of its connection by no more. */
#define EARLY_SECONDS 5
/* A verdict overtakes its request by microseconds, not by seconds. */
#define VERDICT_SECONDS 5

/* The mail process claims its login within this time: the request of the auth service's. */
#define CLAIM_SECONDS REQUEST_SECONDS

#define NS_PER_SECOND 1000000000ULL

struct waiting {
	struct collector *collector;
	uint64_t now_boot_ns;
	struct request_key *keys; /* to be taken out after the walk */
	size_t n_keys, room;
	uint64_t seen;
};

static bool expire_is_due(const struct waiting *waiting, uint64_t boot_ns, uint64_t seconds)
{
	return waiting->now_boot_ns > boot_ns &&
	       waiting->now_boot_ns - boot_ns > seconds * NS_PER_SECOND;
}

static void expire_add_key(struct waiting *waiting, const struct request_key *key)
{
	if (waiting->n_keys == waiting->room) {
		waiting->room = waiting->room ? waiting->room * 2 : 64;
		waiting->keys = xreallocarray(waiting->keys, waiting->room, sizeof(*key));
	}
	waiting->keys[waiting->n_keys++] = *key;
}

static bool expire_is_connected(const struct kernel_maps *maps, const struct request_key *key)
{
	struct stream_key server = {
		.socket = key->socket, .inode_number = key->inode_number, .side = AUTH_SIDE_SERVER};
	struct stream_key client = server;
	struct stream stream;

	/* a client may be seen before its server */
	client.side = AUTH_SIDE_CLIENT;
	return bpf_map_lookup_elem(maps->streams, &server, &stream) == 0 ||
	       bpf_map_lookup_elem(maps->streams, &client, &stream) == 0;
}

static void expire_look_at_request(void *context, const void *raw_key, const void *raw_value)
{
	const struct request_key *key = raw_key;
	const struct request *request = raw_value;
	struct waiting *waiting = context;

	waiting->seen++;
	if (expire_is_due(waiting, request->boot_ns,
			  request->early ? EARLY_SECONDS : REQUEST_SECONDS) ||
	    (request->cancelled_boot_ns &&
	     expire_is_due(waiting, request->cancelled_boot_ns, CANCELLED_SECONDS)) ||
	    !expire_is_connected(waiting->collector->maps, key))
		expire_add_key(waiting, key);
}

static void expire_look_at_verdict(void *context, const void *raw_key, const void *raw_value)
{
	const struct verdict *verdict = raw_value;
	struct waiting *waiting = context;

	if (expire_is_due(waiting, verdict->boot_ns, VERDICT_SECONDS))
		expire_add_key(waiting, raw_key);
}

struct unclaimed {
	int program; /* which takes one out */
	uint64_t now_boot_ns;
};

/* A login that no mail process claimed: one that was given up, or another service's. */
static void expire_look_at_login(void *context, const void *key, const void *value)
{
	const struct login_state *login = value;
	const struct unclaimed *unclaimed = context;

	struct expired_login expired;
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &expired,
			    .ctx_size_in = sizeof(expired));

	if (unclaimed->now_boot_ns <= login->boot_ns + CLAIM_SECONDS * NS_PER_SECOND)
		return;
	memcpy(&expired.login, key, sizeof(expired.login));
	(void)bpf_prog_test_run_opts(unclaimed->program, &options);
}

void expire_logins(const struct collector *collector)
{
	struct unclaimed unclaimed = {.program = collector->drop_login,
				      .now_boot_ns = kernel_boot_ns()};

	(void)kernel_each_entry(collector->maps->logins, sizeof(struct login),
				sizeof(struct login_state), /* remove= */ false,
				expire_look_at_login, &unclaimed);
}

/* Taking out and counting is one step in the kernel. */
static int expire_run(struct waiting *waiting, int program)
{
	for (size_t i = 0; i < waiting->n_keys; i++) {
		struct expired expired = {.key = waiting->keys[i]};
		DECLARE_LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &expired,
				    .ctx_size_in = sizeof(expired));
		int r = bpf_prog_test_run_opts(program, &options);

		if (r < 0)
			return r;
	}
	waiting->n_keys = 0;
	return 0;
}

static void waiting_done(struct waiting *waiting)
{
	free(waiting->keys);
}

static void expire_stream(const struct kernel_maps *maps, const struct stream_key *server)
{
	struct stream_key client = *server;

	client.side = AUTH_SIDE_CLIENT;
	(void)bpf_map_delete_elem(maps->streams, server);
	(void)bpf_map_delete_elem(maps->streams, &client);
}

/* The programs do the same, as connections end. One that is taken out here and never forgotten, because the
 * daemon is killed, adopt_review() finds. */
static void expire_ended_streams(const struct kernel_maps *maps)
{
	_cleanup_free_ struct ended_stream *young =
		xreallocarray(NULL, ENDED_STREAMS, sizeof(*young));
	uint64_t now_boot_ns = kernel_boot_ns();
	struct ended_stream ended;
	size_t n_young = 0;

	for (int i = 0; i < ENDED_STREAMS &&
			bpf_map_lookup_and_delete_elem(maps->ended_streams, NULL, &ended) == 0;
	     i++) {
		if (ended.boot_ns + ENDED_NS > now_boot_ns)
			young[n_young++] = ended;
		else
			expire_stream(maps, &ended.key);
	}
	for (size_t i = 0; i < n_young; i++)
		if (bpf_map_update_elem(maps->ended_streams, NULL, &young[i], BPF_ANY) < 0)
			expire_stream(maps, &young[i].key);
}

int expire_attempts(struct collector *collector)
{
	_cleanup_(waiting_done) struct waiting waiting = {.collector = collector,
							  .now_boot_ns = kernel_boot_ns()};
	const struct kernel_maps *maps = collector->maps;
	long n;
	int r;

	expire_ended_streams(maps);
	n = kernel_each_entry(maps->requests, sizeof(struct request_key), sizeof(struct request),
			      /* remove= */ false, expire_look_at_request, &waiting);
	if (n < 0)
		return n;
	collector->requests_waiting = waiting.seen;
	r = expire_run(&waiting, collector->expire_request);
	if (r < 0)
		return r;
	n = kernel_each_entry(maps->verdicts, sizeof(struct request_key), sizeof(struct verdict),
			      /* remove= */ false, expire_look_at_verdict, &waiting);
	if (n < 0)
		return n;
	return expire_run(&waiting, collector->expire_verdict);
}
