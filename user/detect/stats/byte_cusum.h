/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CUSUM of bytes: a store is read a little faster than its logins explain. For dumps of five speeds
 * at once; what a login costs, what is read without one at each hour of the day, and how much both
 * vary is learnt.
 */
#ifndef WAX_DETECT_STATS_BYTE_CUSUM_H
#define WAX_DETECT_STATS_BYTE_CUSUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define BYTE_CUSUM_SPEEDS 5
#define BYTE_CUSUM_KNOWN_US (2 * US_PER_DAY) /* before, no alarm is raised and all is learnt */

/* Sums for a straight line over the logins of a tick. */
struct byte_cusum_line {
	double ticks, x, y, xx, xy;
};

/* Zero-initialised, it begins to learn. */
struct byte_cusum {
	struct byte_cusum_line hour_bytes; /* of the running hour */
	double covariance, variance; /* of logins with bytes, and of logins; within hours, fading */
	double rest[24], seconds[24];	  /* bytes that no login explains; fading */
	struct byte_cusum_line squares;	  /* of what remains; fading */
	double crude_bytes, crude_logins; /* of the first days */
	double surplus, surplus_seconds;  /* bytes beyond the expected ones, in the running hour */
	double swing, hours; /* squares of an hour's surplus per second, and how many; fading */
	float nats[BYTE_CUSUM_SPEEDS], today[BYTE_CUSUM_SPEEDS], highest[BYTE_CUSUM_SPEEDS];
	double excess[BYTE_CUSUM_SPEEDS]; /* bytes, since it last began to grow */
	int64_t since_us[BYTE_CUSUM_SPEEDS];
	int64_t hour, first_us, last_us;
	int64_t suspected_us; /* since when; 0: not */
};

struct byte_cusum_verdict {
	double nats, threshold;
	double bytes; /* of the dump, since it began */
	int64_t since_us;
};

struct byte_cusum_tick {
	double bytes, logins, threshold;
	int64_t now_us;
	bool is_learning; /* whatever happens is normal */
};

/* Whether what was read in a tick beside so many logins makes an alarm, and then which. While it is
 * suspected nothing is learnt, for a day: after that it is the normal. */
bool byte_cusum_add(struct byte_cusum *byte_cusum, const struct byte_cusum_tick *tick,
		    struct byte_cusum_verdict *ret);
/* Bytes a second that no login explains, as is normal at this hour; 0 until it is known. */
double byte_cusum_rest(const struct byte_cusum *byte_cusum, int64_t now_us);

#endif
