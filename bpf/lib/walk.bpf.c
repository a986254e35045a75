/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens: find out whether a watched directory or file was reached, and hand over to its sensor. */
#include "lib/walk.bpf.h"

struct watched_map watched SEC(".maps");
struct watched_filter_map watched_filter SEC(".maps");

struct watched_names_map watched_names SEC(".maps");

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

static __always_inline void walk_remember(struct walk *walk, struct dentry *dentry)
{
	walk->below[5] = walk->below[4];
	walk->below[4] = walk->below[3];
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

/* Has a store been replaced? Whatever lies in its folder under its name is the store. */
static __always_inline struct watched *watched_by_name(struct inode *folder, struct dentry *dentry)
{
	struct watched_name name = {.folder = (__u64)folder};
	struct watched *found;

	if (!dentry)
		return NULL;
	name.hash_len = BPF_CORE_READ(dentry, d_name.hash_len);
	found = bpf_map_lookup_elem(&watched_names, &name);
	return found && found->kind == WATCHED_STORE ? found : NULL;
}

__hidden struct watched *walk_found(const struct walk *walk)
{
	struct dentry *dentry = walk->dentry;
	struct inode *inode;

	if (!walk->is_found)
		return NULL;
	inode = BPF_CORE_READ(dentry, d_inode);
	return walk->by_name ? watched_by_name(inode, walk->below[0]) : watched_inode(inode);
}

static __always_inline bool walk_is_at_watched(struct walk *walk, struct inode *inode)
{
	const struct watched_filter *filter = watched_filter_get();

	if (!filter || !may_be_watched(filter, (__u64)inode))
		return false;
	walk->is_found = watched_inode(inode) != NULL;
	if (walk->is_found)
		return true;
	walk->is_found = walk->by_name = watched_by_name(inode, walk->below[0]) != NULL;
	return walk->is_found;
}

static __always_inline long walk_climb(struct walk *walk)
{
	struct dentry *dentry = walk->dentry;
	struct dentry_part part = {};

	read_dentry(&part, dentry);
	if (walk_is_at_watched(walk, part.inode))
		return 1;
	if (part.parent == dentry) {
		/* a file that is a root: of nothing */
		walk->is_nameless = walk->depth == 0;
		return walk->is_nameless || !walk_over_mount(walk);
	}
	walk_remember(walk, dentry);
	walk->dentry = part.parent;
	return 0;
}

/* The context of bpf_loop() has to lie on the stack: there is a pointer to the walk. */
static long walk_step(__u32 i, struct walk **walk)
{
	return !*walk || walk_climb(*walk);
}

int walk_from(struct walk *walk, __u64 leaf, __u64 mount)
{
	if (!walk)
		return 0;
	/*
	 * Zeroes, but not to the verifier: before 6.7 it takes what a callback of bpf_loop() leaves
	 * on the stack after one step for the truth (kernel commit ab5cfac139ab, "bpf: verify callbacks
	 * as if they are called unknown number of times"), and removed what reads below[1].
	 */
	bpf_probe_read_kernel(walk->below, sizeof(walk->below), NULL);
	bpf_probe_read_kernel(&walk->is_found, 4 * sizeof(walk->is_found), NULL);
	walk->leaf = (struct dentry *)leaf;
	walk->dentry = (struct dentry *)leaf;
	walk->file_mount = (struct mount *)mount;
	walk->mount = (struct mount *)mount;
	return bpf_loop(WALK_LIMIT, walk_step, &walk, 0) < WALK_LIMIT;
}

/* Before the daemon has heard of it the file's inode is watched, so that what is read counts. */
static __noinline void follow_replaced(struct walk *walk, struct watched *store)
{
	struct dentry *dentry = walk->below[0];
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);
	struct watched_filter *filter = watched_filter_get();
	__u32 bit = watched_filter_bit((__u64)inode), word = bit / 64;
	struct watched fresh = *store;
	__u64 address = (__u64)inode;

	fresh.inode_number = BPF_CORE_READ(inode, i_ino);
	fresh.generation = BPF_CORE_READ(inode, i_generation);
	bpf_map_update_elem(&watched, &address, &fresh, BPF_ANY);
	barrier_step(word);
	if (filter && word < WATCHED_FILTER_BITS / 64)
		__sync_fetch_and_or(&filter->word[word], 1ULL << bit % 64);
	credentials_report_replaced(store);
}

__hidden int walk_to_store(const struct path *path)
{
	struct walk walk = {};
	struct watched *found;

	walk_up(&walk, path);
	found = walk_found(&walk);
	if (!found || found->kind != WATCHED_STORE)
		return 0;
	if (walk.by_name)
		follow_replaced(&walk, found);
	return found->id + 1;
}

/* ---- Other names of the same file ---- */

#define NAMES_LIMIT 8

static __always_inline __u32 alias_offset(void)
{
	if (bpf_core_field_exists(struct dentry___since_7_2, d_alias))
		return bpf_core_field_offset(struct dentry___since_7_2, d_alias);
	return bpf_core_field_offset(struct dentry, d_u.d_alias);
}

static __always_inline void walk_begin_alias(struct walk *walk)
{
	struct hlist_node *alias = walk->alias;

	walk->leaf = (struct dentry *)((char *)alias - alias_offset());
	walk->dentry = walk->leaf;
	walk->mount = walk->file_mount;
	/* zero, but not to the verifier, which would follow each number from there on */
	bpf_probe_read_kernel(&walk->depth, sizeof(walk->depth), NULL);
	walk->alias = BPF_CORE_READ(alias, next);
}

