/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel says how many runs of each program it left out. Of a hook with replicas every event
 * has one run or one left-out run of each replica, so the sum of both over all replicas gives the
 * number of events; those that were worked on are counted in the programs, by thread.
 */
#include "sensor/skipped.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "sensor/hook_table.h"

struct replicas {
	uint64_t skipped[HOOK_REPLICAS];
	int count; /* that are attached */
};

static struct replicas replicas_of_hook(const struct health *health, const char *hook)
{
	struct replicas replicas = {};

	for (int replica = 1; replica <= HOOK_REPLICAS; replica++) {
		char name[HOOK_NAME_BYTES];

		hook_table_replica_name(hook, replica, name);
		for (size_t i = 0; i < health->n_programs; i++)
			if (strcmp(health->programs[i].name, name) == 0)
				replicas.skipped[replicas.count++] = health->programs[i].skipped;
	}
	return replicas;
}

static uint64_t replicas_least(const struct replicas *replicas)
{
	uint64_t skipped = replicas->count ? replicas->skipped[0] : 0;

	for (int i = 1; i < replicas->count; i++)
		if (replicas->skipped[i] < skipped)
			skipped = replicas->skipped[i];
	return skipped;
}

static uint64_t replicas_sum(const struct replicas *replicas)
{
	uint64_t skipped = 0;

	for (int i = 0; i < replicas->count; i++)
		skipped += replicas->skipped[i];
	return skipped;
}

static bool replicas_are_marked(const struct replicas *replicas, const char *hook)
{
	return replicas->count == HOOK_REPLICAS && hook_table_is_marked(hook);
}

static uint64_t skipped_sum_of_marked(const struct health *health)
{
	uint64_t skipped = 0;

	for (const struct hook_row *hook_row = hook_table; hook_row->hook; hook_row++) {
		struct replicas replicas = replicas_of_hook(health, hook_row->hook);

		if (hook_row->slot == 0 && replicas_are_marked(&replicas, hook_row->hook))
			skipped += replicas_sum(&replicas);
	}
	return skipped;
}

static uint64_t skipped_least_of_unmarked(const struct health *health)
{
	uint64_t skipped = 0;

	for (const struct hook_row *hook_row = hook_table; hook_row->hook; hook_row++) {
		struct replicas replicas = replicas_of_hook(health, hook_row->hook);

		if (hook_row->slot == 0 && !replicas_are_marked(&replicas, hook_row->hook))
			skipped += replicas_least(&replicas);
	}
	return skipped;
}

static void skipped_add_thread(void *context, const void *key, const void *value)
{
	const struct replica_marks *replica_marks = value;
	struct replica_totals *totals = context;

	(void)key;
	totals->runs += replica_marks->totals.runs;
	totals->events += replica_marks->totals.events;
}

static int skipped_read_totals(const struct kernel_maps *maps, struct replica_totals *ret)
{
	struct replica_totals ended = {}, totals = {};
	uint32_t zero = 0;

	if (kernel_each_entry(maps->replica_marks, sizeof(uint32_t), sizeof(struct replica_marks),
			      /* remove= */ false, skipped_add_thread, &totals) < 0 ||
	    bpf_map_lookup_elem(maps->replica_totals, &zero, &ended) < 0)
		return -EIO;
	*ret = (struct replica_totals){ended.runs + totals.runs, ended.events + totals.events};
	return 0;
}

/* Runs that are missing: those of events under way, or of replicas that were attached later. */
static int64_t skipped_missing_runs(const struct kernel_maps *maps, uint64_t skipped)
{
	struct replica_totals totals;

	if (skipped_read_totals(maps, &totals) < 0)
		return 0;
	return (int64_t)(totals.events * HOOK_REPLICAS) - (int64_t)(totals.runs + skipped);
}

#define SETTLE_ROUNDS 8
#define SETTLE_US 2000

void skipped_start(const struct health *health, const struct kernel_maps *maps)
{
	uint64_t skipped = skipped_sum_of_marked(health);
	struct replica_totals ended;
	uint32_t zero = 0;
	int64_t missing = INT64_MAX;

	/* events under way come and go; what stays is what was never attached */
	for (int i = 0; i < SETTLE_ROUNDS && missing > 0; i++) {
		int64_t now = skipped_missing_runs(maps, skipped);

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
static uint64_t skipped_marked_events(const struct kernel_maps *maps, uint64_t skipped)
{
	int64_t missing = skipped_missing_runs(maps, skipped);

	return missing < 0 ? -missing / HOOK_REPLICAS : 0;
}

uint64_t skipped_events(const struct health *health, const struct kernel_maps *maps)
{
	uint64_t by_marked = skipped_sum_of_marked(health);
	uint64_t events = skipped_least_of_unmarked(health);

	if (by_marked)
		events += skipped_marked_events(maps, by_marked);
	return events > health->skipped ? events : health->skipped;
}
