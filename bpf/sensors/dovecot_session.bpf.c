/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions of Dovecot. A mail process says CONNECT with account, service and address on the anvil
 * pipe before it answers the client, and DISCONNECT when it is done; it may then serve another.
 * Only processes that a master started are believed, whoever made the pipe.
 *
 * After DISCONNECT it may still open mail of the account that has left: autoexpunge, with a plugin
 * that logs what is expunged. So the session that has ended is kept until the next begins.
 *
 * Before it says CONNECT it claims its login at the auth service, which tells whether a master made
 * it.
 */
#include "sensors/login.bpf.h"
#include "sensors/session.bpf.h"
#include "lib/mail_server.bpf.h"
#include "lib/program.bpf.h"
#include "lib/record.bpf.h"

/* A line on a pipe is written at once when it is at most this long: pipe(7), PIPE_BUF. */
#define ANVIL_LINE_BYTES 4096

static long anvil_feed_byte(__u32 i, struct session_feed *feed)
{
	struct session *session = feed->session;
	__u8 event;

	if (!session)
		return 1;
	event = anvil_step(&session->anvil.decoder, &session->key.who,
			   feed->chunk[i & (CHUNK_BYTES - 1)]);
	if (event == ANVIL_EVENT_CONNECT)
		session->bound = session->key.who.account[0] != 0;
	return event != ANVIL_EVENT_NONE;
}

static long anvil_feed_chunk(__u32 i, struct session **target)
{
	struct session_feed feed = {.session = *target};
	int bytes;

	if (!feed.session)
		return 1;
	bytes = cursor_read(&feed.session->cursor, feed.chunk);
	if (bytes > 0)
		bpf_loop(bytes, anvil_feed_byte, &feed, 0);
	return bytes < 0;
}

static __always_inline void dovecot_session_report_other_login(struct session *session)
{
	struct record *record;

	actor_of_current(&session->key.actor);
	record = record_reserve(RECORD_OTHER_LOGIN, 0, &session->key.actor);
	if (!record)
		return;
	memcpy(record->account, session->key.who.account, ACCOUNT_BYTES);
	memcpy(record->source, session->key.who.source, SOURCE_BYTES);
	bpf_ringbuf_submit(record, 0);
}

/* Of the next client of a process that has served one who logged in. */
static __always_inline bool dovecot_session_is_of_other_login(const struct session *session,
							      enum login_answer answer,
							      __u32 master)
{
	const struct login_habits *habits = bpf_map_lookup_elem(&login_habits, &master);
	bool are_renamed = habits && habits->are_renamed;

	if (answer == LOGIN_UNKNOWN)
		return !(habits && habits->hibernate) &&
		       login_are_all_known(session->key.who.account, are_renamed);
	return answer == LOGIN_OF_ANOTHER && !are_renamed;
}

/*
 * Is it the account that logged in, and who logged in as it? The first client of a process says how it is with
 * its master: lmtp has no logins, imap-hibernate gives clients back without one, and the user database may
 * rename accounts. Nobody can have taken over a process that has served nobody. One that has served a client who
 * logged in gets the next one with a login of that account, or somebody has taken it over.
 */
static __always_inline void dovecot_session_check_login(struct session *session)
{
	enum login_answer answer = login_claim(&session->anvil.login, session->key.who.account,
					       &session->key.master);
	__u32 master = mail_server_master();
	struct login_habits seen = {};

	if (mail_server_has_served()) {
		if (dovecot_session_is_of_other_login(session, answer, master))
			dovecot_session_report_other_login(session);
	} else {
		seen.are_renamed = answer == LOGIN_OF_ANOTHER;
		seen.hibernate = mail_server_hibernates(bpf_get_current_task_btf());
		if (seen.are_renamed || seen.hibernate)
			login_habits_add(master, seen);
	}
	if (answer != LOGIN_UNKNOWN)
		mail_server_serves();
	memset(&session->anvil.login, 0, sizeof(session->anvil.login));
}

