/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an opened file up its parent directories to a watched object, as the kernel sees them:
 * relative paths, bind mounts and mount namespaces change nothing. A file that has several names is
 * looked for under those that are in memory.
 */
#ifndef WAX_BPF_LIB_WALK_BPF_H
#define WAX_BPF_LIB_WALK_BPF_H

#include "lib/shared.bpf.h"

/* Directories right below the root that are remembered: enough for what Cyrus makes of an account,
 * domain/i/isp1.example/a/user/alice. */
#define WALK_WINDOW 6

struct walk {
	struct dentry *dentry; /* where the walk is, or what is watched */
	struct mount *mount;
	struct mount *file_mount; /* the way the file was opened */
	struct hlist_node *alias; /* the name to be tried next */
	struct dentry *leaf;   /* the file itself */
	struct dentry *below[WALK_WINDOW]; /* below[0] lies directly in the watched directory */
	__u32 is_found;
	__u32 depth; /* names between the watched object and the file, the file's included */
	__u32 by_name; /* found is the store that lay where below[0] lies now */
	__u32 is_nameless; /* it was opened by its handle, and no name was in memory */
};

struct watched_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64); /* address of the inode */
	__type(value, struct watched);
};
extern struct watched_map watched SEC(".maps");

struct watched_filter_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct watched_filter);
};
extern struct watched_filter_map watched_filter SEC(".maps");

struct watched_names_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct watched_name);
	__type(value, struct watched);
};
extern struct watched_names_map watched_names SEC(".maps");

/*
 * walk.bpf.c: looks for a watched object from the file upwards. False when the way is too long.
 *
 * Known to the linker, not static: the verifier looks at each walk once, and not again for all that
 * its callers do before and after (6.18: 390,516 instructions of an open, of which 50,000 are left).
 * Numbers where pointers are meant, since it takes no others there; what is found is looked up again,
 * by walk_found(), for the same reason.
 */
int walk_from(struct walk *walk, __u64 leaf, __u64 mount);

static __always_inline int walk_up(struct walk *walk, const struct path *path)
{
	char *mnt = (char *)BPF_CORE_READ(path, mnt);

	return walk_from(walk, (__u64)BPF_CORE_READ(path, dentry),
			 (__u64)(mnt - bpf_core_field_offset(struct mount, mnt)));
}

/* The same within one file system. */
static __always_inline int walk_up_from(struct walk *walk, struct dentry *leaf)
{
	return walk_from(walk, (__u64)leaf, 0);
}

/* The watched object, or NULL. */
__hidden struct watched *walk_found(const struct walk *walk);
/* Number of the store that path leads to, + 1; 0 for none. One that was replaced is followed. */
__hidden int walk_to_store(const struct path *path);

#define OVERLAYFS_SUPER_MAGIC 0x794c7630

/*
 * An overlay that somebody mounted in a user name space of his own shows files of a watched tree under
 * folders of its own. One of the initial name space is root's.
 */
static __always_inline bool is_overlay_of_a_user(const struct super_block *sb)
{
	return BPF_CORE_READ(sb, s_magic) == OVERLAYFS_SUPER_MAGIC &&
	       BPF_CORE_READ(sb, s_user_ns, level) > 0;
}

static __always_inline struct watched_filter *watched_filter_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&watched_filter, &zero);
}

static __always_inline bool is_on_watched_device(const struct watched_filter *filter,
						 struct inode *inode)
{
	__u32 device = BPF_CORE_READ(inode, i_sb, s_dev);

	for (int i = 0; i < WATCHED_DEVICES && filter->device[i]; i++)
		if (filter->device[i] == device)
			return true;
	return false;
}

/* inode: its address, of which the lower half is enough. */
static __always_inline bool may_be_watched(const struct watched_filter *filter, __u32 inode)
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

	if (found && found->inode_number == BPF_CORE_READ(inode, i_ino) &&
	    found->generation == BPF_CORE_READ(inode, i_generation))
		return found;
	return NULL;
}

#endif
