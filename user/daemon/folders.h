/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's own folders: made when missing, and held by one daemon at a time. */
#ifndef WAX_DAEMON_FOLDERS_H
#define WAX_DAEMON_FOLDERS_H

#include <stddef.h>
#include <sys/types.h>

/* Makes the folder (and those above it) when missing and sees that files can be made in it.
 * Returns 0 or -errno. */
int folder_prepare(const char *path, mode_t mode);

/* Returns a descriptor that holds the folder until it is closed, -EBUSY when another process
 * holds it, -EPERM when others than its owner may write there, or another -errno. */
int folder_hold(const char *path);

#endif
