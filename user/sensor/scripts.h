/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of the scripts that root's interpreters were seen running. */
#ifndef WAX_SENSOR_SCRIPTS_H
#define WAX_SENSOR_SCRIPTS_H

#include "model/snapshot.h"
#include "sensor/kernel.h"

struct scripts;

struct scripts *scripts_new(const struct kernel_maps *maps);
void scripts_free(struct scripts *scripts);

/* The path with this hash, in the snapshot's arena; "" for 0 and when it is not known. */
const char *scripts_path(struct scripts *scripts, uint64_t hash, struct snapshot *snapshot);

/* Makes room in the kernel's table, where a path stays until it is taken out. */
void scripts_make_room(struct scripts *scripts);

#endif
