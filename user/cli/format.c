/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rounded down throughout: a table never says more than there was. */
#include "cli/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/time.h"

#define DAY_SECONDS 86400

const char *format_count(uint64_t count, char ret[static FORMAT_BYTES])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	char *at = ret;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return ret;
}

const char *format_size(uint64_t bytes, char ret[static FORMAT_BYTES])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	uint64_t whole = bytes, rest = 0;
	size_t unit = 0;

	for (; whole >= 1024; unit++) {
		rest = whole % 1024;
		whole /= 1024;
	}
	if (unit == 0 || whole >= 100)
		snprintf(ret, FORMAT_BYTES, "%" PRIu64 " %s", whole, units[unit]);
	else
		snprintf(ret, FORMAT_BYTES, "%" PRIu64 ".%" PRIu64 " %s", whole, rest * 10 / 1024,
			 units[unit]);
	return ret;
}

const char *format_duration(int64_t seconds, char ret[static FORMAT_BYTES])
{
	if (seconds < 60)
		snprintf(ret, FORMAT_BYTES, "%" PRId64 " s", seconds);
	else if (seconds < 3600)
		snprintf(ret, FORMAT_BYTES, "%" PRId64 " min %" PRId64 " s", seconds / 60,
			 seconds % 60);
	else if (seconds < DAY_SECONDS)
		snprintf(ret, FORMAT_BYTES, "%" PRId64 " h %" PRId64 " min", seconds / 3600,
			 seconds / 60 % 60);
	else
		snprintf(ret, FORMAT_BYTES, "%" PRId64 " d %" PRId64 " h", seconds / DAY_SECONDS,
			 seconds / 3600 % 24);
	return ret;
}

const char *format_clock(int64_t time_us, char ret[static FORMAT_BYTES])
{
	time_t seconds = time_us / US_PER_SECOND;
	struct tm local;

	if (!localtime_r(&seconds, &local) ||
	    strftime(ret, FORMAT_BYTES, "%Y-%m-%d %H:%M:%S", &local) == 0)
		strcpy(ret, "-");
	return ret;
}

const char *format_time(int64_t time_us, int64_t now_us, char ret[static FORMAT_BYTES])
{
	int64_t ago = (now_us - time_us) / US_PER_SECOND;

	if (time_us > now_us || ago >= DAY_SECONDS)
		return format_clock(time_us, ret);
	if (ago < 60)
		snprintf(ret, FORMAT_BYTES, "%" PRId64 " s ago", ago);
	else if (ago < 3600)
		snprintf(ret, FORMAT_BYTES, "%" PRId64 " min ago", ago / 60);
	else
		snprintf(ret, FORMAT_BYTES, "%" PRId64 " h ago", ago / 3600);
	return ret;
}
