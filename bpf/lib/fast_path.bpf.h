/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A first look at a file, for the many that have nothing to do with mail.
 *
 * What looks closely copies what it reads, since it starts from addresses. Typed pointers may be
 * followed instead, at an instruction or two a step. A program at a kernel function is given some;
 * since 6.2 the kernel makes one of any address.
 */
#ifndef WAX_BPF_LIB_FAST_PATH_BPF_H
#define WAX_BPF_LIB_FAST_PATH_BPF_H

#include "lib/walk.bpf.h"

#define FAST_PATH_LIMIT 16

/* Set before load: the kernel has bpf_rdonly_cast(). It is no call, the verifier takes it out. libbpf
 * 1.1 cannot link calls of kernel functions, so an instruction stands in its place until the loader
 * puts it there, which it can do in programs and not in functions that they call. */
extern const volatile bool can_cast;

static __always_inline void *typed_pointer(__u64 address, __u64 type)
{
	void *typed;

	asm volatile("r1 = %1\n\tr2 = %2\n\tr0 = %3\n\t%0 = r0"
		     : "=r"(typed)
		     : "r"(address), "r"(type), "i"(PLACEHOLDER_CAST)
		     : "r0", "r1", "r2", "r3", "r4", "r5");
	return typed;
}

#define TYPED(address, type)                                                                       \
	((type *)typed_pointer((__u64)(address), bpf_core_type_id_kernel(type)))

/* The verifier refuses to calculate with a typed pointer, but its lower half is a number. */
static __always_inline __u32 fast_path_low_half(const void *pointer)
{
	__u64 whole = (__u64)pointer;
	__u32 low;

	asm volatile("" : "+r"(whole)); /* it must not be loaded by half */
	asm volatile("%0 = %1" : "=w"(low) : "w"((__u32)whole));
	return low;
}

/* So is the distance of two; of the task the address is known as a number, too. */
static __always_inline __u64 fast_path_address(const void *pointer, const struct task_struct *task)
{
	__u64 number = (__u64)pointer;

	asm volatile("%0 -= %1" : "+r"(number) : "r"(task));
	return number + bpf_get_current_task();
}

/* The open file behind a descriptor of the current task; NULL says nothing, see file_of_fd(). */
static __always_inline struct file *fast_path_file(const struct task_struct *task, __u32 fd)
{
	const struct fdtable *fdt = task->files->fdt;

	if (!can_cast || fd >= fdt->max_fds)
		return NULL;
	/* what a table consists of has no type that can be named, but stands in this one, too */
	return TYPED((__u64)(fdt->fd + fd) - bpf_core_field_offset(struct kiocb, ki_filp),
		     struct kiocb)->ki_filp;
}

static __always_inline __u64 fast_path_mount(struct vfsmount *mnt)
{
	return (__u64)mnt - bpf_core_field_offset(struct mount, mnt);
}

/* The topmost mount is its own parent; the root is often mounted over that of the initial RAM disk. */
static __always_inline bool fast_path_is_top(const struct watched_filter *filter,
					     struct vfsmount *mnt)
{
	struct mount *mount = (struct mount *)fast_path_mount(mnt);
	struct mount *above = BPF_CORE_READ(mount, mnt_parent);
	struct dentry *place;

	if (above == mount)
		return true;
	place = BPF_CORE_READ(mount, mnt_mountpoint);
	return BPF_CORE_READ(place, d_parent) == place &&
	       BPF_CORE_READ(above, mnt_parent) == above &&
	       !may_be_watched(filter, (__u64)BPF_CORE_READ(place, d_inode));
}

/* Where a file system is mounted; NULL at the top. */
static __always_inline struct dentry *fast_path_over_mount(struct mount **mount)
{
	struct dentry *place = (*mount)->mnt_mountpoint;
	struct mount *above = (*mount)->mnt_parent;

	if (above == *mount)
		return NULL;
	*mount = above;
	return place;
}

static __always_inline bool fast_path_may_lie_below(const struct watched_filter *filter,
						    struct file *file)
{
	struct dentry *dentry = file->f_path.dentry;
	struct mount *mount = NULL;

	for (int i = 0; i < FAST_PATH_LIMIT; i++) {
		struct dentry *parent = dentry->d_parent;

		if (may_be_watched(filter, fast_path_low_half(dentry->d_inode)))
			return true;
		if (parent == dentry && i == 0)
			return true; /* without a name: opened by its handle */
		if (parent == dentry && !can_cast)
			return !fast_path_is_top(filter, BPF_CORE_READ(file, f_path.mnt));
		if (parent == dentry) {
			if (!mount)
				mount = TYPED(fast_path_mount(file->f_path.mnt), struct mount);
			parent = fast_path_over_mount(&mount);
			if (!parent)
				return false;
		}
		dentry = parent;
	}
	return true;
}

static __always_inline bool fast_path_may_have_name(const struct watched_filter *filter,
						    struct inode *inode)
{
	__u32 device;

	if (inode->i_nlink < 2)
		return false;
	device = inode->i_sb->s_dev;
	for (int i = 0; i < WATCHED_DEVICES && filter->device[i]; i++)
		if (filter->device[i] == device)
			return true;
	return false;
}

/* False when neither an opened file nor a folder above it is watched; true also when that is not
 * known. */
static __always_inline bool fast_path_concerns_open(struct file *file)
{
	const struct watched_filter *filter = watched_filter_get();

	return !filter || file->f_inode->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC ||
	       fast_path_may_lie_below(filter, file) ||
	       fast_path_may_have_name(filter, file->f_inode);
}

static __always_inline bool fast_path_concerns_sockets(const struct watched_filter *filter)
{
	return !filter || filter->has_sockets || store_ports[0].port;
}

/* False when bytes that came out of a file or socket are of no store; true also when that is not
 * known. reads.bpf.c looks closely. */
static __always_inline bool fast_path_concerns_read(struct inode *inode)
{
	const struct watched_filter *filter = watched_filter_get();
	__u16 type = inode->i_mode & S_IFMT;

	if (!filter || may_be_watched(filter, fast_path_low_half(inode)))
		return true;
	if (type == S_IFSOCK)
		return fast_path_concerns_sockets(filter);
	return type == S_IFREG && filter->folder_devices &&
	       filter->folder_devices & watched_device_bit(inode->i_sb->s_dev);
}

#endif
