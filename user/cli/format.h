/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and times as people read them. */
#ifndef WAX_CLI_FORMAT_H
#define WAX_CLI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define FORMAT_BYTES 32 /* suffices for each of these */

const char *format_count(uint64_t count, char ret[static FORMAT_BYTES]);     /* 1,234,567 */
const char *format_size(uint64_t bytes, char ret[static FORMAT_BYTES]);	     /* 1.2 MiB */
const char *format_duration(int64_t seconds, char ret[static FORMAT_BYTES]); /* 3 h 20 min */
/* "12 s ago" within the last day, local "2026-07-01 12:34:56" otherwise. */
const char *format_time(int64_t time_us, int64_t now_us, char ret[static FORMAT_BYTES]);
/* Always the latter. */
const char *format_clock(int64_t time_us, char ret[static FORMAT_BYTES]);

#endif
