/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session sensor: whom a mail process serves, and how much it sends to that client. What is
 * common to all servers; how each says whom it serves stands in dovecot_session.bpf.c,
 * courier_session.bpf.c and cyrus_session.bpf.c.
 */
#include "sensors/session.bpf.h"

#include "lib/mail_server.bpf.h"
#include "lib/program.bpf.h"

struct session_programs_map session_programs SEC(".maps");
struct logins_map logins SEC(".maps");
struct login_habits_map login_habits SEC(".maps");
struct login_shares_map login_shares SEC(".maps");
struct master_names_map master_names SEC(".maps");

/* What the process did before it said whose it is counts for whom it names now. */
__hidden void session_begin(struct session *session)
{
	__u8 protocol = session->protocol;

	session->connected_boot_ns = bpf_ktime_get_boot_ns();
	actor_of_current(&session->key.actor);
	bpf_map_update_elem(&session_programs, &session->key.actor.program, &protocol, BPF_NOEXIST);
	if (session->unbound_bytes)
		count_read(&session->key, 0, 0, 0, session->unbound_bytes);
	session->unbound_bytes = 0;
	mailbox_count_unbound(session);
}

/* Addresses are used again at once, numbers of socket inodes not. */
static __always_inline __u64 session_connection(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
}

/*
 * A process that is used again may speak to its next client before it says that it has one: TLS
 * comes first at POP3. So what goes to another connection than the one that logged in waits until
 * one of that connection does; what went to a client who never did is nobody's.
 */
static __always_inline bool session_is_for_another(struct session *session, struct sock *sk)
{
	__u64 client = session_connection(sk);

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
	if (session->is_reused ? session_is_for_another(session, sk) : !session->bound) {
		session->unbound_bytes += bytes;
		return;
	}
	count_read(&session->key, delivery_send(&session->delivery, bytes), 0, 0, bytes);
}

__hidden void session_end(__u32 tgid)
{
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);

	if (!session)
		return;
	mailbox_end_delivery(session);
	mailbox_count_unbound(session);
	bpf_map_delete_elem(&sessions, &tgid);
}

/* Another program in the same process is not the one that logged in. A mail process may speak to
 * its client before it says whose it is, so it is followed from here. */
__hidden int session_exec(void)
{
	struct file_identity program;
	__u32 tgid = current_tgid();
	__u8 *protocol;

	session_end(tgid);
	program_of_current(&program);
	protocol = bpf_map_lookup_elem(&session_programs, &program);
	/* anybody can execute the program; then it serves nobody */
	if (!protocol || !mail_server_started(bpf_get_current_task_btf()) || !session_new(tgid))
		return SESSION_PROTOCOL_NONE;
	return *protocol;
}
