/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon must be allowed to do before it can start. */
#ifndef WAX_DAEMON_PRIVILEGE_H
#define WAX_DAEMON_PRIVILEGE_H

/* Name of a capability that is required and not held, or NULL. */
const char *privilege_lacking(void);

/* Gives up everything that is only needed to start. Returns 0 or -errno. */
int privilege_drop(void);

/* Gives up reading of other users' processes, as soon as nothing in /proc is looked for any more. Returns 0 or
 * -errno. */
int privilege_drop_tracing(void);

/* First of all: whatever descriptors we were started with, no program that we run gets one. */
void privilege_close_descriptors(void);

#endif
