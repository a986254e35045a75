/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a program without a shell and keeps what it printed, within a time and a size. */
#ifndef WAX_DAEMON_CAPTURE_H
#define WAX_DAEMON_CAPTURE_H

#include <stddef.h>

/*
 * argv ends with NULL; argv[0] is a path. Returns 0 with the owned output, -ETIMEDOUT, -E2BIG,
 * -EIO (did not exit with 0) or another -errno; the program is gone in every case.
 */
int capture_output(const char *const *argv, unsigned int timeout_ms, size_t cap, char **ret_output);

#endif
