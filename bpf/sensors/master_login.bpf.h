/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logins of masters, who log in as somebody else: kept until the mail process claims them. */
#ifndef WAX_BPF_SENSORS_MASTER_LOGIN_BPF_H
#define WAX_BPF_SENSORS_MASTER_LOGIN_BPF_H

#include "lib/shared.bpf.h"

/* A master's name, by its hash; 0 when the user himself logged in. */
static __always_inline __u64 master_of_verdict(const struct auth_decoder *d)
{
	__u64 hash = d->account_hash;
	int r;

	if (d->outcome != AUTH_OUTCOME_SUCCESS || !d->who.master[0])
		return 0;
	r = bpf_map_update_elem(&master_names, &d->account_hash, d->who.master, BPF_NOEXIST);
	if (r && r != -EEXIST)
		count_loss(LOST_MASTERS_FULL, 1);
	return hash;
}

static __always_inline void note_master_login(struct stream *stream, __u32 pid)
{
	stream->login.pid = pid;
	stream->login.id = stream->request_key.id;
	stream->master_login.boot_ns = bpf_ktime_get_boot_ns();
	if (bpf_map_update_elem(&master_logins, &stream->login, &stream->master_login, BPF_ANY))
		count_loss(LOST_MASTERS_FULL, 1);
}

#endif
