/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file below a mail root holds, and whose it is, by its name and place. */
#ifndef WAX_BPF_SENSORS_MAIL_FILE_BPF_H
#define WAX_BPF_SENSORS_MAIL_FILE_BPF_H

#include "lib/walk.bpf.h"

/* What the name and place of a file say that it holds. Index and control files hold nothing. */
enum holding { HOLDS_NOTHING, HOLDS_MESSAGE, HOLDS_MANY };

static __always_inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* dbox-Mails/u.17 is one message, storage/m.3 many. */
static __always_inline enum holding holding_of_dbox(const char folder[12], __u32 bytes,
						    const char leaf[3])
{
	if (leaf[1] != '.' || !is_digit(leaf[2]))
		return HOLDS_NOTHING;
	if (leaf[0] == 'u' && bytes == 10 && folder[0] == 'd' && folder[4] == '-' && folder[5] == 'M')
		return HOLDS_MESSAGE;
	if (leaf[0] == 'm' && bytes == 7 && folder[0] == 's' && folder[1] == 't' && folder[6] == 'e')
		return HOLDS_MANY;
	return HOLDS_NOTHING;
}

static __always_inline bool is_maildir_folder(const char folder[12], __u32 bytes)
{
	return bytes == 3 && ((folder[0] == 'c' && folder[1] == 'u' && folder[2] == 'r') ||
			      (folder[0] == 'n' && folder[1] == 'e' && folder[2] == 'w'));
}

/* Beside mboxes lie the server's locks (INBOX.lock), indexes (.imap/, dovecot.index) and lists
 * (.subscriptions). */
static __always_inline enum holding holding_of_mbox(struct dentry *file, struct dentry *parent)
{
	__u32 bytes = BPF_CORE_READ(file, d_name.len);
	const unsigned char *name = BPF_CORE_READ(file, d_name.name);
	char first[8] = {}, folder = 0, last[5] = {};

	bpf_probe_read_kernel(&folder, 1, BPF_CORE_READ(parent, d_name.name));
	bpf_probe_read_kernel(first, sizeof(first), name);
	if (bytes > sizeof(last))
		bpf_probe_read_kernel(last, sizeof(last), name + bytes - sizeof(last));
	if (folder == '.' || first[0] == '.')
		return HOLDS_NOTHING;
	if (first[0] == 'd' && first[1] == 'o' && first[2] == 'v' && first[6] == 't' &&
	    first[7] == '.')
		return HOLDS_NOTHING;
	if (last[0] == '.' && last[1] == 'l' && last[2] == 'o' && last[3] == 'c' && last[4] == 'k')
		return HOLDS_NOTHING;
	return HOLDS_MANY;
}

/* Not below[depth]: what is read at an offset that the verifier does not know is a read of the whole
 * stack to it, and each step of the walk a new state (7.2: 885,378 instructions instead of 30,254). */
static __always_inline struct dentry *component_dentry(const struct walk *walk, __u8 depth)
{
	switch (depth) {
	case 0:
		return walk->below[0];
	case 1:
		return walk->below[1];
	case 2:
		return walk->below[2];
	case 3:
		return walk->below[3];
	default:
		return NULL;
	}
}

/* Is the file in the folder of the account that holds mboxes? */
static __always_inline bool is_in_mbox_folder(const struct walk *walk, const struct watched *root)
{
	const __u64 *wanted = (const __u64 *)root->mbox_folder;
	__u64 name[MBOX_FOLDER_BYTES / 8] = {};
	struct dentry *folder;
	__u32 bytes;

	if (!root->is_mbox || walk->depth <= root->component[1])
		return false;
	if (!wanted[0])
		return true;
	folder = component_dentry(walk, root->component[1] + 1);
	bytes = folder ? BPF_CORE_READ(folder, d_name.len) : 0;
	if (bytes == 0 || bytes >= sizeof(name))
		return false;
	/* the mask changes nothing but tells the verifier, which before 6.11 does not see that the
	 * compiler compared another register */
	barrier_step(bytes);
	bpf_probe_read_kernel(name, bytes & (sizeof(name) - 1),
			      BPF_CORE_READ(folder, d_name.name));
	return name[0] == wanted[0] && name[1] == wanted[1] && name[2] == wanted[2] &&
	       name[3] == wanted[3];
}

/* ---- Cyrus ---- */

/* 17. is a message. */
static __always_inline enum holding holding_of_cyrus(struct dentry *file)
{
	__u32 bytes = BPF_CORE_READ(file, d_name.len);
	const unsigned char *name = BPF_CORE_READ(file, d_name.name);
	char first = 0, last = 0;

	if (bytes < 2)
		return HOLDS_NOTHING;
	bpf_probe_read_kernel(&first, 1, name);
	bpf_probe_read_kernel(&last, 1, name + bytes - 1);
	return is_digit(first) && last == '.' ? HOLDS_MESSAGE : HOLDS_NOTHING;
}

static const char user_folder[8] = "user";
static const char domain_folder[8] = "domain";

static __always_inline bool is_named(struct dentry *dentry, const char wanted[8], __u32 length)
{
	char name[8] = {};

	if (BPF_CORE_READ(dentry, d_name.len) != length)
		return false;
	bpf_probe_read_kernel(name, length, BPF_CORE_READ(dentry, d_name.name));
	return *(__u64 *)name == *(const __u64 *)wanted;
}

/*
 * Puts domain and account where the root says that they are. The account is the name below "user",
 * in folders that are named by mailbox: user/alice, a/user/alice, domain/isp1.example/user/alice,
 * domain/i/isp1.example/a/user/alice. In those named by a number, and in those that users share,
 * there is none.
 */
static __noinline void cyrus_arrange(struct walk *walk)
{
	struct dentry *top = walk->below[0], *domain = NULL, *account = NULL;

	if (walk->depth > 3 && is_named(top, domain_folder, 6)) {
		domain = walk->below[1];
		if (BPF_CORE_READ(domain, d_name.len) == 1)
			domain = walk->below[2];
	}
#pragma unroll
	for (__u32 i = 0; i + 1 < WALK_WINDOW; i++) {
		if (i + 2 >= walk->depth || account)
			continue;
		top = walk->below[i];
		if (is_named(top, user_folder, 4))
			account = walk->below[i + 1];
	}
	walk->below[0] = domain;
	walk->below[1] = account;
}

/* A frame of its own: what it reads of names is off the stack before anything is counted. */
static __noinline enum holding holding_of(struct walk *walk, struct watched *root)
{
	struct dentry *file = walk->leaf;
	struct dentry *parent = BPF_CORE_READ(file, d_parent);
	__u32 bytes = BPF_CORE_READ(parent, d_name.len);
	char folder[12] = {};
	char leaf[3] = {};

	if (root->is_cyrus)
		return holding_of_cyrus(file);
	/* a file in the account's own place is an mbox: /var/mail/%u */
	if (walk->depth == root->component[1] + 1 || is_in_mbox_folder(walk, root))
		return holding_of_mbox(file, parent);
	if (walk->depth <= root->component[1] || bytes >= sizeof(folder))
		return HOLDS_NOTHING;
	bpf_probe_read_kernel(folder, sizeof(folder), BPF_CORE_READ(parent, d_name.name));
	if (is_maildir_folder(folder, bytes))
		return HOLDS_MESSAGE;
	bpf_probe_read_kernel(leaf, sizeof(leaf), BPF_CORE_READ(file, d_name.name));
	return holding_of_dbox(folder, bytes, leaf);
}

#endif
