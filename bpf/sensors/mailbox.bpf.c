/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mailbox sensor: messages opened below a watched mail root, by anybody.
 *
 * A process that serves a client and opens mail of that client's account is the session reading;
 * the comparison is made once and the account's directory remembered. Everybody else is named by
 * program and user, and the account by the path.
 */
#include "sensors/mail_file.bpf.h"
#include "sensors/session.bpf.h"
#include "lib/mail_server.bpf.h"
#include "lib/program.bpf.h"
#include "lib/record.bpf.h"

/* Programs that open mail for the server itself. */
struct mail_helpers_map mail_helpers SEC(".maps");

/* A key under construction: larger than the stack of a chain of calls allows, and not per CPU,
 * where a program that is preempted would find another's. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512); /* threads that are in the program at one time */
	__type(key, __u64);	  /* thread */
	__type(value, struct read_key);
} path_keys SEC(".maps");

static const struct read_key no_path = {.kind = READ_KIND_PATH};

static __always_inline void mailbox_count(const struct read_key *key, enum mail_file_type type)
{
	count_read(key, type == MAIL_FILE_MESSAGE, type == MAIL_FILE_MAILBOX,
		   type == MAIL_FILE_UNSURE, 0);
}

/* ---- Delivered, or opened by the server for itself ---- */

static __always_inline bool is_imap(const char *service)
{
	return service[0] == 'i' && service[1] == 'm' && service[2] == 'a' && service[3] == 'p' &&
	       service[4] == 0;
}

/* POP3 opens what it sends, as a rule. */
static __always_inline bool mailbox_has_to_wait(const struct session *session,
						enum mail_file_type type)
{
	return advice_seen && !session->is_compressed && type == MAIL_FILE_MESSAGE &&
	       (session->opens_unsent || is_imap(session->key.who.service));
}

__hidden void mailbox_end_delivery(struct session *session)
{
	__u32 scanned = delivery_end(&session->delivery);

	if (scanned)
		count_read(&session->key, 0, 0, scanned, 0);
}

__hidden void mailbox_advise(struct file *file)
{
	__u32 tgid = current_tgid();
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);
	struct delivered now;

	if (!session)
		return;
	now = delivery_advise(&session->delivery, (__u64)BPF_CORE_READ(file, f_inode));
	if (now.messages)
		count_read(&session->key, now.messages, 0, now.scanned, 0);
}

static __always_inline void mailbox_count_own(struct session *session, const struct walk *walk,
					      enum mail_file_type type)
{
	struct dentry *leaf = walk->leaf;
	struct inode *inode;
	__u32 scanned;

	if (session->opens_for_own) {
		count_read(&session->key, 0, 0, 1, 0);
		return;
	}
	if (!mailbox_has_to_wait(session, type)) {
		mailbox_count(&session->key, type);
		return;
	}
	inode = BPF_CORE_READ(leaf, d_inode);
	scanned = delivery_open(&session->delivery, (__u64)inode, BPF_CORE_READ(inode, i_size));
	if (scanned)
		count_read(&session->key, 0, 0, scanned, 0);
}

static __always_inline void mailbox_read_name(char *to, struct dentry *dentry)
{
	__u32 bytes = BPF_CORE_READ(dentry, d_name.len);

	if (bytes > COMPONENT_BYTES) {
		count_loss(LOST_NAME_CUT, 1);
		bytes = COMPONENT_BYTES;
	}
	barrier_step(bytes);
	if (bytes > 0 && bytes <= COMPONENT_BYTES)
		bpf_probe_read_kernel(to, bytes, BPF_CORE_READ(dentry, d_name.name));
}

/* component[0] is the domain, component[1] the local part or the whole account. */
static __always_inline void mailbox_read_names(char component[2][COMPONENT_BYTES],
					       const struct walk *walk, const struct watched *root)
{
	struct dentry *domain = walk->below[BELOW_DOMAIN], *account = walk->below[BELOW_ACCOUNT];

	if (domain)
		mailbox_read_name(component[0], domain);
	if (account)
		mailbox_read_name(component[1], account);
	mail_file_unescape(root, component[1]);
}

