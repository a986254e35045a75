/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is watched, by the address of its inode, which an open descriptor holds. Part of abi.h. */
#ifndef WAX_WATCHED_H
#define WAX_WATCHED_H

#include "mail_server.h"
#include "types.h"

enum watched_kind {
	WATCHED_MAIL_ROOT = 1,
	WATCHED_STORE = 2,
	WATCHED_STATUS = 3, /* folder in which Cyrus processes say whom they serve */
	WATCHED_AUTH_SOCKET = 4, /* only by its name: a listener that is the mail server's */
	WATCHED_OPEN_AUTH_SOCKET = 5, /* the same where another than root can put a socket */
};

#define NO_COMPONENT 255
#define MBOX_FOLDER_BYTES 32

struct watched {
	__u64 inode_number; /* with the generation a check that the address was not reused */
	__u16 id;	    /* index of the root or store in the configuration */
	__u8 kind;
	__u8 component[2];  /* depth below the root of the names that make the account */
	__u8 layout;	    /* of a root: enum mailbox_layout */
	__u8 reserved[2];
	__u32 generation;
	__u32 reserved2;
	/* Below the account, where the mail lies. MAILBOX_LAYOUT_MBOX: every file there holds mail but for
	 * those of the server's own; empty: anywhere below it */
	char mbox_folder[MBOX_FOLDER_BYTES];
};
static_assert(sizeof(struct watched) == 56, "watched");

/*
 * Where a store lies: whatever is opened by that name in that folder is the store from then on.
 */
struct watched_name {
	__u64 folder;	 /* address of the inode, held by an open descriptor */
	__u64 hash_len;	 /* of the name, as the kernel has them in struct qstr */
};
static_assert(sizeof(struct watched_name) == 16, "watched_name");

/*
 * One bit for each watched inode: most directories are none, and a look at this is cheaper than
 * a look into the table.
 */
#define WATCHED_FILTER_BITS 2048
#define WATCHED_DEVICES 16
#define STATUS_OWNERS 4
struct watched_filter {
	__u64 word[WATCHED_FILTER_BITS / 64];
	__u64 folder_devices; /* one bit each for devices on which a store is a folder */
	__u64 has_sockets;    /* a store is a Unix socket */
	__u32 status_owner[STATUS_OWNERS]; /* users who own status folders of Cyrus; 0: none */
	/* File systems of mail roots: there a file without a name, or with several, is looked into. */
	__u32 device[WATCHED_DEVICES]; /* as in struct file_identity */
};

/* By the lower half of the address. Fibonacci hashing: Knuth, The Art of Computer Programming,
 * volume 3, section 6.4. */
static __always_inline __u32 watched_filter_bit(__u32 inode)
{
	return inode * 0x9e3779b9U >> 21;
}

static __always_inline __u64 watched_device_bit(__u32 device)
{
	return 1ULL << (device * 0x9e3779b97f4a7c15ULL >> 58);
}

#endif
