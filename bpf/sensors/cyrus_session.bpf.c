/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions of Cyrus: whom a process serves it writes to a file of its own in a folder that is
 * watched, before and after each command of its client. One process serves many clients, one after
 * the other.
 */
#include "sensors/session.bpf.h"
#include "lib/walk.bpf.h"

/* A status file's folder is configured; set before load. */
const volatile bool status_watched = false;

/* Longer than a name of a mailbox and one of an account together. */
#define STATUS_BYTES 4096

static long status_feed_byte(__u32 i, struct session_feed *feed)
{
	struct session *session = feed->session;

	if (!session)
		return 1;
	session->cyrus.event = cyrus_step(&session->cyrus.decoder, &session->key.who,
					  feed->chunk[i & (CHUNK_BYTES - 1)]);
	return session->cyrus.event != CYRUS_EVENT_NONE;
}

static long status_feed_chunk(__u32 i, struct session **target)
{
	struct session_feed feed = {.session = *target};
	int bytes;

	if (!feed.session)
		return 1;
	bytes = cursor_read(&feed.session->cursor, feed.chunk);
	if (bytes > 0)
		bpf_loop(bytes, status_feed_byte, &feed, 0);
	return bytes < 0 || !feed.session || feed.session->cyrus.event != CYRUS_EVENT_NONE;
}

static __always_inline void cyrus_session_take_command(struct session *session)
{
	__u8 command = session->cyrus.decoder.command;

	session->opens_for_own = command == CYRUS_COMMAND_OWN && session->key.who.service[0] == 'i';
	if (command == CYRUS_COMMAND_COMPRESS)
		session->is_compressed = 1;
}

/* The first line of a process. */
static __always_inline void cyrus_session_start(struct session *session)
{
	session->protocol = SESSION_PROTOCOL_CYRUS_STATUS;
	session->is_reused = 1;
	session->owns_unnamed = 1;
	session->unbound_client = 0;
}

/* A line stands at the beginning or at the end of a command: what messages were opened for until
 * here is over. */
static __noinline void cyrus_session_take_line(struct session *session, const struct cursor *bytes)
{
	bool was_bound = session->bound;

	mailbox_end_delivery(session);
	memset(&session->cyrus, 0, sizeof(session->cyrus));
	memset(&session->key.who, 0, sizeof(session->key.who));
	session->home_inode = 0;
	session->cursor = *bytes;
	bpf_loop(STATUS_BYTES / CHUNK_BYTES, status_feed_chunk, &session, 0);
	if (!session)
		return;
	if (session->protocol != SESSION_PROTOCOL_CYRUS_STATUS)
		cyrus_session_start(session);
	session->bound = session->cyrus.event == CYRUS_EVENT_SESSION;
	cyrus_session_take_command(session);
	if (!session->bound) {
		session->client = session->is_compressed = 0;
	} else if (was_bound) {
		session->unbound_bytes = 0; /* to another server, for this client */
	} else {
		session->client = session->unbound_client;
		session_begin(session);
	}
}

/* Does the file lie in a folder that is watched for this? */
static __always_inline bool is_status_file(struct file *file)
{
	struct inode *folder = BPF_CORE_READ(file, f_path.dentry, d_parent, d_inode);
	__u32 zero = 0;
	struct watched_filter *filter = bpf_map_lookup_elem(&watched_filter, &zero);
	struct watched *found;

	if (!filter || !may_be_watched(filter, (__u64)folder))
		return false;
	found = watched_inode(folder);
	return found && found->kind == WATCHED_STATUS;
}

__hidden void cyrus_session_write(const struct cursor *bytes, struct file *file)
{
	struct session *session;

	if (!is_status_file(file))
		return;
	session = session_of_current();
	if (session)
		cyrus_session_take_line(session, bytes);
}
