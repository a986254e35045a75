/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file below a mail root holds, and whose it is, by its name and place: one function for
 * each layout, and mail_file_look() to choose.
 */
#ifndef WAX_BPF_SENSORS_MAIL_FILE_BPF_H
#define WAX_BPF_SENSORS_MAIL_FILE_BPF_H

#include "lib/walk.bpf.h"

/* In walk->below, once mail_file_find_owner() has found whose mail it is. */
#define BELOW_DOMAIN 0
#define BELOW_ACCOUNT 1

/* Index and control files hold no mail. */
enum mail_file_type { MAIL_FILE_NONE, MAIL_FILE_MESSAGE, MAIL_FILE_MAILBOX, MAIL_FILE_UNSURE };

static __always_inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* dbox-Mails/u.17 is one message, storage/m.3 a mailbox. */
static __always_inline enum mail_file_type mail_file_of_dbox(const char folder[12], __u32 bytes,
							     const char leaf[3])
{
	if (leaf[1] != '.' || !is_digit(leaf[2]))
		return MAIL_FILE_NONE;
	if (leaf[0] == 'u' && bytes == 10 && folder[0] == 'd' && folder[4] == '-' &&
	    folder[5] == 'M')
		return MAIL_FILE_MESSAGE;
	if (leaf[0] == 'm' && bytes == 7 && folder[0] == 's' && folder[1] == 't' &&
	    folder[6] == 'e')
		return MAIL_FILE_MAILBOX;
	return MAIL_FILE_NONE;
}

static __always_inline bool is_maildir_folder(const char folder[12], __u32 bytes)
{
	return bytes == 3 && ((folder[0] == 'c' && folder[1] == 'u' && folder[2] == 'r') ||
			      (folder[0] == 'n' && folder[1] == 'e' && folder[2] == 'w'));
}

/* Beside mboxes lie the server's locks (INBOX.lock), indexes (.imap/, dovecot.index) and lists
 * (.subscriptions). */
static __always_inline enum mail_file_type mail_file_of_mbox(struct dentry *file,
							     struct dentry *parent)
{
	__u32 bytes = BPF_CORE_READ(file, d_name.len);
	const unsigned char *name = BPF_CORE_READ(file, d_name.name);
	char first[8] = {}, folder = 0, last[5] = {};

	bpf_probe_read_kernel(&folder, 1, BPF_CORE_READ(parent, d_name.name));
	bpf_probe_read_kernel(first, sizeof(first), name);
	if (bytes > sizeof(last))
		bpf_probe_read_kernel(last, sizeof(last), name + bytes - sizeof(last));
	if (folder == '.' || first[0] == '.')
		return MAIL_FILE_NONE;
	if (first[0] == 'd' && first[1] == 'o' && first[2] == 'v' && first[6] == 't' &&
	    first[7] == '.')
		return MAIL_FILE_NONE;
	if (last[0] == '.' && last[1] == 'l' && last[2] == 'o' && last[3] == 'c' && last[4] == 'k')
		return MAIL_FILE_NONE;
	return MAIL_FILE_MAILBOX;
}

/* Not below[depth]: what is read at an offset that the verifier does not know is a read of the
 * whole stack to it, and each step of the walk a new state (7.2: 885,378 instructions instead of
 * 30,254). */
static __always_inline struct dentry *mail_file_component(const struct walk *walk, __u8 depth)
{
	switch (depth) {
	case 0: return walk->below[0];
	case 1: return walk->below[1];
	case 2: return walk->below[2];
	case 3: return walk->below[3];
	default: return NULL;
	}
}

