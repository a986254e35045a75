/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is the mail server: what only root could have brought about.
 *
 * A master is a process of root's whose executable is named like a mail server's. Cyrus's
 * becomes the mail user soon; so whoever was one when it was executed, and what it forks without executing
 * anything, stays one: the map of masters. A server without root is one because it made a listener
 * that the configuration or discovery names.
 *
 * Names are enough where the process is root's: what root executes root has chosen. Root is the
 * initial user name space's; who is root in another is anybody.
 *
 * What a master executes is the mail server's, and what that executes in turn: a wrapper around
 * imap, couriertls before imapd. Nobody else's processes are, whatever program they run.
 */
#include "lib/mail_server.bpf.h"
#include "lib/walk.bpf.h"

struct masters_map masters SEC(".maps");

static const char known_masters[][MASTER_NAME_BYTES] __attribute__((aligned(8))) = MASTER_NAMES;
static const char master_in_cyrus[MASTER_NAME_BYTES] __attribute__((aligned(8))) =
	MASTER_NAME_IN_CYRUS;

static __always_inline void master_name_read(char ret_name[MASTER_NAME_BYTES], struct dentry *dentry)
{
	__u32 bytes = BPF_CORE_READ(dentry, d_name.len);

	__builtin_memset(ret_name, 0, MASTER_NAME_BYTES);
	barrier_step(bytes);
	if (bytes > 0 && bytes < MASTER_NAME_BYTES)
		bpf_probe_read_kernel(ret_name, bytes, BPF_CORE_READ(dentry, d_name.name));
}

static __always_inline bool master_name_is(const char a[MASTER_NAME_BYTES],
				    const char b[MASTER_NAME_BYTES])
{
	const __u64 *x = (const __u64 *)a, *y = (const __u64 *)b;

	return x[0] == y[0] && x[1] == y[1];
}

static __always_inline bool is_cyrus_folder(struct dentry *dentry)
{
	char name[8] = {};

	bpf_probe_read_kernel(name, 5, BPF_CORE_READ(dentry, d_name.name));
	return name[0] == 'c' && name[1] == 'y' && name[2] == 'r' && name[3] == 'u' &&
	       name[4] == 's';
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

__hidden int mail_server_started(struct task_struct *task)
{
	struct task_struct *parent = parent_of(task);

	return is_master(parent) || is_master(parent_of(parent));
}

/* ---- The map of masters ---- */

static __always_inline void masters_add(__u32 tgid, __u8 evidence)
{
	int r = bpf_map_update_elem(&masters, &tgid, &evidence, BPF_NOEXIST);

	if (r && r != -EEXIST)
		count_loss(LOST_MASTERS_UNKNOWN, 1);
}

__hidden void mail_server_exec(struct task_struct *task)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);

	if (is_roots(task) && executable_is_master(task))
		masters_add(tgid, MASTER_OF_ROOT_EXECUTED);
	else
		bpf_map_delete_elem(&masters, &tgid);
}

/* A master that goes into the background is a child of the one that was executed. */
__hidden void mail_server_fork(struct task_struct *parent, struct task_struct *child)
{
	__u32 tgid = BPF_CORE_READ(parent, tgid), own = BPF_CORE_READ(child, tgid);

	if (own != tgid && bpf_map_lookup_elem(&masters, &tgid))
		masters_add(own, MASTER_FORKED);
}

__hidden void mail_server_exit(__u32 tgid)
{
	bpf_map_delete_elem(&masters, &tgid);
}

/* ---- Listeners ---- */

/* By its folder and name, so that one that was made anew is the same at once. */
static __always_inline bool is_named_listener(struct sock *accepted)
{
	struct dentry *dentry = BPF_CORE_READ((struct unix_sock *)accepted, path.dentry);
	struct watched_name name = {};
	struct watched *found;

	if (!dentry)
		return false;
	name.folder = (__u64)BPF_CORE_READ(dentry, d_parent, d_inode);
	name.hash_len = BPF_CORE_READ(dentry, d_name.hash_len);
	found = bpf_map_lookup_elem(&watched_names, &name);
	return found && found->kind == WATCHED_AUTH_SOCKET;
}

/* The connecting end holds the credentials and the process of whoever called listen(2). */
__hidden int mail_server_accepted(struct sock *accepted)
{
	struct sock *client = BPF_CORE_READ((struct unix_sock *)accepted, peer);
	const struct cred *made_by = client ? BPF_CORE_READ(client, sk_peer_cred) : NULL;

	if (!made_by)
		return false;
	if (is_named_listener(accepted)) {
		masters_add(BPF_CORE_READ(client, sk_peer_pid, numbers[0].nr), MASTER_LISTENS);
		return true;
	}
	return BPF_CORE_READ(made_by, uid.val) == 0 && BPF_CORE_READ(made_by, euid.val) == 0;
}
