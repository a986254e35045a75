/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mailbox sensor: messages opened below a watched mail root, by anybody.
 *
 * A process that serves a client and opens mail of that client's account is the session reading;
 * the comparison is made once and the account's directory remembered. Everybody else is named by
 * program and user, and the account by the path.
 */
#include "record.bpf.h"
#include "walk.bpf.h"

/* Room to put a key together: larger than the stack of a chain of calls allows, and not per CPU,
 * where a program that is preempted would find another's. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512); /* threads that are in the program at one time */
	__type(key, __u64); /* thread */
	__type(value, struct read_key);
} path_keys SEC(".maps");

static const struct read_key no_path = {.kind = READ_KIND_PATH};

/* What the name and place of a file say that it holds. Index and control files hold nothing. */
enum holding { HOLDS_NOTHING, HOLDS_MESSAGE, HOLDS_MANY };

static __always_inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* dbox-Mails/u.17 is one message, storage/m.3 many. */
static __always_inline enum holding holding_of_dbox(const char folder[12], __u32 bytes,
						    const char leaf[3])
{
	if (leaf[1] != '.' || !is_digit(leaf[2]))
		return HOLDS_NOTHING;
	if (leaf[0] == 'u' && bytes == 10 && folder[0] == 'd' && folder[4] == '-' && folder[5] == 'M')
		return HOLDS_MESSAGE;
	if (leaf[0] == 'm' && bytes == 7 && folder[0] == 's' && folder[1] == 't' && folder[6] == 'e')
		return HOLDS_MANY;
	return HOLDS_NOTHING;
}

static __always_inline bool is_maildir_folder(const char folder[12], __u32 bytes)
{
	return bytes == 3 && ((folder[0] == 'c' && folder[1] == 'u' && folder[2] == 'r') ||
			      (folder[0] == 'n' && folder[1] == 'e' && folder[2] == 'w'));
}

/* Beside mboxes lie the server's locks (INBOX.lock), indexes (.imap/, dovecot.index) and lists
 * (.subscriptions). */
static __always_inline enum holding holding_of_mbox(struct dentry *file, struct dentry *parent)
{
	__u32 bytes = BPF_CORE_READ(file, d_name.len);
	const unsigned char *name = BPF_CORE_READ(file, d_name.name);
	char first[8] = {}, folder = 0, last[5] = {};

	bpf_probe_read_kernel(&folder, 1, BPF_CORE_READ(parent, d_name.name));
	bpf_probe_read_kernel(first, sizeof(first), name);
	if (bytes > sizeof(last))
		bpf_probe_read_kernel(last, sizeof(last), name + bytes - sizeof(last));
	if (folder == '.' || first[0] == '.')
		return HOLDS_NOTHING;
	if (first[0] == 'd' && first[1] == 'o' && first[2] == 'v' && first[6] == 't' &&
	    first[7] == '.')
		return HOLDS_NOTHING;
	if (last[0] == '.' && last[1] == 'l' && last[2] == 'o' && last[3] == 'c' && last[4] == 'k')
		return HOLDS_NOTHING;
	return HOLDS_MANY;
}

/* Not below[depth]: what is read at an offset that the verifier does not know is a read of the whole
 * stack to it, and each step of the walk a new state (7.2: 885,378 instructions instead of 30,254). */
static __always_inline struct dentry *component_dentry(const struct walk *walk, __u8 depth)
{
	switch (depth) {
	case 0:
		return walk->below[0];
	case 1:
		return walk->below[1];
	case 2:
		return walk->below[2];
	case 3:
		return walk->below[3];
	default:
		return NULL;
	}
}

/* Is the file in the folder of the account that holds mboxes? */
static __always_inline bool is_in_mbox_folder(const struct walk *walk, const struct watched *root)
{
	const __u64 *wanted = (const __u64 *)root->mbox_folder;
	__u64 name[MBOX_FOLDER_BYTES / 8] = {};
	struct dentry *folder;
	__u32 bytes;

	if (!root->is_mbox || walk->depth <= root->component[1])
		return false;
	if (!wanted[0])
		return true;
	folder = component_dentry(walk, root->component[1] + 1);
	bytes = folder ? BPF_CORE_READ(folder, d_name.len) : 0;
	if (bytes == 0 || bytes >= sizeof(name))
		return false;
	/* the mask changes nothing but tells the verifier, which before 6.11 does not see that the
	 * compiler compared another register */
	barrier_step(bytes);
	bpf_probe_read_kernel(name, bytes & (sizeof(name) - 1),
			      BPF_CORE_READ(folder, d_name.name));
	return name[0] == wanted[0] && name[1] == wanted[1] && name[2] == wanted[2] &&
	       name[3] == wanted[3];
}

