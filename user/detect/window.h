/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A count over the recent past in constant space: eighths of the span, of which the oldest is
 * forgotten as a whole. The sum therefore covers between seven eighths of the span and all of it.
 */
#ifndef WAX_DETECT_WINDOW_H
#define WAX_DETECT_WINDOW_H

#include <stdint.h>

#define WINDOW_PARTS 8

struct window {
	uint32_t parts[WINDOW_PARTS]; /* saturating; [newest % WINDOW_PARTS] is the current one */
	int64_t newest;		      /* number of the newest part since the epoch */
	int64_t first_us;	      /* of what is counted; meaningless when the sum is 0 */
};

/* Adds to the part of at_us (the newest part when at_us lies behind the span). */
void window_add(struct window *window, int64_t span_us, int64_t at_us, uint64_t count);
/* Takes back what was added, the newest first, never below zero. */
void window_take_back(struct window *window, uint64_t count);
/* The sum at now_us. */
uint64_t window_sum(const struct window *window, int64_t span_us, int64_t now_us);
/* Microseconds from the first counted event to now_us, at most the span. */
int64_t window_age(const struct window *window, int64_t span_us, int64_t now_us);

#endif
