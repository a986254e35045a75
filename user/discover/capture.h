/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a program without a shell and keeps what it printed, within a time and a size. */
#ifndef WAX_DISCOVER_CAPTURE_H
#define WAX_DISCOVER_CAPTURE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * argv ends with NULL; argv[0] is a path, which must be root's alone with all folders above (or ours). It
 * has no capability, whoever we are. input, or -1, becomes its standard input. Returns 0 with the owned
 * output, -ETIMEDOUT, -E2BIG, -EIO (did not exit with 0) or another -errno; the program is gone in every
 * case.
 */
int capture_output(const char *const *argv, int input, unsigned int timeout_ms, size_t cap,
		   char **ret_output);

/* Only starts it, with its output to a descriptor that stays the caller's. Returns 0 with the
 * process to wait for, or -errno. */
int capture_spawn(const char *const *argv, int input, int output, pid_t *ret_pid);

#endif
