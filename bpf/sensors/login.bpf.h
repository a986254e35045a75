/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logins until a mail process claims them: whose they are, for the session that says whom it serves. */
#ifndef WAX_BPF_SENSORS_LOGIN_BPF_H
#define WAX_BPF_SENSORS_LOGIN_BPF_H

#include "lib/shared.bpf.h"

/* Of a name as the decoders write it: what is behind it is zero. Never 0. */
static __always_inline __u64 login_hash_account(const char account[ACCOUNT_BYTES])
{
	const __u64 *words = (const __u64 *)account;
	__u64 hash = FNV64_OFFSET;

#pragma unroll
	for (__u32 i = 0; i < ACCOUNT_BYTES / sizeof(*words); i++) {
		hash = (hash ^ words[i]) * FNV64_PRIME;
		hash ^= hash >> 32;
	}
	return hash | 1;
}

enum login_answer { LOGIN_UNKNOWN, LOGIN_OF_ACCOUNT, LOGIN_OF_ANOTHER };

/* Takes the login out. */
static __always_inline enum login_answer login_claim(const struct login *login,
						     const char account[ACCOUNT_BYTES])
{
	const __u64 *found = bpf_map_lookup_elem(&logins, login);
	__u64 of_login = found ? *found : 0;

	if (!found)
		return LOGIN_UNKNOWN;
	bpf_map_delete_elem(&logins, login);
	return of_login == login_hash_account(account) ? LOGIN_OF_ACCOUNT : LOGIN_OF_ANOTHER;
}

#endif