/* Is the file in the folder of the account that holds mboxes? */
static __always_inline bool is_in_mbox_folder(const struct walk *walk, const struct watched *root)
{
	const __u64 *wanted = (const __u64 *)root->mbox_folder;
	__u64 name[MBOX_FOLDER_BYTES / 8] = {};
	struct dentry *folder;
	__u32 bytes;

	if (walk->depth <= root->component[1])
		return false;
	if (!wanted[0])
		return true;
	folder = mail_file_component(walk, root->component[1] + 1);
	bytes = folder ? BPF_CORE_READ(folder, d_name.len) : 0;
	if (bytes == 0 || bytes >= sizeof(name))
		return false;
	/* the mask changes nothing but tells the verifier, which before 6.11 does not see that the
	 * compiler compared another register */
	barrier_step(bytes);
	bpf_probe_read_kernel(name, bytes & (sizeof(name) - 1), BPF_CORE_READ(folder, d_name.name));
	return name[0] == wanted[0] && name[1] == wanted[1] && name[2] == wanted[2] &&
	       name[3] == wanted[3];
}

/* ---- Cyrus ---- */

/* 17. is a message. */
static __always_inline enum mail_file_type mail_file_of_cyrus(struct dentry *file)
{
	__u32 bytes = BPF_CORE_READ(file, d_name.len);
	const unsigned char *name = BPF_CORE_READ(file, d_name.name);
	char first = 0, last = 0;

	if (bytes < 2)
		return MAIL_FILE_NONE;
	bpf_probe_read_kernel(&first, 1, name);
	bpf_probe_read_kernel(&last, 1, name + bytes - 1);
	return is_digit(first) && last == '.' ? MAIL_FILE_MESSAGE : MAIL_FILE_NONE;
}

static const char user_folder[8] = "user";
static const char domain_folder[8] = "domain";

static __always_inline bool cyrus_is_folder(struct dentry *dentry, const char wanted[8],
					    __u32 length)
{
	char name[8] = {};

	if (BPF_CORE_READ(dentry, d_name.len) != length)
		return false;
	bpf_probe_read_kernel(name, length, BPF_CORE_READ(dentry, d_name.name));
	return *(__u64 *)name == *(const __u64 *)wanted;
}

/*
 * Whose mail it is. The account is the name below "user",
 * in folders that are named by mailbox: user/alice, a/user/alice, domain/isp1.example/user/alice,
 * domain/i/isp1.example/a/user/alice. In those named by a number, and in those that users share,
 * there is none.
 */
static __noinline void cyrus_find_account(struct walk *walk)
{
	struct dentry *top = walk->below[0], *domain = NULL, *account = NULL;

	if (walk->depth > 3 && cyrus_is_folder(top, domain_folder, 6)) {
		domain = walk->below[1];
		if (BPF_CORE_READ(domain, d_name.len) == 1)
			domain = walk->below[2];
	}
#pragma unroll
	for (__u32 i = 0; i + 1 < WALK_WINDOW; i++) {
		if (i + 2 >= walk->depth || account)
			continue;
		top = walk->below[i];
		if (cyrus_is_folder(top, user_folder, 4))
			account = walk->below[i + 1];
	}
	walk->below[BELOW_DOMAIN] = domain;
	walk->below[BELOW_ACCOUNT] = account;
}

/* Cyrus writes ^ for a dot in an account's name, since dots divide its folders. */
static __always_inline void cyrus_unescape(char name[COMPONENT_BYTES])
{
	const __u64 low = 0x7f7f7f7f7f7f7f7fULL, escape = 0x5e5e5e5e5e5e5e5eULL;
	__u64 *words = (__u64 *)name;

#pragma unroll
	for (__u32 i = 0; i < COMPONENT_BYTES / sizeof(*words); i++) {
		__u64 other = words[i] ^ escape;
		/* the top bit of each byte that was one */
		__u64 found = ~(((other & low) + low) | other | low);

		words[i] ^= (found >> 7) * ('^' ^ '.');
	}
}

/* ---- Any layout ---- */

