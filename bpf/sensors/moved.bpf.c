/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mail that is moved out of its mail root, under `function`. What becomes of it there is not seen, so
 * it counts when it leaves, as opened by whoever moves it.
 */
#include "lib/walk.bpf.h"

/* From the top of a file system nobody goes on here: a rename does not say by which mount. */
static __always_inline void on_rename(struct dentry *from, struct dentry *to)
{
	struct inode *inode = BPF_CORE_READ(from, d_inode);
	struct watched_filter *filter = watched_filter_get();
	struct walk walk = {};
	struct watched *found;

	if (!filter || !is_on_watched_device(filter, inode))
		return;
	if (!walk_up_from(&walk, to))
		return;
	found = walk_found(&walk);
	if (found && found->kind == WATCHED_MAIL_ROOT)
		return;
	walk_up_from(&walk, from);
	found = walk_found(&walk);
	/* the root itself stays watched where it goes */
	if (!found || found->kind != WATCHED_MAIL_ROOT || !walk.depth || is_own_task())
		return;
	if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFDIR)
		count_loss(LOST_MOVED_OUT, 1);
	else
		mailbox_open(&walk, found);
}

SEC("?fentry/vfs_rename")
int BPF_WORKER(wax_rename_w, struct renamedata *rename)
{
	/* read as numbers, which is what walk_from() takes; a typed pointer is none to the verifier */
	on_rename(BPF_CORE_READ(rename, old_dentry), BPF_CORE_READ(rename, new_dentry));
	return PROGRAM_OK;
}
