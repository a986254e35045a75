/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sessions of all servers share; session.bpf.c unless another file is named. */
#ifndef WAX_BPF_SENSORS_SESSION_BPF_H
#define WAX_BPF_SENSORS_SESSION_BPF_H

#include "lib/send_cursor.bpf.h"

/* A piece of what a process wrote, on its way into the decoder of its session. */
struct session_feed {
	__u8 chunk[CHUNK_BYTES];
	struct session *session;
};

/* session_table.bpf.c: an entry of a process that has said nothing, in the place of any other; NULL when there is no
 * room. */
__hidden struct session *session_new(__u32 tgid);
/* The entry of the current process; made when there is none. NULL when there is no room, or when the
 * process is not the mail server's. */
__hidden struct session *session_of_current(void);
/* The process has said whose it is: its session is bound, with its protocol and properties. */
__hidden void session_begin(struct session *session);

#endif
