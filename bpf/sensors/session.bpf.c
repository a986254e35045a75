/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session sensor: whom a mail process serves, and how much it sends to that client.
 *
 * A Dovecot mail process says CONNECT with account, service and address on the anvil pipe before
 * it answers the client, and DISCONNECT when it is done; it may then serve another. The pipe was
 * made by the master, as root: what anybody else writes to a pipe of his own binds nothing.
 * Courier's are one for each client, and have it in their environment.
 */
#include "lib/send_cursor.bpf.h"
#include "lib/replica.bpf.h"

struct sessions_map sessions SEC(".maps");
struct session_programs_map session_programs SEC(".maps");
struct rounds_map rounds SEC(".maps");
struct spare_totals_map spare_totals SEC(".maps");
struct master_logins_map master_logins SEC(".maps");
struct master_names_map master_names SEC(".maps");

static const struct session unbound_session = {.key = {.kind = READ_KIND_SESSION}};

/* A line on a pipe is written at once when it is at most this long: pipe(7), PIPE_BUF. */
#define ANVIL_LINE_BYTES 4096

struct line_feed {
	__u8 chunk[CHUNK_BYTES];
	struct session *session;
};

static long anvil_feed_byte(__u32 i, struct line_feed *feed)
{
	struct session *session = feed->session;
	__u8 event;

	if (!session)
		return 1;
	event = anvil_step(&session->decoder, &session->key.who, feed->chunk[i & (CHUNK_BYTES - 1)]);
	if (event == ANVIL_EVENT_CONNECT)
		session->bound = session->key.who.account[0] != 0;
	return event != ANVIL_EVENT_NONE;
}

static long anvil_feed_chunk(__u32 i, struct session **target)
{
	struct line_feed feed = {.session = *target};
	int bytes;

	if (!feed.session)
		return 1;
	bytes = cursor_read(&feed.session->cursor, feed.chunk);
	if (bytes > 0)
		bpf_loop(bytes, anvil_feed_byte, &feed, 0);
	return bytes < 0;
}

/* The login that the process claimed may have been a master's. The auth service answered the claim
 * after its verdict, so the verdict's program has run. */
static __always_inline void session_find_master(struct session *session)
{
	struct master_login *login = bpf_map_lookup_elem(&master_logins, &session->login);

	session->key.master = login ? login->master : 0;
	if (login)
		bpf_map_delete_elem(&master_logins, &session->login);
}

/* What the process did before it said whose it is counts for whom it names now. */
__hidden void session_begin(struct session *session)
{
	__u8 kind = SESSION_SAYS_ITSELF;

	session->connected_boot_ns = bpf_ktime_get_boot_ns();
	actor_of_current(&session->key.actor);
	bpf_map_update_elem(&session_programs, &session->key.actor.program, &kind, BPF_NOEXIST);
	if (session->unbound_bytes)
		count_read(&session->key, 0, 0, 0, session->unbound_bytes);
	session->unbound_bytes = 0;
	mailbox_settle_unbound(session);
}

/* The process says nothing to a client any more that it has not said. */
static __always_inline struct session *session_renew(__u32 tgid)
{
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);

	if (session)
		mailbox_settle_waiting(session);
	if (session && !session->bound) {
		memset(&session->decoder, 0, sizeof(session->decoder));
		memset(&session->key.who, 0, sizeof(session->key.who));
		return session;
	}
	if (bpf_map_update_elem(&sessions, &tgid, &unbound_session, BPF_ANY)) {
		count_loss(LOST_SESSIONS_FULL, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&sessions, &tgid);
}

static __always_inline void session_connect(const struct cursor *bytes, __u32 tgid)
{
	struct session *session = session_renew(tgid);

	if (!session)
		return;
	session->cursor = *bytes;
	bpf_loop(ANVIL_LINE_BYTES / CHUNK_BYTES, anvil_feed_chunk, &session, 0);
	if (!session || !session->bound)
		return;
	session_find_master(session);
	session_begin(session);
}

__hidden struct session *session_of_current(void)
{
	__u32 tgid = current_tgid();
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);

	if (session)
		return session;
	if (bpf_map_update_elem(&sessions, &tgid, &unbound_session, BPF_NOEXIST)) {
		count_loss(LOST_SESSIONS_FULL, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&sessions, &tgid);
}

static long claim_feed_byte(__u32 i, struct line_feed *feed)
{
	struct session *session = feed->session;

	if (!session)
		return 1;
	return claim_step(&session->claim, feed->chunk[i & (CHUNK_BYTES - 1)]) != CLAIM_EVENT_NONE;
}

/* The first piece holds all that is wanted: three numbers. */
static __noinline void session_take_claim(struct session *session, const struct cursor *bytes)
{
	struct line_feed feed = {.session = session};
	struct cursor start = *bytes;
	int read = cursor_read(&start, feed.chunk);

	if (read == 0)
		read = cursor_read(&start, feed.chunk);
	memset(&session->claim, 0, sizeof(session->claim));
	if (read > 0)
		bpf_loop(read, claim_feed_byte, &feed, 0);
	if (session->claim.field != 4)
		return;
	session->login.pid = session->claim.pid;
	session->login.id = session->claim.id;
}

