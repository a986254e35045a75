/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text to values, strictly: the whole text must be the value, without blanks around it.
 * All return 0, -EINVAL (not such a value) or -ERANGE (outside minimum to maximum, inclusive).
 */
#ifndef WAX_BASE_PARSE_H
#define WAX_BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits only. */
int parse_u64(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *ret_value);
/* Decimal, with an optional sign, decimals and exponent; no "inf", no "nan". */
int parse_double(const char *text, double minimum, double maximum, double *ret_value);
/* yes, no, true, false, on, off, 1, 0 */
int parse_bool(const char *text, bool *ret_value);
/* "500ms", "1s", "10min" (or "10m"), "2h", "7d": microseconds. A unit is required, except for 0. */
int parse_duration(const char *text, uint64_t minimum_us, uint64_t maximum_us, uint64_t *ret_us);
/* "4096", "64K", "32M", "1G": bytes, in powers of 1024. */
int parse_size(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *ret_bytes);

#endif