/* ---- Is it the session's own account? ---- */

struct comparison {
	const struct read_key *path;
	const struct session *session;
	__u32 part;  /* 1: local part, 0: domain */
	__u32 index; /* within the part */
	bool has_domain;
	bool same;
};

/* Looks at byte i of the session's account, as local[@domain], without regard to case. */
static long account_compare_step(__u32 i, struct comparison *c)
{
	__u8 own, other;

	barrier_step(i);
	if (i >= ACCOUNT_BYTES || !c->session)
		return 1;
	own = c->session->key.who.account[i];
	other = c->index < COMPONENT_BYTES
			? c->path->component[c->part & 1][c->index & (COMPONENT_BYTES - 1)]
			: 0;
	if (own == '@' && c->part == 1 && other == 0) {
		c->part = 0;
		c->index = 0;
		if (c->has_domain)
			return 0;
		c->same = true; /* a template without %d names the local part only */
		return 1;
	}
	if (ascii_lower(own) != ascii_lower(other))
		return 1;
	if (own == 0) {
		c->same = c->part == 0 || !c->has_domain;
		return 1;
	}
	c->index++;
	return 0;
}

static __noinline bool account_is_own(const struct session *session, const struct read_key *path)
{
	struct comparison c = {.path = path, .session = session, .part = 1};

	c.has_domain = path->component[0][0] != 0;
	bpf_loop(ACCOUNT_BYTES, account_compare_step, &c, 0);
	return c.same;
}

/* In a tree that names nobody the mail server knows whose mail it opens. */
static __always_inline bool mailbox_is_own(const struct session *session,
					   const struct read_key *path, const struct watched *root)
{
	return root->layout == MAILBOX_LAYOUT_TREE || account_is_own(session, path);
}

/* ---- Counting ---- */

static __always_inline void mailbox_report_second_account(const struct read_key *key,
							  const struct session *session)
{
	struct record *record = record_reserve(RECORD_SECOND_ACCOUNT, key->root, &key->actor);

	if (!record)
		return;
	memcpy(record->account, session->key.who.account, ACCOUNT_BYTES);
	memcpy(record->source, session->key.who.source, SOURCE_BYTES);
	memcpy(record->component, key->component, sizeof(record->component));
	bpf_ringbuf_submit(record, 0);
}

static __always_inline bool session_is_bound(const struct session *session)
{
	return session && session->bound;
}

static __always_inline bool session_is_program(const struct actor *actor)
{
	return bpf_map_lookup_elem(&session_programs, &actor->program);
}

/*
 * A mail process that said CONNECT before anybody listened: the mailbox that it opens first is the
 * one it serves, and in any other it is a stranger.
 */
static __always_inline bool session_is_preexisting(struct session *session,
						   const struct read_key *key, __u64 home_inode)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct settings *now = settings_get();

	if (!now || task->start_boottime >= now->attached_boot_ns || !key->started ||
	    session_is_bound(session) || !session_is_program(&key->actor))
		return false;
	if (!session)
		session = session_new(current_tgid());
	if (!session)
		return true; /* counted as lost: no reason to call it a stranger */
	if (!session->preexisting_home)
		session->preexisting_home = home_inode;
	return session->preexisting_home == home_inode;
}

/* By anybody but the session of the same account. */
static __noinline void mailbox_count_by_path(struct read_key *key, struct session *session,
					     __u64 home_inode, enum mail_file_type type)
{
	actor_of_current(&key->actor);
	key->started = mail_server_program(bpf_get_current_task_btf());
	key->preexisting = session_is_preexisting(session, key, home_inode);
	if (session_is_bound(session)) {
		memcpy(key->source, session->key.who.source, SOURCE_BYTES);
		memcpy(key->service, session->key.who.service, SERVICE_BYTES);
		key->master = session->key.master;
		mailbox_report_second_account(key, session);
	}
	mailbox_count(key, type);
}