__hidden void session_claim(const struct cursor *bytes)
{
	__u32 tgid = current_tgid();
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);

	if (session && !session->bound && !session->is_cyrus)
		session_take_claim(session, bytes);
}

/* A mail process before its first client, or between two. */
static __always_inline void session_await(__u32 tgid)
{
	if (bpf_map_update_elem(&sessions, &tgid, &unbound_session, BPF_ANY))
		count_loss(LOST_SESSIONS_FULL, 1);
}

static __always_inline void session_disconnect(__u32 tgid)
{
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);

	if (!session)
		return;
	mailbox_settle_waiting(session);
	session_await(tgid);
}

/* The pipe's creator, not the writer: mail processes run as the mail user. */
static __always_inline bool is_made_by_root(struct file *pipe)
{
	return BPF_CORE_READ(pipe, f_cred, uid.val) == 0;
}

__hidden void session_pipe_write(const struct cursor *bytes, struct file *file)
{
	__u32 tgid = current_tgid();
	char first[4] = {};

	if (bytes->left < sizeof("CONNECT") || bytes->base_left < sizeof(first) ||
	    bpf_probe_read_user(first, sizeof(first), (void *)bytes->base))
		return;
	if (first[0] == 'D' && first[1] == 'I' && first[2] == 'S' && first[3] == 'C')
		session_disconnect(tgid);
	else if (first[0] == 'C' && first[1] == 'O' && first[2] == 'N' && first[3] == 'N' &&
		 is_made_by_root(file))
		session_connect(bytes, tgid);
}

/* Addresses are used again at once, numbers of socket inodes not. */
static __always_inline __u64 connection_of(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
}

/*
 * A process of Cyrus may speak to its next client before it says that it has one: TLS comes first at
 * POP3. So what goes to another connection than the one that logged in waits until one of that
 * connection does; what went to a client who never did is nobody's.
 */
static __always_inline bool is_for_another(struct session *session, struct sock *sk)
{
	__u64 client = connection_of(sk);

	if (session->bound && !session->client)
		session->client = client;
	if (session->bound && session->client == client)
		return false;
	if (session->unbound_client && session->unbound_client != client)
		session->unbound_bytes = 0;
	session->unbound_client = client;
	return true;
}

/* The current task sent bytes on its client's descriptor. */
__hidden void session_send(struct sock *sk, __u64 bytes)
{
	__u32 tgid = current_tgid();
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);

	if (!session)
		return;
	if (session->is_cyrus ? is_for_another(session, sk) : !session->bound) {
		session->unbound_bytes += bytes;
		return;
	}
	count_read(&session->key, delivery_send(&session->delivery, bytes), 0, 0,
		   bytes);
}

static __always_inline void session_forget(__u32 tgid)
{
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);

	if (!session)
		return;
	mailbox_settle_waiting(session);
	mailbox_settle_unbound(session);
	bpf_map_delete_elem(&sessions, &tgid);
}

/* ---- Courier: who has logged in stands in the environment ---- */

#define ENVIRONMENT_BYTES 16384

static long environment_feed_byte(__u32 i, struct line_feed *feed)
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
	struct line_feed feed = {.session = *target};
	int bytes;

	if (!feed.session)
		return 1;
	bytes = cursor_read(&feed.session->cursor, feed.chunk);
	if (bytes > 0)
		bpf_loop(bytes, environment_feed_byte, &feed, 0);
	return bytes < 0;
}

/* The login program became this one when the password was right. */
static __noinline void session_from_environment(struct task_struct *task)
{
	__u64 start = BPF_CORE_READ(task, mm, env_start), end = BPF_CORE_READ(task, mm, env_end);
	struct session *session = session_of_current();

	if (!session)
		return;
	session->cursor = (struct cursor){.left = end - start, .base = start, .base_left = end - start};
	bpf_loop(ENVIRONMENT_BYTES / CHUNK_BYTES, environment_feed_chunk, &session, 0);
	if (!session)
		return;
	session->bound = session->key.who.account[0] != 0;
	session->is_courier = session->bound;
	if (session->bound)
		session_begin(session);
}

/* Another program in the same process is not the one that logged in. A mail process may speak to
 * its client before it says CONNECT, so it is followed from here. */
SEC("?tp_btf/sched_process_exec")
int BPF_WORKER(wax_exec_w, struct task_struct *task, int former)
{
	struct file_identity program;
	__u32 tgid = current_tgid();
	__u8 *kind;

	if (former != task->pid)
		spare_forget(former);
	session_forget(tgid);
	program_of_current(&program);
	kind = bpf_map_lookup_elem(&session_programs, &program);
	if (kind && *kind == SESSION_IN_ENVIRONMENT)
		session_from_environment(task);
	else if (kind)
		session_await(tgid);
	return PROGRAM_OK;
}

SEC("?tp_btf/sched_process_exit")
int BPF_WORKER(wax_exit_w, struct task_struct *task)
{
	spare_forget(task->pid);
	if (task->pid == task->tgid)
		session_forget(task->tgid);
	return PROGRAM_OK;
}