/* A frame of its own: what it reads of names is off the stack before anything is counted. */
static __noinline enum holding holding_of(struct walk *walk, struct watched *root)
{
	struct dentry *file = walk->leaf;
	struct dentry *parent = BPF_CORE_READ(file, d_parent);
	__u32 bytes = BPF_CORE_READ(parent, d_name.len);
	char folder[12] = {};
	char leaf[3] = {};

	/* a file in the account's own place is an mbox: /var/mail/%u */
	if (walk->depth == root->component[1] + 1 || is_in_mbox_folder(walk, root))
		return holding_of_mbox(file, parent);
	if (walk->depth <= root->component[1] || bytes >= sizeof(folder))
		return HOLDS_NOTHING;
	bpf_probe_read_kernel(folder, sizeof(folder), BPF_CORE_READ(parent, d_name.name));
	if (is_maildir_folder(folder, bytes))
		return HOLDS_MESSAGE;
	bpf_probe_read_kernel(leaf, sizeof(leaf), BPF_CORE_READ(file, d_name.name));
	return holding_of_dbox(folder, bytes, leaf);
}

static __always_inline void count_open(const struct read_key *key, enum holding holding)
{
	count_read(key, holding == HOLDS_MESSAGE, holding == HOLDS_MANY, 0, 0);
}

/* ---- Delivered, or opened by the server for itself ---- */

/* POP3 opens what it sends. */
static __always_inline bool has_to_wait(const struct session *session, enum holding holding)
{
	const char *service = session->key.who.service;

	return advice_seen && holding == HOLDS_MESSAGE && service[0] == 'i' && service[1] == 'm' &&
	       service[2] == 'a' && service[3] == 'p' && service[4] == 0;
}