/* The first message a session opens in a directory, or any that a stranger opens. */
static __always_inline void mailbox_open_by_path(struct walk *walk, struct watched *root,
						 struct session *session, __u64 home_inode,
						 struct read_key *key, enum mail_file_type type)
{
	key->root = root->id;
	mailbox_read_names(key->component, walk, root);
	/* an account may lie in several places: INBOX here, folders there */
	if (session_is_bound(session) && mailbox_is_own(session, key, root)) {
		session->home_inode = home_inode;
		mailbox_count_own(session, walk, type);
		return;
	}
	mailbox_count_by_path(key, session, home_inode, type);
}

static __always_inline struct read_key *path_key_take(__u64 task)
{
	struct read_key *key;

	bpf_map_update_elem(&path_keys, &task, &no_path, BPF_ANY);
	key = bpf_map_lookup_elem(&path_keys, &task);
	if (!key)
		count_loss(LOST_READS_FULL, 1);
	return key;
}

/* An account may lie in several places. */
static __noinline bool mailbox_is_in_own_home(struct session *session, struct walk *walk,
					      struct watched *root, __u64 home_inode)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct read_key *key;
	bool is_own;

	if (!home_inode || session->home_inode == home_inode)
		return true;
	key = path_key_take(task);
	if (!key)
		return true;
	mailbox_read_names(key->component, walk, root);
	is_own = mailbox_is_own(session, key, root);
	if (is_own && !session->home_inode)
		session->home_inode = home_inode;
	bpf_map_delete_elem(&path_keys, &task);
	return is_own;
}

/* A mail process that has not said whose it is: remembered, if it looks at one mailbox only. */
static __always_inline bool mailbox_keep_unbound(struct session *session, struct walk *walk,
						 struct watched *root, __u64 home_inode,
						 enum mail_file_type type)
{
	/* once its client has left it opens mail of that account for nobody any more */
	if (session->ended && mailbox_is_in_own_home(session, walk, root, home_inode)) {
		count_read(&session->key, 0, type == MAIL_FILE_MAILBOX, type == MAIL_FILE_MESSAGE,
			   0);
		return true;
	}
	if (session->preexisting_home ||
	    (session->unbound_home && session->unbound_home != home_inode))
		return false;
	if (!session->unbound_home) {
		session->unbound_home = home_inode;
		session->unbound_root = root->id;
		mailbox_read_names(session->unbound_component, walk, root);
		actor_of_current(&session->key.actor);
	}
	if (type == MAIL_FILE_MESSAGE)
		session->unbound_messages++;
	else if (type == MAIL_FILE_UNSURE)
		session->unbound_unsure++;
	else
		session->unbound_mailbox_files++;
	return true;
}

__hidden void mailbox_count_unbound(struct session *session)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct read_key *key;

	if (!session->unbound_home)
		return;
	key = path_key_take(task);
	if (!key)
		return;
	key->root = session->unbound_root;
	key->actor = session->key.actor;
	key->started = STARTED_ANOTHER;
	memcpy(key->component, session->unbound_component, sizeof(key->component));
	/* messages that it opened in its own mailbox before it served anybody went to nobody; a
	 * file of many stays open for what is to come */
	if (session->bound && (!key->component[1][0] || account_is_own(session, key))) {
		session->home_inode = session->unbound_home;
		count_read(&session->key, 0, session->unbound_mailbox_files,
			   session->unbound_messages, 0);
	} else {
		count_read(key, session->unbound_messages + session->unbound_unsure,
			   session->unbound_mailbox_files, 0, 0);
	}
	session->unbound_home = 0;
	session->unbound_messages = 0;
	session->unbound_mailbox_files = 0;
	session->unbound_unsure = 0;
	bpf_map_delete_elem(&path_keys, &task);
}

/* Whoever takes a mail process over, or lets it execute something, does so over a client that it serves. */
static __always_inline bool mailbox_is_servers_own(struct task_struct *task,
						   const struct file_identity *program)
{
	return mail_server_started(task) && !mail_server_has_served() &&
	       (mail_server_program(task) == STARTED_OWN_PROGRAM ||
		bpf_map_lookup_elem(&session_programs, program) ||
		bpf_map_lookup_elem(&mail_helpers, program));
}

