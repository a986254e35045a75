/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens: find out whether a watched directory or file was reached, and hand over to its sensor. */
#include "walk.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* address of the inode */
	__type(value, struct watched);
} watched SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct watched_filter);
} watched_filter SEC(".maps");

static __always_inline bool may_be_watched(const struct watched_filter *filter, __u64 inode)
{
	__u32 bit = watched_filter_bit(inode);
	__u32 word = bit / 64;

	barrier_step(word);
	return word < WATCHED_FILTER_BITS / 64 && (filter->word[word] >> (bit % 64) & 1);
}

static __always_inline struct watched *watched_inode(struct inode *inode)
{
	__u64 address = (__u64)inode;
	struct watched *found = bpf_map_lookup_elem(&watched, &address);

	if (found && found->inode_number == BPF_CORE_READ(inode, i_ino))
		return found;
	return NULL;
}

/* Parent, name and inode lie side by side, so one read brings all of what a step needs. */
struct dentry_part {
	struct dentry *parent;
	__u64 name[2];
	struct inode *inode;
};

static __always_inline void read_dentry(struct dentry_part *ret_part, struct dentry *dentry)
{
	const __u32 parent = bpf_core_field_offset(struct dentry, d_parent);
	const __u32 inode = bpf_core_field_offset(struct dentry, d_inode);

	if (inode - parent == offsetof(struct dentry_part, inode)) {
		bpf_probe_read_kernel(ret_part, sizeof(*ret_part), (char *)dentry + parent);
		return;
	}
	ret_part->parent = BPF_CORE_READ(dentry, d_parent);
	ret_part->inode = BPF_CORE_READ(dentry, d_inode);
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
	struct watched_filter *filter = walk->filter;
	struct dentry *dentry = walk->dentry;
	struct dentry_part part = {};

	if (!filter)
		return 1;
	read_dentry(&part, dentry);
	if (may_be_watched(filter, (__u64)part.inode)) {
		walk->found = watched_inode(part.inode);
		if (walk->found)
			return 1;
	}
	if (part.parent == dentry)
		return !walk_over_mount(walk);
	remember(walk, dentry);
	walk->dentry = part.parent;
	return 0;
}

__hidden void files_open(struct file *file)
{
	struct vfsmount *mnt = BPF_CORE_READ(file, f_path.mnt);
	struct walk walk = {};
	__u32 zero = 0;
	long steps;

	/*
	 * Zeroes, but not to the verifier: before 6.7 it takes what a callback of bpf_loop() leaves
	 * on the stack after one step for the truth (kernel commit ab5cfac139ab, "bpf: verify callbacks
	 * as if they are called unknown number of times"), and removed what reads below[1].
	 */
	bpf_probe_read_kernel(walk.below, sizeof(walk.below), NULL);
	bpf_probe_read_kernel(&walk.depth, sizeof(walk.depth), NULL);
	walk.filter = bpf_map_lookup_elem(&watched_filter, &zero);
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
