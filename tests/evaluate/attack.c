/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and their sources: docs/evaluation.md. */
#include "attack.h"

#include <stdbool.h>
#include <string.h>

#include "people.h"

#define BOTS 10
#define ROW_BYTES 150
#define CHUNKS 40 /* that a mailbox is read in, a second each */

struct attack attack = {
	.kind = "none", .rate = 300, .start = 8.42, .limit = 200, .tries = 2, .hits = -1};

static struct chance fate;
static double next, done;
static uint32_t bots[BOTS], bot;
static uint64_t bot_left;

static bool is_kind(const char *kind)
{
	return strcmp(attack.kind, kind) == 0;
}

/* The attack must not change what the people do. */
static void swap_dice(void)
{
	struct chance other = dice;

	dice = fate;
	fate = other;
}

void attack_prepare(uint64_t seed)
{
	fate.state = seed * 104729 + 1;
	next = START + attack.start * DAY;
	swap_dice();
	for (int i = 0; i < BOTS; i++)
		bots[i] = anywhere();
	swap_dice();
}

static uint32_t target_of(bool must_be_active)
{
	uint32_t i;

	do
		i = (uint32_t)chance_below(&dice, host.accounts);
	while (tenants[i] != (uint32_t)attack.tenant || (must_be_active && states[i] != ACTIVE));
	return i;
}

static uint32_t next_bot(void)
{
	if (is_kind("spray") || is_kind("guess"))
		return bots[0];
	if (is_kind("own10"))
		return bots[chance_below(&dice, BOTS)];
	if (!bot_left) {
		bot = anywhere();
		bot_left = 1 + chance_below(&dice, (uint64_t)attack.tries);
	}
	bot_left--;
	return bot;
}

static double hits(void)
{
	if (attack.hits >= 0)
		return attack.hits;
	if (is_kind("guess"))
		return 0;
	return is_kind("active") ? .9 : strncmp(attack.kind, "own", 3) == 0 ? .6 : .01;
}

static void read_all(double time, uint32_t source, uint32_t target)
{
	uint32_t left = (uint32_t)sync_size(), chunk = left / CHUNKS > 10 ? left / CHUNKS : 10;

	for (; left > 0; time++) {
		uint32_t now = left < chunk ? left : chunk;

		add(time, 'r', source, target, '-', now, 1);
		left -= now;
	}
}

static void attempt(double time)
{
	uint32_t source = next_bot(), target = target_of(is_kind("active"));
	bool is_success = states[target] != CANCELLED && chance_is(&dice, hits());

	if ((is_kind("stuffing") || is_kind("spray")) && chance_is(&dice, .4)) {
		target = unknown_name();
		is_success = false;
	}
	if (is_kind("guess"))
		target = bots[0] % host.accounts;
	add(time, 'a', source, target, is_success ? 's' : 'f', 1, 1);
	if (is_success && attack.reads > 0)
		read_all(time + 2, source, target);
}

static void empty_one(double time)
{
	uint32_t target = target_of(true);

	add(time, 'a', bots[0], target, 's', 1, 1);
	add(time + 5, 'r', bots[0], target, '-', (uint32_t)sync_size(), 1);
}

static void reset_all(double time)
{
	for (uint32_t i = 0; i < host.accounts; i++)
		if (states[i] == ACTIVE && chance_is(&dice, .05))
			add_device(i, time + chance_unit(&dice) * HOUR, 8, 2);
}

static void step(double until)
{
	if (is_kind("reset"))
		reset_all(until);
	else if (is_kind("dump"))
		add(next, 's', 0, 0, '-', ROW_BYTES, 1);
	else if (is_kind("emptying") || is_kind("migration"))
		empty_one(next);
	else if (!is_kind("none"))
		attempt(next);
}

void attack_hour(double until)
{
	swap_dice();
	while (next < until && done < attack.limit) {
		step(until);
		done++;
		next += chance_exponential(&dice, HOUR / attack.rate);
	}
	swap_dice();
}
