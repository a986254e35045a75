/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is the mail server: what only root could have brought about.
 *
 * A master is a process of root's whose executable is named like a mail server's. Cyrus's
 * becomes the mail user soon; so whoever was one when it was executed, and what it forks without executing
 * anything, stays one: the map of masters. A server without root is one because its child answers at a
 * listener that the configuration or discovery names.
 *
 * Names are enough where the process is root's: what root executes root has chosen. Root is the
 * initial user name space's; who is root in another is anybody.
 *
 * What a master forks is the mail server's, and what that forks in turn: a wrapper around imap,
 * couriertls before imapd. It is remembered at the fork, since an orphan's parent is another one later. Nobody
 * else's processes are, whatever program they run.
 */
#include "lib/mail_server.bpf.h"
#include "lib/program.bpf.h"
#include "lib/walk.bpf.h"

struct masters_map masters SEC(".maps");

/* Processes that masters started: 1, and that those started: 2. Helpers that root executed: 3, whatever user
 * they become. */
#define LEVEL_ROOTS_HELPER 3
#define LEVEL_BITS 3
/*
 * It has served a client who logged in, or was forked by one that had: whoever takes a mail process over does
 * so over its client. It stays over exec.
 */
#define LEVEL_HAS_SERVED 4

struct started_process {
	__u32 master; /* tgid; 0: of a helper */
	__u8 level;
	__u8 reserved[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32); /* tgid */
	__type(value, struct started_process);
} started SEC(".maps");

static const char known_masters[][MASTER_NAME_BYTES] __attribute__((aligned(8))) = MASTER_NAMES;
static const char master_in_cyrus[MASTER_NAME_BYTES] __attribute__((aligned(8))) =
	MASTER_NAME_IN_CYRUS;

static __always_inline void master_name_read(char ret_name[MASTER_NAME_BYTES], struct dentry *dentry)
{
	__u32 bytes = BPF_CORE_READ(dentry, d_name.len);

	__builtin_memset(ret_name, 0, MASTER_NAME_BYTES);
	if (bytes >= MASTER_NAME_BYTES)
		return;
	/* the mask changes nothing but tells the verifier, which before 6.11 does not see that the
	 * compiler compared another register */
	barrier_step(bytes);
	bpf_probe_read_kernel(ret_name, bytes & (MASTER_NAME_BYTES - 1),
			      BPF_CORE_READ(dentry, d_name.name));
}

static __always_inline bool master_name_is(const char a[MASTER_NAME_BYTES],
				    const char b[MASTER_NAME_BYTES])
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return x[0] == y[0] && x[1] == y[1];
}

static __always_inline bool has_cyrus_at(struct dentry *dentry, __u32 at)
{
	char name[8] = {};

	bpf_probe_read_kernel(name, 5, BPF_CORE_READ(dentry, d_name.name) + at);
	return name[0] == 'c' && name[1] == 'y' && name[2] == 'r' && name[3] == 'u' &&
	       name[4] == 's';
}

/* cyrus, cyrus-imapd; or behind a hash. */
static __always_inline bool is_cyrus_folder(struct dentry *dentry)
{
	return has_cyrus_at(dentry, 0) || (BPF_CORE_READ(dentry, d_name.len) > STORE_HASH_BYTES + 5 &&
					   has_cyrus_at(dentry, STORE_HASH_BYTES));
}

static __noinline int executable_is_master(struct task_struct *task)
{
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	char name[MASTER_NAME_BYTES] __attribute__((aligned(8)));
	struct dentry *dentry, *folder;
	bool is_known = false;

	if (!exe)
		return false;
	dentry = BPF_CORE_READ(exe, f_path.dentry);
	master_name_read(name, dentry);
	for (__u32 i = 0; i < sizeof(known_masters) / sizeof(known_masters[0]); i++)
		is_known |= master_name_is(name, known_masters[i]);
	if (is_known)
		return true;
	if (!master_name_is(name, master_in_cyrus))
		return false;
	folder = BPF_CORE_READ(dentry, d_parent);
	return is_cyrus_folder(folder) || is_cyrus_folder(BPF_CORE_READ(folder, d_parent));
}

/* A program that is set-uid shows its user as uid. */
static __always_inline bool is_roots(struct task_struct *task)
{
	return BPF_CORE_READ(task, cred, uid.val) == 0 && BPF_CORE_READ(task, cred, euid.val) == 0;
}

static __always_inline bool is_master(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);

	return bpf_map_lookup_elem(&masters, &tgid) ||
	       (is_roots(task) && executable_is_master(task));
}

/* A thread may have forked; the leader is the process. */
static __always_inline struct task_struct *parent_of(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, real_parent, group_leader);
}

/* What was forked while the hooks were being attached is taken for older. */
#define ATTACHING_NS 2000000000ULL

static __always_inline bool is_older_than_hooks(struct task_struct *task)
{
	struct settings *now = settings_get();

	return now && BPF_CORE_READ(task, group_leader, start_boottime) <
			      now->attached_boot_ns + ATTACHING_NS;
}

