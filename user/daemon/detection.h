/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine with this host's settings and its state file. */
#ifndef WAX_DAEMON_DETECTION_H
#define WAX_DAEMON_DETECTION_H

#include "config/config.h"
#include "detect/engine.h"
#include "model/alert.h"
#include "model/snapshot.h"

struct detection;

struct detection *detection_new(const struct config *config);
void detection_free(struct detection *detection);

/* Takes the state of the last run over. Returns 0, -ENOENT (there is none), or another -errno;
 * -EINVAL: it was of no use and was set aside as FILE.bad. Detection begins anew then. */
int detection_load(struct detection *detection, const char *path);
/* Replaces the file in one step. */
int detection_save(struct detection *detection, const char *path);

/* Appends what the detectors find. */
void detection_observe(struct detection *detection, const struct snapshot *snapshot,
		       struct finding_list *ret);
struct engine *detection_engine(struct detection *detection);

#endif
