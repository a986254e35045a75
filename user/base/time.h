/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points in time as microseconds since the Unix epoch, and how they are written. */
#ifndef WAX_BASE_TIME_H
#define WAX_BASE_TIME_H

#include <stdint.h>

#define US_PER_MS INT64_C(1000)
#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)

#define TIME_TEXT_BYTES 80

/* The wall clock. Only daemon/, cli/ and sensor/ ask it; everybody else gets the time as an argument. */
int64_t time_now_us(void);

/* RFC 3339, UTC, milliseconds: "2026-07-01T12:34:56.789Z". ret_text has TIME_TEXT_BYTES. */
void time_format(int64_t time_us, char *ret_text);

/* That form (with zero to six decimals; Z, or an offset such as +02:00), "2026-07-01" (midnight UTC), "@1782909296" (Unix
 * seconds), or "-90s", "-15m", "-2h", "-7d" before now_us. Returns 0, -EINVAL or -ERANGE. */
int time_parse(const char *text, int64_t now_us, int64_t *ret_us);

/* "2026-07-01 12:34:56", as the tables of the command line print local time. */
int time_parse_local(const char *text, int64_t *ret_us);

#endif
