/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of the programs that were seen reading, as this host has them. */
#ifndef WAX_SENSOR_PROGRAMS_H
#define WAX_SENSOR_PROGRAMS_H

#include "model/snapshot.h"
#include "sensor/kernel.h"

struct programs;

struct programs *programs_new(const struct kernel_maps *maps);
void programs_free(struct programs *programs);

/*
 * The path of a program, in the snapshot's arena: "/usr/bin/tar"; in a container, where its file
 * system is mounted here. "device 0:57:/tar" when it is not, ".../deep/tar" when its first names were cut,
 * "kernel" for a kernel thread, "device 8:1 inode 42" when it was not kept.
 */
const char *programs_path(struct programs *programs, const struct file_identity *program,
			  struct snapshot *snapshot);

/* Of one that the daemon met before the kernel did. */
void programs_add(struct programs *programs, const struct file_identity *program, const char *path);

/* Owner and mode of its file, as the kernel saw them first. -ENOENT: they are not known. */
int programs_owner(struct programs *programs, const struct file_identity *program,
		   uint32_t *ret_owner, uint16_t *ret_mode);

/* Makes room in the kernel's table, where a path stays until it is taken out. */
void programs_make_room(struct programs *programs);

/* Looks again at what is mounted where. */
void programs_refresh(struct programs *programs);

#endif
