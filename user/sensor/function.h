/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel functions can be hooked here, found out by hooking them. */
#ifndef WAX_SENSOR_FUNCTION_H
#define WAX_SENSOR_FUNCTION_H

#include <stdbool.h>

#include <linux/bpf.h>

/* The id of a kernel function, raw tracepoint or iterator, or -errno. The kernel's types stay in memory
 * until they are forgotten. */
int function_find_type(const char *target, enum bpf_attach_type type);
void function_forget_types(void);

/* Loads an empty program for a kernel function or tracepoint and attaches it for a moment: arm64
 * kernels before 6.4 load such programs and refuse to attach them. */
bool function_can_attach(const char *target, enum bpf_attach_type type);
/* A function or a raw tracepoint of this name. */
bool function_exists(const char *target);

bool function_can_watch_auth(void);
/* with_status: what is written to files, too. */
bool function_can_watch_session(bool with_status);
bool function_can_watch_files(void);

/* Advice on a file is given by this system call; what carries it out may be inlined into it. */
#ifdef __aarch64__
#define FUNCTION_ADVISE "__arm64_sys_fadvise64_64"
#define FUNCTION_REMAP "__arm64_sys_mremap"
#else
#define FUNCTION_ADVISE "__x64_sys_fadvise64"
#define FUNCTION_REMAP "__x64_sys_mremap"
#endif

/* What writes to a pipe is called here; NULL when nothing known does. */
const char *function_pipe_write(void);

#endif
