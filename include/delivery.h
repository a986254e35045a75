/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Did the message that an IMAP session opened go to its client, or did the server look through it
 * for itself?
 *
 * Dovecot says of a body that the client wants that it will need all of the file
 * (posix_fadvise(WILLNEED)), and of a message that it searches, sizes or takes the header of it
 * does not. That decides, message by message. Of compressed and encrypted mail it never says
 * anything: then what went out is compared with what was opened. Bytes of a body go out while the
 * message is open or soon after, at the latest when some kilobytes wait; the reply to a search is
 * short.
 */
#ifndef WAX_DELIVERY_H
#define WAX_DELIVERY_H

#include "types.h"

struct delivery {
	__u64 inode;  /* of the message opened last; 0: none waits */
	__u64 opened; /* bytes of the messages that wait */
	__u64 last;   /* of these, bytes of the last */
	__u64 sent;   /* to the client since the first of them was opened */
	__u32 waiting;
	__u8 advises; /* its client's wants are said: its bytes need not be asked */
	__u8 has_sent; /* since the last was opened */
	__u8 reserved[2];
};
static_assert(sizeof(struct delivery) == 40, "delivery");

/* What became of messages that waited. */
struct delivered {
	__u32 messages, scanned;
};

/* A server may hold back so much before it sends. */
#define DELIVERY_HELD_BACK 8192
/* A file may be so much longer than what is sent of it: the server's own notes. */
#define DELIVERY_NOTES 128
/* A session that advises sends something else without: its replies are shorter than this. */
#define DELIVERY_TELLING 4096

static __always_inline __u32 delivery_end(struct delivery *d)
{
	__u32 scanned = d->waiting;

	memset(d, 0, offsetof(struct delivery, advises));
	d->has_sent = 0;
	return scanned;
}

/* When the server has sent since the last open, all before the last message went out then. */
static __always_inline bool delivery_is_refuted(const struct delivery *d)
{
	__u64 held_back = d->has_sent && d->last < DELIVERY_HELD_BACK ? d->last
								       : DELIVERY_HELD_BACK;

	return d->advises || d->opened > d->sent + d->waiting * DELIVERY_NOTES + held_back;
}

/* Returns how many messages were not delivered. */
static __always_inline __u32 delivery_open(struct delivery *d, __u64 inode, __u64 bytes)
{
	__u32 scanned = d->waiting && delivery_is_refuted(d) ? delivery_end(d) : 0;

	d->inode = inode;
	d->opened += bytes;
	d->last = bytes;
	d->waiting++;
	d->has_sent = 0;
	return scanned;
}

/* The session says that it will need all of a file. */
static __always_inline struct delivered delivery_advise(struct delivery *d, __u64 inode)
{
	struct delivered result = {};

	if (!d->waiting || d->inode != inode)
		return result;
	d->advises = 1;
	result.messages = 1;
	result.scanned = delivery_end(d) - 1;
	return result;
}

/* Returns how many messages were delivered. */
static __always_inline __u32 delivery_send(struct delivery *d, __u64 bytes)
{
	__u32 delivered = d->waiting;

	if (!delivered)
		return 0;
	d->sent += bytes;
	d->has_sent = 1;
	if (d->advises ? d->opened < DELIVERY_TELLING || d->sent < d->opened
		       : d->sent + d->waiting * DELIVERY_NOTES < d->opened)
		return 0;
	(void)delivery_end(d);
	return delivered;
}

#endif