/* Of the account that has left nothing holds for the next. */
static __always_inline void dovecot_session_forget_ended(struct session *session)
{
	session->ended = 0;
	memset(&session->delivery, 0, sizeof(session->delivery));
	session->home_inode = 0;
	session->preexisting_home = 0;
	session->key.master = 0;
	memset(&session->key.who, 0, sizeof(session->key.who));
}

/* The process says nothing to a client any more that it has not said. A claim is of the next one.
 */
static __always_inline struct session *dovecot_session_renew(__u32 tgid)
{
	struct session *session = session_of_current();

	if (!session)
		return NULL;
	mailbox_end_delivery(session);
	if (session->bound)
		return session_new(tgid);
	dovecot_session_forget_ended(session);
	if (session->protocol != SESSION_PROTOCOL_NONE &&
	    session->protocol != SESSION_PROTOCOL_ANVIL)
		memset(&session->anvil, 0, sizeof(session->anvil));
	memset(&session->anvil.decoder, 0, sizeof(session->anvil.decoder));
	return session;
}

static __always_inline void dovecot_session_connect(const struct cursor *bytes, __u32 tgid)
{
	struct session *session = dovecot_session_renew(tgid);

	if (!session)
		return;
	session->protocol = SESSION_PROTOCOL_ANVIL;
	session->cursor = *bytes;
	bpf_loop(ANVIL_LINE_BYTES / CHUNK_BYTES, anvil_feed_chunk, &session, 0);
	if (!session || !session->bound)
		return;
	dovecot_session_check_login(session);
	session_begin(session);
}

static long claim_feed_byte(__u32 i, struct session_feed *feed)
{
	struct session *session = feed->session;

	if (!session)
		return 1;
	return claim_step(&session->anvil.claim, feed->chunk[i & (CHUNK_BYTES - 1)]) !=
	       CLAIM_EVENT_NONE;
}

/* The first piece holds all that is wanted: three numbers. */
static __noinline void dovecot_session_take_claim(struct session *session,
						  const struct cursor *bytes)
{
	struct session_feed feed = {.session = session};
	struct cursor start = *bytes;
	int read = cursor_read(&start, feed.chunk);

	if (read == 0)
		read = cursor_read(&start, feed.chunk);
	memset(&session->anvil.claim, 0, sizeof(session->anvil.claim));
	if (read > 0)
		bpf_loop(read, claim_feed_byte, &feed, 0);
	if (session->anvil.claim.field != 4)
		return;
	(void)login_own_pid(&session->anvil.login.pid_space);
	session->anvil.login.pid = session->anvil.claim.pid;
	session->anvil.login.id = session->anvil.claim.id;
}

__hidden void dovecot_session_claim(const struct cursor *bytes)
{
	__u32 tgid = current_tgid();
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);

	if (session && !session->bound &&
	    (session->protocol == SESSION_PROTOCOL_NONE ||
	     session->protocol == SESSION_PROTOCOL_ANVIL))
		dovecot_session_take_claim(session, bytes);
}

static __always_inline void dovecot_session_disconnect(__u32 tgid)
{
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);

	if (!session)
		return;
	mailbox_end_delivery(session);
	/* what it opened for nobody it has opened, whoever says now that it has left */
	mailbox_count_unbound(session);
	session->unbound_bytes = 0;
	session->ended = session->bound;
	session->bound = 0;
	memset(&session->anvil, 0, sizeof(session->anvil));
}

__hidden void dovecot_session_write(const struct cursor *bytes)
{
	__u32 tgid = current_tgid();
	char first[4] = {};

	if (bytes->left < sizeof("CONNECT") || bytes->base_left < sizeof(first) ||
	    bpf_probe_read_user(first, sizeof(first), (void *)bytes->base))
		return;
	if (first[0] == 'D' && first[1] == 'I' && first[2] == 'S' && first[3] == 'C')
		dovecot_session_disconnect(tgid);
	else if (first[0] == 'C' && first[1] == 'O' && first[2] == 'N' && first[3] == 'N')
		dovecot_session_connect(bytes, tgid);
}