/* Maildir, sdbox and mdbox; a file in the account's own place is an mbox: /var/mail/%u */
static __always_inline enum mail_file_type mail_file_of_dovecot(const struct walk *walk,
								const struct watched *root)
{
	struct dentry *file = walk->leaf;
	struct dentry *parent = BPF_CORE_READ(file, d_parent);
	__u32 bytes = BPF_CORE_READ(parent, d_name.len);
	char folder[12] = {};
	char leaf[3] = {};
	bool is_tree = root->layout == MAILBOX_LAYOUT_TREE;

	if (walk->depth == root->component[1] + 1 ||
	    (root->layout == MAILBOX_LAYOUT_MBOX && is_in_mbox_folder(walk, root)))
		return mail_file_of_mbox(file, parent);
	if ((!is_tree && walk->depth <= root->component[1]) || bytes >= sizeof(folder))
		return MAIL_FILE_NONE;
	bpf_probe_read_kernel(folder, sizeof(folder), BPF_CORE_READ(parent, d_name.name));
	if (is_maildir_folder(folder, bytes))
		return MAIL_FILE_MESSAGE;
	bpf_probe_read_kernel(leaf, sizeof(leaf), BPF_CORE_READ(file, d_name.name));
	return mail_file_of_dbox(folder, bytes, leaf);
}

/* Frames of their own: what is read of names is off the stack before anything is counted. */
static __noinline enum mail_file_type mail_file_look(const struct walk *walk,
						     const struct watched *root)
{
	return root->layout == MAILBOX_LAYOUT_CYRUS ? mail_file_of_cyrus(walk->leaf)
						    : mail_file_of_dovecot(walk, root);
}

/*
 * What a file holds whose name says nothing, or is not to be believed. Called like an index it may be one:
 * Dovecot's and Cyrus's hold parts of many messages.
 */
static __noinline enum mail_file_type mail_file_guess(const struct walk *walk)
{
	struct dentry *file = walk->leaf;
	char first[8] = {};

	bpf_probe_read_kernel(first, 7, BPF_CORE_READ(file, d_name.name));
	if ((first[0] == 'd' && first[1] == 'o' && first[2] == 'v' && first[3] == 'e' &&
	     first[4] == 'c' && first[5] == 'o' && first[6] == 't') ||
	    (first[0] == 'c' && first[1] == 'y' && first[2] == 'r' && first[3] == 'u' &&
	     first[4] == 's' && first[5] == '.'))
		return MAIL_FILE_MAILBOX;
	return MAIL_FILE_MESSAGE;
}

/*
 * In the home of a user of the system only the folder of the mail holds mail: /home/alice/Maildir. Such a home is
 * another user's than the folder that it lies in; where one user has all mail, he may have moved it.
 */
static __noinline bool mail_file_is_beside_mail(const struct walk *walk, const struct watched *root)
{
	struct dentry *home;

	if (root->layout == MAILBOX_LAYOUT_CYRUS || !root->mbox_folder[0])
		return false;
	home = mail_file_component(walk, root->component[1]);
	return home &&
	       BPF_CORE_READ(home, d_inode, i_uid.val) !=
		       BPF_CORE_READ(home, d_parent, d_inode, i_uid.val) &&
	       !is_in_mbox_folder(walk, root);
}

/* Puts what names the owner into walk->below, NULL where the path names nobody. */
static __noinline void mail_file_find_owner(struct walk *walk, const struct watched *root)
{
	struct dentry *domain, *account;

	if (root->layout == MAILBOX_LAYOUT_CYRUS) {
		cyrus_find_account(walk);
		return;
	}
	domain = mail_file_component(walk, root->component[0]);
	account = mail_file_component(walk, root->component[1]);
	walk->below[BELOW_DOMAIN] = domain;
	walk->below[BELOW_ACCOUNT] = account;
}

/* The name of an account as its owner writes it. A frame of its own, off the stack as well. */
static __noinline void mail_file_unescape(const struct watched *root, char name[COMPONENT_BYTES])
{
	if (root->layout == MAILBOX_LAYOUT_CYRUS)
		cyrus_unescape(name);
}

#endif
