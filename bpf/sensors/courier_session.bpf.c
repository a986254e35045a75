/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions of Courier: a process for each client, which has in its environment who has logged in.
 * The login program became this one when the password was right.
 */
#include "sensors/session.bpf.h"

#define ENVIRONMENT_BYTES 16384

static long environment_feed_byte(__u32 i, struct session_feed *feed)
{
	struct session *session = feed->session;

	if (!session)
		return 1;
	environment_step(&session->environment, &session->key.who,
			 feed->chunk[i & (CHUNK_BYTES - 1)]);
	return 0;
}

static long environment_feed_chunk(__u32 i, struct session **target)
{
	struct session_feed feed = {.session = *target};
	int bytes;

	if (!feed.session)
		return 1;
	bytes = cursor_read(&feed.session->cursor, feed.chunk);
	if (bytes > 0)
		bpf_loop(bytes, environment_feed_byte, &feed, 0);
	return bytes < 0;
}

__hidden void courier_session_exec(struct task_struct *task)
{
	__u64 start = BPF_CORE_READ(task, mm, env_start), end = BPF_CORE_READ(task, mm, env_end);
	__u32 tgid = current_tgid();
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);

	if (!session)
		return;
	session->cursor =
		(struct cursor){.left = end - start, .base = start, .base_left = end - start};
	bpf_loop(ENVIRONMENT_BYTES / CHUNK_BYTES, environment_feed_chunk, &session, 0);
	if (!session || !session->key.who.account[0])
		return;
	session->protocol = SESSION_PROTOCOL_ENVIRONMENT;
	session->bound = 1;
	session->opens_unsent = 1; /* its POP3 sizes messages */
	session_begin(session);
}
