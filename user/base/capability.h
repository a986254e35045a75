/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capabilities of this process, as sets of bits. */
#ifndef WAX_BASE_CAPABILITY_H
#define WAX_BASE_CAPABILITY_H

#include <linux/capability.h>
#include <stdint.h>

/* Since Linux 5.8; the headers of older systems lack the names. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

#define CAPABILITY_BIT(number) (UINT64_C(1) << (number))

/* The effective ones. Returns 0 or -errno. */
int capability_read(uint64_t *ret_held);

/* Gives up all but these, of those that are held; nothing is inherited any more. Returns 0 or -errno. */
int capability_keep(uint64_t kept);

/* For a child that becomes a program of others: none, and none by that program either, set-uid or root's as
 * it may be. Async-signal-safe. Returns 0 or -errno. */
int capability_renounce(void);

#endif
