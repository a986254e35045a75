/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an opened file up its parent directories to a watched object, as the kernel sees them:
 * relative paths, bind mounts and mount namespaces change nothing.
 */
#ifndef WAX_WALK_BPF_H
#define WAX_WALK_BPF_H

#include "shared.bpf.h"

/* Directories right below the root that are remembered: enough for /%d/%1n/%n and one more. */
#define WALK_WINDOW 4

struct walk {
	struct dentry *dentry; /* where the walk is */
	struct mount *mount;
	struct dentry *leaf;   /* the file itself */
	struct dentry *below[WALK_WINDOW]; /* below[0] lies directly in the watched directory */
	struct watched_filter *filter;
	struct watched *found;
	__u32 depth; /* names between the watched object and the file, the file's included */
};

#endif
