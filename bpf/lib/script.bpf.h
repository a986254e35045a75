/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which script an interpreter runs; defined in script.bpf.c. */
#ifndef WAX_SCRIPT_BPF_H
#define WAX_SCRIPT_BPF_H

#include "lib/shared.bpf.h"

/* The hash of the script's path; 0 where the current task's program is no interpreter, or runs none
 * that is named by an argument. Its path is kept on first sight. */
__hidden __u64 script_of_current(const struct file_identity *program);

#endif
