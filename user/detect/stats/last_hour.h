/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of the last hour, in slots of ten minutes: whether an attack still goes on. */
#ifndef WAX_DETECT_STATS_LAST_HOUR_H
#define WAX_DETECT_STATS_LAST_HOUR_H

#include <stdbool.h>
#include <stdint.h>

#define LAST_HOUR_SLOTS 7 /* the running one and six whole ones */

/* Zero-initialised it is empty. */
struct last_hour {
	uint32_t counts[LAST_HOUR_SLOTS];
	int64_t slot;
};

void last_hour_add(struct last_hour *last_hour, int64_t now_us);
uint32_t last_hour_count(const struct last_hour *last_hour, int64_t now_us);
/* Whether there are more than usual: the least that an alarm needs. */
bool last_hour_is_more(const struct last_hour *last_hour, double per_hour, int64_t now_us);
/* Whether no more came than chance brings where so many an hour are usual: within the hour, or
 * within the last ten to twenty minutes. */
bool last_hour_is_usual(const struct last_hour *last_hour, double per_hour, int64_t now_us);
bool last_hour_is_calm(const struct last_hour *last_hour, double per_hour, int64_t now_us);

#endif
