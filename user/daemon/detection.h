/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The detectors that are switched on, with their states. */
#ifndef WAX_DAEMON_DETECTION_H
#define WAX_DAEMON_DETECTION_H

#include "daemon/config.h"
#include "model/alert.h"
#include "model/snapshot.h"

struct detection;

struct detection *detection_new(const struct config *config);
void detection_free(struct detection *detection);

/* Appends what the detectors find. */
void detection_observe(struct detection *detection, const struct snapshot *snapshot,
		       struct finding_list *ret);

#endif
