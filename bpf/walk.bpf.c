/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens: find out whether a watched directory or file was reached, and hand over to its sensor. */
#include "walk.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* address of the inode */
	__type(value, struct watched);
} watched SEC(".maps");

static __always_inline struct watched *watched_inode(struct dentry *dentry)
{
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);
	__u64 address = (__u64)inode;
	struct watched *found = bpf_map_lookup_elem(&watched, &address);

	if (found && found->inode_number == BPF_CORE_READ(inode, i_ino))
		return found;
	return NULL;
}

static __always_inline void remember(struct walk *walk, struct dentry *dentry)
{
	walk->below[3] = walk->below[2];
	walk->below[2] = walk->below[1];
	walk->below[1] = walk->below[0];
	walk->below[0] = dentry;
	walk->depth++;
}

/* Only the top of a file system looks at mounts: a bind mount of a subtree keeps its parents. */
static __always_inline bool walk_over_mount(struct walk *walk)
{
	struct mount *mount = walk->mount;
	struct mount *above = BPF_CORE_READ(mount, mnt_parent);

	if (above == mount)
		return false;
	walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
	walk->mount = above;
	return true;
}

static long walk_step(__u32 i, struct walk *walk)
{
	struct dentry *dentry = walk->dentry, *parent;

	walk->found = watched_inode(dentry);
	if (walk->found)
		return 1;
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry)
		return !walk_over_mount(walk);
	remember(walk, dentry);
	walk->dentry = parent;
	return 0;
}

__hidden void files_open(struct file *file)
{
	struct vfsmount *mnt = BPF_CORE_READ(file, f_path.mnt);
	struct walk walk = {};
	long steps;

	walk.leaf = BPF_CORE_READ(file, f_path.dentry);
	walk.dentry = walk.leaf;
	walk.mount = (struct mount *)((char *)mnt - bpf_core_field_offset(struct mount, mnt));
	steps = bpf_loop(WALK_LIMIT, walk_step, &walk, 0);
	if (!walk.found) {
		if (steps == WALK_LIMIT)
			count_loss(LOST_PATH_TOO_DEEP, 1);
		return;
	}
	if (is_own_task())
		return;
	if (walk.found->kind == WATCHED_STORE)
		credentials_open(walk.found);
	else
		mailbox_open(&walk, walk.found);
}