/*
 * What a file that is not called like mail counts as. What the mail server's own programs, and root's helpers,
 * call an index is one: they open them all the time. Anybody else may have given it its name. A helper of
 * another user may have been made to run somebody's code: what it opens is shown, but as no message.
 */
static __noinline enum mail_file_type mailbox_type_of_any_name(const struct walk *walk,
							       const struct watched *root)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file_identity program;
	bool is_helper;

	program_of_current(&program);
	is_helper = bpf_map_lookup_elem(&mail_helpers, &program) != NULL;
	if ((is_helper && mail_server_is_roots_helper()) ||
	    mailbox_is_servers_own(task, &program) || mail_file_is_beside_mail(walk, root))
		return MAIL_FILE_NONE;
	return is_helper ? MAIL_FILE_UNSURE : mail_file_guess(walk);
}

/* A dotlock says which process on which host has it: beside an mbox, too, /var/mail/alice.lock. */
#define DOTLOCK_BYTES 320

static __noinline bool mailbox_is_dotlock(const struct walk *walk)
{
	struct dentry *file = walk->leaf;
	__u32 bytes = BPF_CORE_READ(file, d_name.len);
	char last[5] = {};

	if (bytes <= sizeof(last) || BPF_CORE_READ(file, d_inode, i_size) > DOTLOCK_BYTES)
		return false;
	bpf_probe_read_kernel(last, sizeof(last),
			      BPF_CORE_READ(file, d_name.name) + bytes - sizeof(last));
	return last[0] == '.' && last[1] == 'l' && last[2] == 'o' && last[3] == 'c' &&
	       last[4] == 'k';
}

int mailbox_open(struct walk *walk, struct watched *root)
{
	__u64 task = bpf_get_current_pid_tgid();
	__u32 tgid = task >> 32;
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);
	enum mail_file_type type;
	struct dentry *home;
	__u64 home_inode;
	struct read_key *key;

	if (!walk || !root)
		return 0;
	type = mail_file_look(walk, root);
	if (type == MAIL_FILE_NONE && !session)
		type = mailbox_type_of_any_name(walk, root);
	if (type == MAIL_FILE_NONE && !(session && mail_server_has_served()))
		return 0;
	mail_file_find_owner(walk, root);
	home = walk->below[BELOW_ACCOUNT];
	home_inode = home ? (__u64)BPF_CORE_READ(home, d_inode)
		     : root->layout == MAILBOX_LAYOUT_TREE ? root->inode_number
							    : 0;
	/* a session's names are believed in its own mailbox: elsewhere it may have given them */
	if (type == MAIL_FILE_NONE && session) {
		if (mailbox_is_dotlock(walk) ||
		    mailbox_is_in_own_home(session, walk, root, home_inode))
			return 0;
		type = MAIL_FILE_UNSURE;
	}
	if (session_is_bound(session) &&
	    (home_inode ? session->home_inode == home_inode : session->owns_unnamed)) {
		mailbox_count_own(session, walk, type);
		return 0;
	}
	if (session && !session->bound && home_inode &&
	    mailbox_keep_unbound(session, walk, root, home_inode, type))
		return 0;
	if (session && type == MAIL_FILE_UNSURE)
		type = mail_file_guess(walk);
	key = path_key_take(task);
	if (!key)
		return 0;
	mailbox_open_by_path(walk, root, session, home_inode, key, type);
	bpf_map_delete_elem(&path_keys, &task);
	return 0;
}

__hidden void mailbox_adopt(struct walk *walk, struct watched *root, struct task_struct *task)
{
	enum mail_file_type type = mail_file_look(walk, root);
	__u64 own = bpf_get_current_pid_tgid();
	struct read_key *key;

	key = type == MAIL_FILE_NONE ? NULL : path_key_take(own);
	if (!key)
		return;
	mail_file_find_owner(walk, root);
	key->root = root->id;
	mailbox_read_names(key->component, walk, root);
	actor_of(task, &key->actor);
	key->started = mail_server_program(task);
	key->preexisting = key->started && session_is_program(&key->actor);
	mailbox_count(key, type);
	bpf_map_delete_elem(&path_keys, &own);
}
