/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logins until a mail process claims them: whose they are, and the master who logged in as somebody else.
 */
#ifndef WAX_BPF_SENSORS_LOGIN_BPF_H
#define WAX_BPF_SENSORS_LOGIN_BPF_H

#include "lib/shared.bpf.h"

/* What is seen of the master's processes stays true until it ends. */
static __always_inline void login_habits_add(__u32 master, struct login_habits seen)
{
	struct login_habits *habits = bpf_map_lookup_elem(&login_habits, &master);

	if (habits) {
		habits->are_renamed |= seen.are_renamed;
		habits->hibernate |= seen.hibernate;
	} else if (bpf_map_update_elem(&login_habits, &master, &seen, BPF_ANY)) {
		count_loss(LOST_MASTERS_UNKNOWN, 1);
	}
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

/* What the current process says of itself to others of its container is its number there. Address and number of a
 * pid name space are used again at once. */
static __always_inline __u32 login_own_pid(__u64 *ret_pid_space)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	struct upid *own = (void *)__builtin_preserve_access_index(&pid->numbers) +
			   BPF_CORE_READ(pid, level) * bpf_core_type_size(struct upid);

	*ret_pid_space = BPF_CORE_READ(own, ns, child_reaper, group_leader, start_boottime);
	return BPF_CORE_READ(own, nr);
}

static __always_inline struct login_share *login_share_of(__u64 account_hash)
{
	__u32 at = account_hash & (LOGIN_SHARES - 1);

	return bpf_map_lookup_elem(&login_shares, &at);
}

static __always_inline struct login_share *login_share_of_all(void)
{
	__u32 at = LOGIN_SHARES;

	return bpf_map_lookup_elem(&login_shares, &at);
}

/* Whoever removes it gives its place back. */
static __always_inline void login_take_out(const struct login *login, __u64 account_hash)
{
	struct login_share *share = login_share_of(account_hash);

	if (!bpf_map_delete_elem(&logins, login) && share)
		__sync_fetch_and_sub(&share->waiting, 1);
}

static __always_inline void login_put(const struct login *login, const struct login_state *state)
{
	struct login_share *share = login_share_of(state->account_hash);
	struct login_share *all = login_share_of_all();
	struct login_state *earlier = bpf_map_lookup_elem(&logins, login);

	if (!share || !all)
		return;
	if (earlier)
		login_take_out(login, earlier->account_hash);
	if (share->waiting < LOGIN_SHARE &&
	    !bpf_map_update_elem(&logins, login, state, BPF_NOEXIST)) {
		__sync_fetch_and_add(&share->waiting, 1);
		return;
	}
	share->full_boot_ns = all->full_boot_ns = state->boot_ns;
	count_loss(LOST_LOGINS_FULL, 1);
}

/* After a login had no place, and while those of the time before may still be claimed. */
#define LOGINS_UNKNOWN_NS 300000000000ULL

/* Is there a login of the account, if it made one? Under another name its share is another, too. */
static __always_inline bool login_are_all_known(const char account[ACCOUNT_BYTES],
						bool are_renamed)
{
	struct login_share *share = are_renamed ? login_share_of_all()
						: login_share_of(login_hash_account(account));

	return share && (!share->full_boot_ns ||
			 bpf_ktime_get_boot_ns() - share->full_boot_ns > LOGINS_UNKNOWN_NS);
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
	login_take_out(login, of_login);
	return of_login == login_hash_account(account) ? LOGIN_OF_ACCOUNT : LOGIN_OF_ANOTHER;
}

#endif
