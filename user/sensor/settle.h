/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attempts that no program can finish: requests whose connection is gone or whose time is over
 * are unanswered; verdicts whose request never came are counted as such.
 */
#ifndef WAX_SENSOR_SETTLE_H
#define WAX_SENSOR_SETTLE_H

#include "sensor/collect.h"

int settle_waiting(struct collector *collector, struct snapshot *snapshot, int64_t offset_us);

/* The words of a key, in the snapshot's arena. */
void attempt_row_fill(struct attempt_row *row, const struct attempt_key *key,
		      struct snapshot *snapshot);

#endif
