/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a file system is mounted, from the text of /proc/self/mountinfo. */
#ifndef WAX_MODEL_MOUNT_TABLE_H
#define WAX_MODEL_MOUNT_TABLE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Writes the path of what lies at path within the file system of a device, by the first mount that
 * shows it. Returns 0, or -ENOENT when none does: it is mounted elsewhere only, or nowhere.
 */
int mount_table_path(const char *table, uint32_t major, uint32_t minor, const char *path,
		     char *ret_path, size_t size);

#endif
