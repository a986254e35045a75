/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attempts that no send will finish: requests whose connection is gone or whose time is over are
 * unanswered; verdicts whose request never came are counted as such.
 */
#ifndef WAX_SENSOR_EXPIRE_H
#define WAX_SENSOR_EXPIRE_H

#include "sensor/collect.h"

/* Counts them in the kernel, so that the next drain brings them. Returns 0 or -errno. */
int expire_attempts(struct collector *collector);
/* Forgets logins that no mail process claims. */
void expire_logins(const struct collector *collector);

#endif
