/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A first look from an opened file upwards, for the many that have nothing to do with mail.
 *
 * The walk copies what it reads, since it starts from addresses; a program at a kernel function is
 * given typed pointers and may follow them, which costs a few instructions for each folder.
 */
#ifndef WAX_GLANCE_BPF_H
#define WAX_GLANCE_BPF_H

#include "walk.bpf.h"

#define GLANCE_LIMIT 16

/* The verifier refuses to calculate with a typed pointer, but the distance of two is a number. */
static __always_inline __u64 address_of(const void *pointer, const void *base, __u64 base_address)
{
	__u64 number = (__u64)pointer;

	asm volatile("%0 -= %1" : "+r"(number) : "r"(base));
	return number + base_address;
}

/* The topmost mount is its own parent; the root is often mounted over that of the initial RAM disk. */
static __always_inline bool is_nothing_above(const struct watched_filter *filter,
					     struct vfsmount *mnt)
{
	struct mount *mount = (void *)((char *)mnt - bpf_core_field_offset(struct mount, mnt));
	struct mount *above = BPF_CORE_READ(mount, mnt_parent);
	struct dentry *place;

	if (above == mount)
		return true;
	place = BPF_CORE_READ(mount, mnt_mountpoint);
	return BPF_CORE_READ(place, d_parent) == place &&
	       BPF_CORE_READ(above, mnt_parent) == above &&
	       !may_be_watched(filter, (__u64)BPF_CORE_READ(place, d_inode));
}

/* False when neither the file nor a folder above it is watched; true also when that is not known.
 * own_address: that of file, as a number. */
static __always_inline bool may_lie_below_watched(struct file *file, __u64 own_address)
{
	struct dentry *dentry = file->f_path.dentry;
	struct watched_filter *filter;
	__u32 zero = 0;

	filter = bpf_map_lookup_elem(&watched_filter, &zero);
	if (!filter)
		return true;
	for (int i = 0; i < GLANCE_LIMIT; i++) {
		struct dentry *parent = dentry->d_parent;

		if (may_be_watched(filter, address_of(dentry->d_inode, file, own_address)))
			return true;
		if (parent == dentry && i == 0)
			return true; /* without a name: opened by its handle */
		if (parent == dentry)
			return !is_nothing_above(filter, BPF_CORE_READ(file, f_path.mnt));
		dentry = parent;
	}
	return true;
}

#endif
