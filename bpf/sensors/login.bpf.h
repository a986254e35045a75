/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logins until a mail process claims them: whose they are, and the master who logged in as somebody else.
 */
#ifndef WAX_BPF_SENSORS_LOGIN_BPF_H
#define WAX_BPF_SENSORS_LOGIN_BPF_H

#include "lib/shared.bpf.h"

static __always_inline struct login_habits *login_habits_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&login_habits, &zero);
}

/* Of a name as the decoders write it: what is behind it is zero. */
static __always_inline __u64 login_hash_account(const char account[ACCOUNT_BYTES])
{
	const __u64 *words = (const __u64 *)account;
	__u64 hash = FNV64_OFFSET;

#pragma unroll
	for (__u32 i = 0; i < ACCOUNT_BYTES / sizeof(*words); i++) {
		hash = (hash ^ words[i]) * FNV64_PRIME;
		hash ^= hash >> 32;
	}
	return hash;
}

/* A master's name, by its hash; 0 when the user himself logged in. */
static __always_inline __u64 login_master_of_verdict(const struct auth_speaker *speaker)
{
	__u64 hash = speaker->account_hash;
	int r;

	if (speaker->outcome != AUTH_OUTCOME_SUCCESS || !speaker->who.master[0])
		return 0;
	r = bpf_map_update_elem(&master_names, &speaker->account_hash, speaker->who.master,
				BPF_NOEXIST);
	if (r && r != -EEXIST)
		count_loss(LOST_MASTERS_FULL, 1);
	return hash;
}

/* Whoever logs in to send mail by Postfix or Exim is never claimed. */
static __always_inline bool login_is_claimed(const char service[SERVICE_BYTES])
{
	return !(service[0] == 's' && service[1] == 'm' && service[2] == 't' && service[3] == 'p');
}

/* What the current process says of itself to others of its container is its number there. */
static __always_inline __u32 login_own_pid(__u64 *ret_pid_space)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	struct upid *own = (void *)__builtin_preserve_access_index(&pid->numbers) +
			   BPF_CORE_READ(pid, level) * bpf_core_type_size(struct upid);

	*ret_pid_space = (__u64)BPF_CORE_READ(own, ns);
	return BPF_CORE_READ(own, nr);
}

enum login_answer { LOGIN_UNKNOWN, LOGIN_OF_ACCOUNT, LOGIN_OF_ANOTHER };

/* Takes the login out. The auth service answered the claim after its verdict, so the verdict's program
 * has run. */
static __always_inline enum login_answer login_claim(const struct login *login,
						     const char account[ACCOUNT_BYTES],
						     __u64 *ret_master)
{
	const struct login_state *found = bpf_map_lookup_elem(&logins, login);
	__u64 of_login;

	*ret_master = 0;
	if (!found)
		return LOGIN_UNKNOWN;
	*ret_master = found->master;
	of_login = found->account_hash;
	bpf_map_delete_elem(&logins, login);
	return of_login == login_hash_account(account) ? LOGIN_OF_ACCOUNT : LOGIN_OF_ANOTHER;
}

#endif
