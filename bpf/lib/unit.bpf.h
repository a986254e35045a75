/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which service a task belongs to; defined in unit.bpf.c. */
#ifndef WAX_UNIT_BPF_H
#define WAX_UNIT_BPF_H

#include "lib/shared.bpf.h"

/* The number of the task's control group; its names are kept on first sight. */
__hidden __u64 unit_of(struct task_struct *task);

#endif
