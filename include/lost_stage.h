/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs lose, by stage: every limit has a counter. user/model/loss_stage.c has a row
 * for each. Part of abi.h. */
#ifndef WAX_LOST_STAGE_H
#define WAX_LOST_STAGE_H

enum lost_stage {
	LOST_ATTEMPTS_FULL = 0, /* outcomes that went to the overflow entry */
	LOST_READS_FULL = 1,
	LOST_STORES_FULL = 2,
	LOST_AUTH_CONNECTIONS_FULL = 3, /* auth connections not followed */
	LOST_REQUESTS_FULL = 4,		/* requests or verdicts that could not wait */
	LOST_SESSIONS_FULL = 5,
	LOST_PROGRAMS_FULL = 6, /* programs whose path is unknown */
	LOST_RECORDS_FULL = 7,	/* ring buffer */
	LOST_LINE_UNDECODABLE = 8,
	LOST_MEMORY_UNREADABLE = 9,  /* sends of which bytes could not be read */
	LOST_SEND_TOO_LONG = 10,     /* bytes of one send past the limit */
	LOST_VERDICT_UNMATCHED = 11, /* verdicts whose request never came */
	LOST_VERDICT_FORWARDED = 12, /* logins another server decided */
	LOST_PATH_TOO_DEEP = 13,     /* opens whose root could not be looked for */
	LOST_NAME_CUT = 14,	     /* account names in paths longer than a component */
	LOST_COMPAT_SEND = 15,	     /* sends of 32-bit programs on auth connections */
	LOST_URING_UNSEEN = 16, /* io_uring instances made while opens are seen by system calls */
	LOST_RUNS_SKIPPED =
		17, /* events for which no replica of a hook ran: counted by the kernel */
	LOST_REPLICAS_FULL = 18, /* runs without replicas, for want of marks for the thread */
	LOST_UNITS_FULL = 19,	 /* services whose name is unknown */
	LOST_MASTERS_FULL = 20,	 /* master logins taken for the user's own, or without a name */
	LOST_NAME_UNKNOWN = 21,	 /* opens by handle of files of which no name was in memory */
	LOST_CLIENT_CONNECTIONS_FULL = 22, /* connections whose address or end is not known */
	LOST_LISTENER_UNSEEN =
		23,		/* fanotify listeners made while opens are seen by system calls */
	LOST_READS_UNSEEN = 24, /* reads and mappings that may be of stores, which nobody counted */
	LOST_MOVED_OUT = 25,	/* folders moved out of a mail root */
	LOST_MASTERS_UNKNOWN = 26, /* masters of mail servers that could not be kept in mind */
	LOST_OVERLAY_UNSEEN = 27, /* opens through an overlay whose layers are not known */
	LOST_LOGINS_FULL = 28,	   /* logins with which no session can be compared */
	LOST_STAGES = 29,
};

#endif