__hidden void mailbox_settle_waiting(struct session *session)
{
	__u32 scanned = delivery_settle(&session->delivery);

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

static __always_inline void count_own_open(struct session *session, const struct walk *walk,
					   enum holding holding)
{
	struct dentry *leaf = walk->leaf;
	struct inode *inode;
	__u32 scanned;

	if (!has_to_wait(session, holding)) {
		count_open(&session->key, holding);
		return;
	}
	inode = BPF_CORE_READ(leaf, d_inode);
	scanned = delivery_open(&session->delivery, (__u64)inode, BPF_CORE_READ(inode, i_size));
	if (scanned)
		count_read(&session->key, 0, 0, scanned, 0);
}

static __always_inline void read_component(char *to, struct dentry *dentry)
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
static __always_inline struct dentry *read_components(struct read_key *key, struct walk *walk,
						      struct watched *root)
{
	struct dentry *domain = component_dentry(walk, root->component[0]);
	struct dentry *name = component_dentry(walk, root->component[1]);

	if (domain)
		read_component(key->component[0], domain);
	if (name)
		read_component(key->component[1], name);
	return name;
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
static long compare_step(__u32 i, struct comparison *c)
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

static __noinline bool is_own_account(const struct session *session, const struct read_key *path)
{
	struct comparison c = {.path = path, .session = session, .part = 1};

	c.has_domain = path->component[0][0] != 0;
	bpf_loop(ACCOUNT_BYTES, compare_step, &c, 0);
	return c.same;
}

/* ---- Counting ---- */

static __always_inline void report_second_account(const struct read_key *key,
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

static __always_inline bool is_bound(const struct session *session)
{
	return session && session->bound;
}

static __always_inline bool is_session_program(const struct actor *actor)
{
	return bpf_map_lookup_elem(&session_programs, &actor->program);
}

/* A mail process that said CONNECT before anybody listened. */
static __always_inline bool is_older_session(const struct actor *actor)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct settings *now = settings_get();

	return now && task->start_boottime < now->attached_boot_ns && is_session_program(actor);
}

/* By anybody but the session of the same account. */
static __noinline void count_path(struct read_key *key, const struct session *session,
				  enum holding holding)
{
	actor_of_current(&key->actor);
	key->older = is_older_session(&key->actor);
	if (is_bound(session)) {
		memcpy(key->source, session->key.who.source, SOURCE_BYTES);
		memcpy(key->service, session->key.who.service, SERVICE_BYTES);
		key->master = session->key.master;
		report_second_account(key, session);
	}
	count_open(key, holding);
}

/* The first message a session opens in a directory, or any that a stranger opens. */
static __always_inline void open_by_path(struct walk *walk, struct watched *root,
					 struct session *session, __u64 home_inode,
					 struct read_key *key, enum holding holding)
{
	key->root = root->id;
	read_components(key, walk, root);
	/* an account may lie in several places: INBOX here, folders there */
	if (is_bound(session) && is_own_account(session, key)) {
		session->home_inode = home_inode;
		count_own_open(session, walk, holding);
		return;
	}
	count_path(key, session, holding);
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

/* A mail process that has not said whose it is: remembered, if it looks at one mailbox only. */
static __always_inline bool keep_unbound(struct session *session, struct walk *walk,
					 struct watched *root, __u64 home_inode, enum holding holding)
{
	struct dentry *domain = component_dentry(walk, root->component[0]);
	struct dentry *name = component_dentry(walk, root->component[1]);

	if (session->unbound_home && session->unbound_home != home_inode)
		return false;
	if (!session->unbound_home) {
		session->unbound_home = home_inode;
		session->unbound_root = root->id;
		if (domain)
			read_component(session->unbound_component[0], domain);
		if (name)
			read_component(session->unbound_component[1], name);
		actor_of_current(&session->key.actor);
	}
	if (holding == HOLDS_MESSAGE)
		session->unbound_messages++;
	else
		session->unbound_containers++;
	return true;
}

__hidden void mailbox_settle_unbound(struct session *session)
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
	memcpy(key->component, session->unbound_component, sizeof(key->component));
	/* messages that it opened in its own mailbox before it served anybody went to nobody; a
	 * file of many stays open for what is to come */
	if (session->bound && is_own_account(session, key)) {
		session->home_inode = session->unbound_home;
		count_read(&session->key, 0, session->unbound_containers,
			   session->unbound_messages, 0);
	} else {
		count_read(key, session->unbound_messages, session->unbound_containers, 0, 0);
	}
	session->unbound_home = 0;
	session->unbound_messages = 0;
	session->unbound_containers = 0;
	bpf_map_delete_elem(&path_keys, &task);
}

__hidden void mailbox_open(struct walk *walk, struct watched *root)
{
	__u64 task = bpf_get_current_pid_tgid();
	__u32 tgid = task >> 32;
	struct session *session = bpf_map_lookup_elem(&sessions, &tgid);
	struct dentry *home = component_dentry(walk, root->component[1]);
	__u64 home_inode = home ? (__u64)BPF_CORE_READ(home, d_inode) : 0;
	enum holding holding = holding_of(walk, root);
	struct read_key *key;

	if (holding == HOLDS_NOTHING)
		return;
	if (is_bound(session) && session->home_inode == home_inode) {
		count_own_open(session, walk, holding);
		return;
	}
	if (session && !session->bound && keep_unbound(session, walk, root, home_inode, holding))
		return;
	key = path_key_take(task);
	if (!key)
		return;
	open_by_path(walk, root, session, home_inode, key, holding);
	bpf_map_delete_elem(&path_keys, &task);
}

__hidden void mailbox_adopt(struct walk *walk, struct watched *root, struct task_struct *task)
{
	enum holding holding = holding_of(walk, root);
	__u64 own = bpf_get_current_pid_tgid();
	struct read_key *key;

	key = holding == HOLDS_NOTHING ? NULL : path_key_take(own);
	if (!key)
		return;
	key->root = root->id;
	read_components(key, walk, root);
	actor_of(task, &key->actor);
	key->older = is_session_program(&key->actor);
	count_open(key, holding);
	bpf_map_delete_elem(&path_keys, &own);
}