/* A server without root is known when its auth service first speaks: it has forked before. */
static __always_inline bool is_master_without_root(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	__u8 *evidence = bpf_map_lookup_elem(&masters, &tgid);

	return evidence && *evidence >= MASTER_LISTENS;
}

static __always_inline bool is_masters(const struct started_process *found)
{
	return found && (found->level & LEVEL_BITS) != LEVEL_ROOTS_HELPER;
}

__hidden int mail_server_started(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	struct task_struct *parent;

	if (is_masters(bpf_map_lookup_elem(&started, &tgid)))
		return true;
	parent = parent_of(task);
	if (is_older_than_hooks(task))
		return is_master(parent) || is_master(parent_of(parent));
	return is_master_without_root(parent) || is_master_without_root(parent_of(parent));
}

/* One that is older than the sensors, or than what we know of its master, has no entry. */
__hidden __u32 mail_server_master(void)
{
	__u32 tgid = current_tgid();
	const struct started_process *found = bpf_map_lookup_elem(&started, &tgid);
	struct task_struct *parent;

	if (is_masters(found))
		return found->master;
	parent = parent_of(bpf_get_current_task_btf());
	if (!is_master(parent))
		parent = parent_of(parent);
	return BPF_CORE_READ(parent, tgid);
}

__hidden int mail_server_has_served(void)
{
	__u32 tgid = current_tgid();
	const struct started_process *found = bpf_map_lookup_elem(&started, &tgid);

	return found && (found->level & LEVEL_HAS_SERVED);
}

/* One that is older than the sensors has no entry yet. */
__hidden void mail_server_serves(void)
{
	struct started_process first = {.level = 1 | LEVEL_HAS_SERVED}, *found;
	__u32 tgid = current_tgid();

	found = bpf_map_lookup_elem(&started, &tgid);
	if (found) {
		found->level |= LEVEL_HAS_SERVED;
		return;
	}
	first.master = mail_server_master();
	if (bpf_map_update_elem(&started, &tgid, &first, BPF_ANY))
		count_loss(LOST_MASTERS_UNKNOWN, 1);
}

__hidden int mail_server_program(struct task_struct *task)
{
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	char folder[MASTER_NAME_BYTES] __attribute__((aligned(8)));

	if (!mail_server_started(task))
		return STARTED_BY_OTHERS;
	if (!exe || BPF_CORE_READ(exe, f_inode, i_uid.val) != 0 ||
	    (BPF_CORE_READ(exe, f_inode, i_mode) & 022))
		return STARTED_ANOTHER;
	/* /usr/lib/dovecot/indexer-worker, wherever a container has it */
	master_name_read(folder, BPF_CORE_READ(exe, f_path.dentry, d_parent));
	return master_name_is(folder, known_masters[0]) ? STARTED_OWN_PROGRAM : STARTED_ANOTHER;
}

static const char hibernate_name[MASTER_NAME_BYTES] __attribute__((aligned(8))) = "imap-hibernate";

__hidden int mail_server_hibernates(struct task_struct *task)
{
	char name[MASTER_NAME_BYTES] __attribute__((aligned(8)));

	if (mail_server_program(task) != STARTED_OWN_PROGRAM)
		return false;
	master_name_read(name, BPF_CORE_READ(task, mm, exe_file, f_path.dentry));
	return master_name_is(name, hibernate_name);
}

/* ---- The map of masters ---- */

static __always_inline void masters_add(__u32 tgid, __u8 evidence)
{
	int r = bpf_map_update_elem(&masters, &tgid, &evidence, BPF_NOEXIST);

	if (r && r != -EEXIST)
		count_loss(LOST_MASTERS_UNKNOWN, 1);
}

/*
 * With User= in its unit Cyrus's master is never root's. Then it runs as the owner of the folder in which Cyrus
 * says whom it serves, from a file of root's, root started it, and nobody has logged in for it: sessions,
 * cron and at set the login user.
 */
static __always_inline bool is_service_of_status_owner(struct task_struct *task)
{
	const struct watched_filter *filter = watched_filter_get();
	__u32 uid = BPF_CORE_READ(task, cred, uid.val);
	bool is_owner = false;

	if (!filter || !uid)
		return false;
	for (int i = 0; i < STATUS_OWNERS; i++)
		is_owner |= filter->status_owner[i] == uid;
	return is_owner && BPF_CORE_READ(task, mm, exe_file, f_inode, i_uid.val) == 0 &&
	       is_roots(parent_of(task)) && bpf_core_field_exists(task->loginuid) &&
	       BPF_CORE_READ(task, loginuid.val) == (__u32)-1;
}

__hidden int mail_server_is_roots_helper(void)
{
	__u32 tgid = current_tgid();
	const struct started_process *found = bpf_map_lookup_elem(&started, &tgid);

	return (found && (found->level & LEVEL_BITS) == LEVEL_ROOTS_HELPER) ||
	       is_roots(bpf_get_current_task_btf());
}

