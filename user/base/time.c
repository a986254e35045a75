/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times as text: written in one form, read in the few forms that people type. */
#include "base/time.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"

/* 9999-12-31: the last day that RFC 3339 can write. */
#define LAST_SECOND INT64_C(253402300799)
#define END_US ((LAST_SECOND + 1) * US_PER_SECOND)

int64_t time_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

void time_format(int64_t time_us, char *ret_text)
{
	int64_t remainder = time_us % US_PER_SECOND;
	time_t seconds = time_us / US_PER_SECOND;
	struct tm tm = {0};

	if (remainder < 0) {
		remainder += US_PER_SECOND;
		seconds--;
	}
	(void)gmtime_r(&seconds, &tm);
	(void)snprintf(ret_text, TIME_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		       tm.tm_sec, (int)(remainder / US_PER_MS));
}

/* Digits in text where the pattern has '0', the same character elsewhere. */
static bool has_shape(const char *text, const char *pattern)
{
	for (; *pattern; text++, pattern++) {
		bool fits = *pattern == '0' ? *text >= '0' && *text <= '9' : *text == *pattern;

		if (!fits)
			return false;
	}
	return true;
}

static int two_digits(const char *text)
{
	return (text[0] - '0') * 10 + text[1] - '0';
}

/* Date and time of day to seconds; timegm() would quietly carry the 31st of June over. */
static int seconds_of(const struct tm *wanted, int64_t *ret_seconds)
{
	struct tm tm = *wanted;
	time_t seconds = timegm(&tm);

	if (tm.tm_mday != wanted->tm_mday || tm.tm_mon != wanted->tm_mon ||
	    tm.tm_hour != wanted->tm_hour || tm.tm_min != wanted->tm_min ||
	    tm.tm_sec != wanted->tm_sec || seconds < 0)
		return -ERANGE;
	*ret_seconds = seconds;
	return 0;
}

/* "Z", "+02:00" or "-03:30" to what is to be taken off. */
static int parse_offset(const char *text, int64_t *ret_us)
{
	int64_t us;

	*ret_us = 0;
	if (strcmp(text, "Z") == 0)
		return 0;
	if ((*text != '+' && *text != '-') || !has_shape(text + 1, "00:00") || text[6] ||
	    two_digits(text + 1) > 23 || two_digits(text + 4) > 59)
		return -EINVAL;
	us = two_digits(text + 1) * US_PER_HOUR + two_digits(text + 4) * US_PER_MINUTE;
	*ret_us = *text == '+' ? us : -us;
	return 0;
}

/* ".789Z" or "+02:00" to microseconds. */
static int parse_fraction(const char *text, int64_t *ret_us)
{
	int64_t us = 0, unit = US_PER_SECOND / 10, offset;

	if (*text == '.') {
		if (text[1] < '0' || text[1] > '9')
			return -EINVAL;
		for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10) {
			if (!unit)
				return -EINVAL;
			us += (*text - '0') * unit;
		}
	}
	if (parse_offset(text, &offset) < 0)
		return -EINVAL;
	*ret_us = us - offset;
	return 0;
}

static int parse_calendar(const char *text, int64_t *ret_us)
{
	int64_t seconds, us, fraction = 0;
	struct tm tm = {0};
	int r;

	tm.tm_year = two_digits(text) * 100 + two_digits(text + 2) - 1900;
	tm.tm_mon = two_digits(text + 5) - 1;
	tm.tm_mday = two_digits(text + 8);
	if (text[10]) {
		if (!has_shape(text + 10, "T00:00:00"))
			return -EINVAL;
		tm.tm_hour = two_digits(text + 11);
		tm.tm_min = two_digits(text + 14);
		tm.tm_sec = two_digits(text + 17);
		r = parse_fraction(text + 19, &fraction);
		if (r < 0)
			return r;
	}
	r = seconds_of(&tm, &seconds);
	if (r < 0)
		return r;
	us = seconds * US_PER_SECOND + fraction;
	if (us < 0 || us >= END_US)
		return -ERANGE;
	*ret_us = us;
	return 0;
}

static int parse_relative(const char *text, int64_t now_us, int64_t *ret_us)
{
	uint64_t back_us;
	int r;

	r = parse_duration(text, 0, LAST_SECOND * US_PER_SECOND, &back_us);
	if (r < 0)
		return r;
	if ((int64_t)back_us > now_us)
		return -ERANGE;
	*ret_us = now_us - (int64_t)back_us;
	return 0;
}

int time_parse_local(const char *text, int64_t *ret_us)
{
	struct tm tm = {.tm_isdst = -1}, wanted;
	time_t seconds;

	if (!has_shape(text, "0000-00-00 00:00:00") || text[19])
		return -EINVAL;
	tm.tm_year = two_digits(text) * 100 + two_digits(text + 2) - 1900;
	tm.tm_mon = two_digits(text + 5) - 1;
	tm.tm_mday = two_digits(text + 8);
	tm.tm_hour = two_digits(text + 11);
	tm.tm_min = two_digits(text + 14);
	tm.tm_sec = two_digits(text + 17);
	wanted = tm;
	seconds = mktime(&tm);
	/* the 31st of June, and the hour that summer time leaves out */
	if (seconds < 0 || tm.tm_mday != wanted.tm_mday || tm.tm_mon != wanted.tm_mon ||
	    tm.tm_hour != wanted.tm_hour || tm.tm_min != wanted.tm_min || tm.tm_sec != wanted.tm_sec)
		return -ERANGE;
	*ret_us = seconds * US_PER_SECOND;
	return 0;
}

int time_parse(const char *text, int64_t now_us, int64_t *ret_us)
{
	uint64_t seconds;
	int r;

	if (*text == '-')
		return parse_relative(text + 1, now_us, ret_us);
	if (has_shape(text, "0000-00-00"))
		return parse_calendar(text, ret_us);
	if (*text != '@')
		return -EINVAL;
	r = parse_u64(text + 1, 0, LAST_SECOND, &seconds);
	if (r < 0)
		return r;
	*ret_us = (int64_t)seconds * US_PER_SECOND;
	return 0;
}
