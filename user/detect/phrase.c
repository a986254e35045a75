/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations are rounded to the nearest number of a unit that suits them. */
#include "detect/phrase.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "base/time.h"

static const struct {
	int64_t unit_us, most;
	const char *name;
} units[] = {
	{US_PER_SECOND, 120, "s"},
	{US_PER_MINUTE, 120, "min"},
	{US_PER_HOUR, 72, "h"},
	{US_PER_DAY, INT64_MAX, "days"},
};

void phrase_duration(int64_t us, char *ret_text)
{
	int64_t number = us / US_PER_SECOND;
	size_t i = 0;

	if (us < US_PER_SECOND) {
		(void)snprintf(ret_text, PHRASE_BYTES, "less than 1 s");
		return;
	}
	for (;; i++) {
		number = (us + units[i].unit_us / 2) / units[i].unit_us;
		if (number <= units[i].most)
			break;
	}
	(void)snprintf(ret_text, PHRASE_BYTES, "%" PRId64 " %s", number, units[i].name);
}

void phrase_count(uint64_t count, const char *one, const char *many, char *ret_text)
{
	(void)snprintf(ret_text, PHRASE_BYTES, "%" PRIu64 " %s", count, count == 1 ? one : many);
}

void phrase_odds(double nats, char *ret_text)
{
	if (nats > log(1e9))
		(void)snprintf(ret_text, PHRASE_BYTES, "more than a billion");
	else if (nats > log(1e6))
		(void)snprintf(ret_text, PHRASE_BYTES, "%.0f million", exp(nats) / 1e6);
	else
		(void)snprintf(ret_text, PHRASE_BYTES, "%.0f", exp(nats));
}
