/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attempts that no send will finish: the daemon finds them and runs these programs. */
#include "sensors/attempt.bpf.h"
#include "sensors/login.bpf.h"

/* One attempt: only the daemon's own thread runs these. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct attempt_key);
} expiring SEC(".maps");

static __always_inline struct attempt_key *expired_attempt(void)
{
	__u32 zero = 0;
	struct attempt_key *attempt = bpf_map_lookup_elem(&expiring, &zero);

	if (attempt)
		memset(attempt, 0, sizeof(*attempt));
	return attempt;
}

/*
 * Run by the daemon for a request that waited in vain: taking it out and counting it is one step
 * here, which a daemon that is killed cannot leave half done.
 */
SEC("?syscall")
int wax_expire_req(struct expired *expired)
{
	struct attempt_key *attempt = expired_attempt();
	struct request_key key = expired->key;
	struct request *request = bpf_map_lookup_elem(&requests, &key);
	__u64 boot_ns;
	bool internal; /* or of a connection that may not be the auth service's */

	if (!attempt || !request)
		return PROGRAM_OK;
	attempt_from_request(attempt, request);
	boot_ns = request->boot_ns;
	internal = request->internal || request->early;
	if (bpf_map_delete_elem(&requests, &key))
		return PROGRAM_OK;
	request_has_ended(&key);
	if (!internal)
		count_attempt(attempt, AUTH_OUTCOME_UNANSWERED, boot_ns);
	return PROGRAM_OK;
}

/* A verdict without a request. On a connection older than the sensor its request was, too: the
 * attempt counts, its source is not known. Elsewhere it is a second verdict, or a loss. */
SEC("?syscall")
int wax_expire_verd(struct expired *expired)
{
	struct attempt_key *attempt = expired_attempt();
	struct request_key key = expired->key;
	struct verdict *verdict = bpf_map_lookup_elem(&verdicts, &key);
	__u32 outcome;
	__u64 boot_ns;
	bool counts;

	if (!attempt || !verdict)
		return PROGRAM_OK;
	memcpy(attempt->who.account, verdict->account, ACCOUNT_BYTES);
	outcome = verdict->outcome;
	boot_ns = verdict->boot_ns;
	counts = verdict->adopted && !verdict->forwarded;
	if (bpf_map_delete_elem(&verdicts, &key))
		return PROGRAM_OK;
	if (counts)
		count_attempt(attempt, outcome, boot_ns);
	else
		count_loss(LOST_VERDICT_UNMATCHED, 1);
	return PROGRAM_OK;
}

/* A login that no mail process claimed in time. */
SEC("?syscall")
int wax_drop_login(struct expired_login *expired)
{
	struct login login = expired->login;
	struct login_state *found = bpf_map_lookup_elem(&logins, &login);

	if (found)
		login_take_out(&login, found->account_hash);
	return PROGRAM_OK;
}
