/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logins of masters, who log in as somebody else: kept until the mail process claims them. */
#ifndef WAX_BPF_SENSORS_MASTER_LOGIN_BPF_H
#define WAX_BPF_SENSORS_MASTER_LOGIN_BPF_H

#include "lib/shared.bpf.h"

/* A master's name, by its hash; 0 when the user himself logged in. */
static __always_inline __u64 master_login_of_verdict(const struct auth_speaker *speaker)
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

static __always_inline void master_login_put(struct stream *stream)
{
	stream->master_login.boot_ns = bpf_ktime_get_boot_ns();
	if (bpf_map_update_elem(&master_logins, &stream->login, &stream->master_login, BPF_ANY))
		count_loss(LOST_MASTERS_FULL, 1);
}

#endif