/* doveadm becomes the mail user. */
static __always_inline void helper_exec(struct task_struct *task, __u32 tgid)
{
	const struct started_process of_root = {.level = LEVEL_ROOTS_HELPER};
	const struct started_process *found = bpf_map_lookup_elem(&started, &tgid);
	struct file_identity program;

	if (is_masters(found))
		return;
	program_of_current(&program);
	if (is_roots(task) && bpf_map_lookup_elem(&mail_helpers, &program))
		bpf_map_update_elem(&started, &tgid, &of_root, BPF_ANY);
	else if (found)
		bpf_map_delete_elem(&started, &tgid);
}

__hidden void mail_server_exec(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);

	helper_exec(task, tgid);
	if ((is_roots(task) || is_service_of_status_owner(task)) && executable_is_master(task))
		masters_add(tgid, MASTER_OF_ROOT_EXECUTED);
	else
		bpf_map_delete_elem(&masters, &tgid);
}

__hidden void mail_server_fork(struct task_struct *parent, struct task_struct *child)
{
	__u32 tgid = BPF_CORE_READ(parent, tgid), own = BPF_CORE_READ(child, tgid);
	const struct started_process *found;
	struct started_process next = {};
	__u8 level;
	int r;

	if (own == tgid)
		return; /* a thread */
	/* one that goes into the background is a child of the one that was executed */
	if (bpf_map_lookup_elem(&masters, &tgid))
		masters_add(own, MASTER_FORKED);
	found = bpf_map_lookup_elem(&started, &tgid);
	level = found ? found->level & LEVEL_BITS : 0;
	if (found)
		next.master = found->master;
	if (is_master(parent)) {
		next.level = 1;
		next.master = tgid;
	} else {
		next.level = level == 1 ? 2 : level == 2 ? 0 : level;
	}
	if (!next.level)
		return;
	if (found)
		next.level |= found->level & LEVEL_HAS_SERVED;
	r = bpf_map_update_elem(&started, &own, &next, BPF_ANY);
	if (r)
		count_loss(LOST_MASTERS_UNKNOWN, 1);
}

__hidden void mail_server_exit(__u32 tgid)
{
	bpf_map_delete_elem(&masters, &tgid);
	bpf_map_delete_elem(&started, &tgid);
	bpf_map_delete_elem(&login_habits, &tgid);
}

/* ---- Listeners ---- */

/* By its folder and name, so that one that was made anew is the same at once. Returns its kind, or 0. */
static __always_inline __u8 named_listener_kind(struct sock *accepted)
{
	struct dentry *dentry = BPF_CORE_READ((struct unix_sock *)accepted, path.dentry);
	struct watched_name name = {};
	struct watched *found;

	if (!dentry)
		return 0;
	name.folder = (__u64)BPF_CORE_READ(dentry, d_parent, d_inode);
	name.hash_len = BPF_CORE_READ(dentry, d_name.hash_len);
	found = bpf_map_lookup_elem(&watched_names, &name);
	return found && found->kind >= WATCHED_AUTH_SOCKET ? found->kind : 0;
}

/* The parent of a process that answers at a named listener, if it can be the one that made it: is it? */
static __noinline int masters_add_parent(struct task_struct *speaker, const struct cred *made_by)
{
	struct task_struct *parent = parent_of(speaker);
	__u32 tgid = BPF_CORE_READ(parent, tgid);

	if (tgid <= 1 || !executable_is_master(parent) ||
	    BPF_CORE_READ(parent, mm, exe_file, f_inode, i_uid.val) != 0 ||
	    BPF_CORE_READ(parent, cred, uid.val) != BPF_CORE_READ(made_by, uid.val))
		return false;
	masters_add(tgid, MASTER_LISTENS);
	return true;
}

__hidden int mail_server_speaks(struct task_struct *speaker)
{
	return is_roots(speaker) || mail_server_started(speaker);
}

/* The connecting end holds the credentials of whoever called listen(2). Root also listens for others: for
 * workers of php-fpm, for a socket unit's service. They are not the mail server's. */
__hidden int mail_server_accepted(struct sock *accepted, struct task_struct *speaker,
				  bool is_server)
{
	struct sock *client = BPF_CORE_READ((struct unix_sock *)accepted, peer);
	const struct cred *made_by = client ? BPF_CORE_READ(client, sk_peer_cred) : NULL;

	__u8 kind;

	if (!made_by)
		return false;
	kind = named_listener_kind(accepted);
	/* whoever may write to the folder can have put his own socket there: then a master has to stand
	 * behind it */
	if (kind && ((is_server && masters_add_parent(speaker, made_by)) ||
		     kind == WATCHED_AUTH_SOCKET))
		return true;
	return BPF_CORE_READ(made_by, uid.val) == 0 && BPF_CORE_READ(made_by, euid.val) == 0 &&
	       mail_server_speaks(speaker);
}
