/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of eight saturating counters. */
#include "detect/window.h"

#include <string.h>

static int64_t part_of(int64_t span_us, int64_t at_us)
{
	return at_us / (span_us / WINDOW_PARTS);
}

static void advance(struct window *window, int64_t part)
{
	if (part - window->newest >= WINDOW_PARTS) {
		memset(window->parts, 0, sizeof(window->parts));
		window->newest = part;
	}
	while (window->newest < part)
		window->parts[++window->newest % WINDOW_PARTS] = 0;
}

void window_add(struct window *window, int64_t span_us, int64_t at_us, uint64_t count)
{
	int64_t part = part_of(span_us, at_us);
	uint32_t *counter;

	if (!window_sum(window, span_us, at_us))
		window->first_us = at_us;
	advance(window, part);
	/* A clock that was set back must not lose counts. */
	if (window->newest - part >= WINDOW_PARTS)
		part = window->newest;
	counter = &window->parts[part % WINDOW_PARTS];
	*counter = count > UINT32_MAX - *counter ? UINT32_MAX : *counter + (uint32_t)count;
	if (at_us < window->first_us)
		window->first_us = at_us;
}

void window_take_back(struct window *window, uint64_t count)
{
	for (int i = 0; i < WINDOW_PARTS && count; i++) {
		int64_t part = window->newest - i;
		uint32_t *counter;
		uint64_t taken;

		if (part < 0)
			break;
		counter = &window->parts[part % WINDOW_PARTS];
		taken = count < *counter ? count : *counter;
		*counter -= (uint32_t)taken;
		count -= taken;
	}
}

uint64_t window_sum(const struct window *window, int64_t span_us, int64_t now_us)
{
	int64_t now_part = part_of(span_us, now_us);
	uint64_t sum = 0;

	for (int i = 0; i < WINDOW_PARTS; i++) {
		int64_t part = window->newest - i;

		if (part < 0 || now_part - part >= WINDOW_PARTS)
			break;
		sum += window->parts[part % WINDOW_PARTS];
	}
	return sum;
}

int64_t window_age(const struct window *window, int64_t span_us, int64_t now_us)
{
	int64_t age = now_us - window->first_us;

	return age < 0 ? 0 : age > span_us ? span_us : age;
}
