/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of sessions: entries are made for the mail server's own processes only. */
#include "sensors/session.bpf.h"
#include "lib/mail_server.bpf.h"

struct sessions_map sessions SEC(".maps");

static const struct session unbound_session = {.key = {.kind = READ_KIND_SESSION}};

__hidden struct session *session_new(__u32 tgid)
{
	if (bpf_map_update_elem(&sessions, &tgid, &unbound_session, BPF_ANY)) {
		count_loss(LOST_SESSIONS_FULL, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&sessions, &tgid);
}

__hidden struct session *session_of_current(void)
{
	__u32 tgid = current_tgid();
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);

	if (session || !mail_server_started(bpf_get_current_task_btf()))
		return session;
	return session_new(tgid);
}