/* A step up, or to the next name. */
static long alias_step(__u32 i, struct walk **at)
{
	struct walk *walk = *at;

	if (!walk)
		return 1;
	if (walk_climb(walk) == 0)
		return 0;
	if (walk->is_found || !walk->alias)
		return 1;
	walk_begin_alias(walk);
	return 0;
}

/* A hard link can lead out of the tree: then the name in the tree says what it is, as long as the
 * kernel has it in memory. A file that was opened by its handle may have no name at all. */
int walk_aliases(struct walk *walk, __u64 file_inode);
int walk_aliases(struct walk *walk, __u64 file_inode)
{
	const struct watched_filter *filter = watched_filter_get();
	struct inode *inode = (struct inode *)file_inode;
	bool is_nameless;
	long steps;

	if (!walk || !filter)
		return 0;
	is_nameless = walk->is_nameless;
	if ((!is_nameless && BPF_CORE_READ(inode, i_nlink) < 2) ||
	    !is_on_watched_device(filter, inode))
		return 0;
	walk->alias = BPF_CORE_READ(inode, i_dentry.first);
	if (!walk->alias)
		return 0;
	walk_begin_alias(walk);
	steps = bpf_loop(NAMES_LIMIT * WALK_LIMIT, alias_step, &walk, 0);
	if (!walk->is_found && (is_nameless || steps == NAMES_LIMIT * WALK_LIMIT))
		count_loss(LOST_NAME_UNKNOWN, 1);
	return 0;
}

/* ---- Overlays ---- */

/* Is it the file that the overlay's inode stands for? Of one that was copied up the lower may be older. */
static __always_inline bool is_below_overlay(struct dentry *dentry, struct inode *inode,
					     bool same_size)
{
	struct inode *real = dentry ? BPF_CORE_READ(dentry, d_inode) : NULL;

	return real && (BPF_CORE_READ(real, i_mode) & S_IFMT) == S_IFREG &&
	       (!same_size || BPF_CORE_READ(real, i_size) == BPF_CORE_READ(inode, i_size)) &&
	       BPF_CORE_READ(real, i_sb) != BPF_CORE_READ(inode, i_sb);
}

/*
 * The files in the layers: fs/overlayfs/ovl_entry.h. Its types are a module's, which takes
 * CAP_SYS_ADMIN to look up, so what stands behind the inode in struct ovl_inode is taken by its place and
 * tried: the upper layer's dentry; then, since 6.5, the address of a struct ovl_entry, which has a number
 * and pairs of layer and dentry; before, one such pair. Returns the inode to go on with, if the layer is an
 * overlay, too.
 */
static __always_inline struct inode *walk_layers(struct walk *walk, struct inode *inode)
{
	struct dentry *upper, *lower = NULL;
	__u64 behind[3] = {};

	bpf_probe_read_kernel(behind, sizeof(behind),
			      (char *)inode + bpf_core_type_size(struct inode));
	upper = (struct dentry *)behind[0];
	if (!is_below_overlay(upper, inode, true))
		upper = NULL;
	bpf_probe_read_kernel(&lower, sizeof(lower), (char *)behind[1] + 2 * sizeof(__u64));
	if (!is_below_overlay(lower, inode, !upper))
		lower = (struct dentry *)behind[2];
	if (!is_below_overlay(lower, inode, !upper))
		lower = NULL;
	if (upper)
		walk_up_from(walk, upper);
	if (lower && !walk->is_found)
		walk_up_from(walk, lower);
	if (walk->is_found)
		return NULL;
	if (!upper && !lower) {
		count_loss(LOST_OVERLAY_UNSEEN, 1);
		return NULL;
	}
	inode = BPF_CORE_READ(lower ? lower : upper, d_inode);
	return is_overlay_of_a_user(BPF_CORE_READ(inode, i_sb)) ? inode : NULL;
}

/* One overlay may lie on another: include/linux/fs.h, FILESYSTEM_MAX_STACK_DEPTH. */
int walk_below_overlay(struct walk *walk, __u64 file_inode);
int walk_below_overlay(struct walk *walk, __u64 file_inode)
{
	struct inode *inode = (struct inode *)file_inode;

	if (!walk || !is_overlay_of_a_user(BPF_CORE_READ(inode, i_sb)))
		return 0;
	inode = walk_layers(walk, inode);
	if (inode)
		(void)walk_layers(walk, inode);
	return 0;
}

__hidden void files_open(struct file *file)
{
	struct walk walk = {};
	struct watched *found;

	if (!walk_up(&walk, &file->f_path))
		count_loss(LOST_PATH_TOO_DEEP, 1);
	if (!walk.is_found)
		walk_aliases(&walk, (__u64)BPF_CORE_READ(file, f_inode));
	if (!walk.is_found)
		walk_below_overlay(&walk, (__u64)BPF_CORE_READ(file, f_inode));
	found = walk_found(&walk);
	if (!found || is_own_task())
		return;
	if (walk.by_name)
		follow_replaced(&walk, found);
	if (found->kind == WATCHED_STORE)
		credentials_open(found);
	else if (found->kind == WATCHED_MAIL_ROOT)
		mailbox_open(&walk, found);
}

/* Open since before the sensors, in the hands of task. */
__hidden void files_adopt(struct file *file, struct task_struct *task)
{
	struct walk walk = {};
	struct watched *found;

	walk_up(&walk, &file->f_path);
	if (!walk.is_found)
		walk_aliases(&walk, (__u64)BPF_CORE_READ(file, f_inode));
	found = walk_found(&walk);
	if (!found)
		return;
	if (found->kind == WATCHED_STORE)
		credentials_adopt(found, task);
	else if (found->kind == WATCHED_MAIL_ROOT)
		mailbox_adopt(&walk, found, task);
}
