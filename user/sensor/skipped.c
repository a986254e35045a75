/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel says how many runs of each program it left out. Of a hook with spares every event has
 * one run or one left-out run of each copy, so what all copies add up to tells the number of
 * events; those that were worked on are counted in the programs, by thread.
 */
#include "sensor/skipped.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "sensor/hook_table.h"

struct copies {
	uint64_t skipped[HOOK_COPIES];
	int count; /* that are attached */
};

static struct copies copies_of(const struct health *health, const char *hook)
{
	struct copies copies = {};

	for (int copy = 1; copy <= HOOK_COPIES; copy++) {
		char name[HOOK_NAME_BYTES];

		hook_table_name_copy(hook, copy, name);
		for (size_t i = 0; i < health->n_programs; i++)
			if (strcmp(health->programs[i].name, name) == 0)
				copies.skipped[copies.count++] = health->programs[i].skipped;
	}
	return copies;
}

static uint64_t least(const struct copies *copies)
{
	uint64_t skipped = copies->count ? copies->skipped[0] : 0;

	for (int i = 1; i < copies->count; i++)
		if (copies->skipped[i] < skipped)
			skipped = copies->skipped[i];
	return skipped;
}

static uint64_t sum(const struct copies *copies)
{
	uint64_t skipped = 0;

	for (int i = 0; i < copies->count; i++)
		skipped += copies->skipped[i];
	return skipped;
}

static bool is_marked(const struct copies *copies, const char *hook)
{
	return copies->count == HOOK_COPIES && hook_table_is_marked(hook);
}

static uint64_t sum_of_marked(const struct health *health)
{
	uint64_t skipped = 0;

	for (const struct wire *wire = hook_table; wire->hook; wire++) {
		struct copies copies = copies_of(health, wire->hook);

		if (wire->slot == 0 && is_marked(&copies, wire->hook))
			skipped += sum(&copies);
	}
	return skipped;
}

static uint64_t least_of_unmarked(const struct health *health)
{
	uint64_t skipped = 0;

	for (const struct wire *wire = hook_table; wire->hook; wire++) {
		struct copies copies = copies_of(health, wire->hook);

		if (wire->slot == 0 && !is_marked(&copies, wire->hook))
			skipped += least(&copies);
	}
	return skipped;
}

static void add_thread(void *context, const void *key, const void *value)
{
	const struct replica_marks *replica_marks = value;
	struct replica_totals *totals = context;

	(void)key;
	totals->runs += replica_marks->totals.runs;
	totals->events += replica_marks->totals.events;
}

static int read_totals(const struct kernel_maps *maps, struct replica_totals *ret)
{
	struct replica_totals ended = {}, totals = {};
	uint32_t zero = 0;

	if (kernel_each_entry(maps->replica_marks, sizeof(uint32_t), sizeof(struct replica_marks),
			      /* remove= */ false, add_thread, &totals) < 0 ||
	    bpf_map_lookup_elem(maps->replica_totals, &zero, &ended) < 0)
		return -EIO;
	*ret = (struct replica_totals){ended.runs + totals.runs, ended.events + totals.events};
	return 0;
}

/* Runs that are missing: those of events under way, or of copies that were attached later. */
static int64_t missing_runs(const struct kernel_maps *maps, uint64_t skipped)
{
	struct replica_totals totals;

	if (read_totals(maps, &totals) < 0)
		return 0;
	return (int64_t)(totals.events * HOOK_COPIES) - (int64_t)(totals.runs + skipped);
}

#define SETTLE_ROUNDS 8
#define SETTLE_US 2000

void skipped_start(const struct health *health, const struct kernel_maps *maps)
{
	uint64_t skipped = sum_of_marked(health);
	struct replica_totals ended;
	uint32_t zero = 0;
	int64_t missing = INT64_MAX;

	/* events under way come and go; what stays is what was never attached */
	for (int i = 0; i < SETTLE_ROUNDS && missing > 0; i++) {
		int64_t now = missing_runs(maps, skipped);

		missing = now < missing ? now : missing;
		(void)usleep(SETTLE_US);
	}
	if (missing <= 0 || bpf_map_lookup_elem(maps->replica_totals, &zero, &ended) < 0)
		return;
	ended.runs += missing;
	(void)bpf_map_update_elem(maps->replica_totals, &zero, &ended, BPF_ANY);
}

/* Says too little for a moment and never too much, if the runs that were left out were asked for
 * before those that were not. */
static uint64_t marked_events(const struct kernel_maps *maps, uint64_t skipped)
{
	int64_t missing = missing_runs(maps, skipped);

	return missing < 0 ? -missing / HOOK_COPIES : 0;
}

uint64_t skipped_events(const struct health *health, const struct kernel_maps *maps)
{
	uint64_t by_marked = sum_of_marked(health);
	uint64_t events = least_of_unmarked(health);

	if (by_marked)
		events += marked_events(maps, by_marked);
	return events > health->skipped ? events : health->skipped;
}
