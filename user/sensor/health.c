/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the counters of what was lost and how full everything is. */
#include "sensor/health.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/loss_stage.h"
#include "sensor/skipped.h"
#include "sensor/handover.h"

static const char *const map_names[] = {"attempts",	     "reads",	 "stores",
					"auth_connections",  "requests", "sessions",
					"client_connections"};

static uint64_t health_map_capacity(int map)
{
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(map, &info, &size) == 0 ? info.max_entries : 0;
}

void health_start(struct health *health, const struct kernel_maps *maps)
{
	*health = (struct health){
		.capacity_attempts = health_map_capacity(maps->attempts_set[0]),
		.capacity_reads = health_map_capacity(maps->reads_set[0]),
		.capacity_stores = health_map_capacity(maps->stores_set[0]),
		.capacity_auth_connections = health_map_capacity(maps->streams) / 2,
		.capacity_requests = health_map_capacity(maps->requests),
		.capacity_sessions = health_map_capacity(maps->sessions),
		.capacity_client_connections = health_map_capacity(maps->client_conns_set[0]),
	};
}

void health_tick(struct health *health, const struct collector *collector)
{
	for (uint32_t stage = 0; stage < LOST_STAGES; stage++) {
		uint64_t count;

		if (bpf_map_lookup_elem(collector->maps->lost, &stage, &count) == 0)
			health->lost[stage] = count;
	}
	health->lost[LOST_SESSIONS_FULL] += health->preexisting_left_out;
	health->lost[LOST_RUNS_SKIPPED] = health->skipped;
	/* each set holds its overflow entry, which is no key of anybody's */
	for (int i = 0; i < 3; i++)
		health->entries[i] = collector->entries[i] ? collector->entries[i] - 1 : 0;
	health->entries[3] = health->streams / 2;
	health->entries[4] = collector->requests_waiting;
	health->entries[5] = health->sessions;
	health->entries[6] = collector->entries[3] ? collector->entries[3] - 1 : 0;
}

static void health_count_entry(void *context, const void *key, const void *value)
{
	(void)key;
	(void)value;
	++*(uint64_t *)context;
}

static uint64_t health_map_entries(int map, size_t key_bytes, size_t value_bytes)
{
	uint64_t entries = 0;

	(void)kernel_each_entry(map, key_bytes, value_bytes, /* remove= */ false,
				health_count_entry, &entries);
	return entries;
}

static void health_add_program(struct health *health, const char *name, int fd)
{
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);
	size_t i = health->n_programs;

	if (i == HEALTH_PROGRAMS || fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return;
	health->programs[i].name = name;
	health->programs[i].runs = info.run_cnt;
	health->programs[i].run_ns = info.run_time_ns;
	health->programs[i].skipped = info.recursion_misses;
	health->programs[i].verified_instructions = info.verified_insns;
	health->n_programs++;
}

/* Workers are the object's own; hooks may be those of a daemon before it. */
static void health_add_programs(struct health *health, struct bpf_object *object,
				const struct persist *persist)
{
	struct bpf_program *program;

	health->n_programs = 0;
	bpf_object__for_each_program(program, object)
	{
		char name[64];
		int fd = bpf_program__fd(program);

		snprintf(name, sizeof(name), HANDOVER_HOOK "%s", bpf_program__name(program));
		health_add_program(health, bpf_program__name(program),
				   fd < 0 ? persist_find(persist, name) : fd);
	}
}

void health_survey(struct health *health, const struct kernel_maps *maps, struct bpf_object *object,
		   const struct persist *persist)
{
	health->streams =
		health_map_entries(maps->streams, sizeof(struct stream_key), sizeof(struct stream));
	health->sessions =
		health_map_entries(maps->sessions, sizeof(uint32_t), sizeof(struct session));
	health_add_programs(health, object, persist);
	health->skipped = skipped_events(health, maps);
}

const char *health_lost(const struct health *health, size_t i, uint64_t *ret_count)
{
	if (i >= LOST_STAGES)
		return NULL;
	*ret_count = health->lost[i];
	return loss_stage(i)->name;
}

const char *health_map(const struct health *health, size_t i, uint64_t *ret_entries,
		       uint64_t *ret_capacity)
{
	const uint64_t capacity[] = {health->capacity_attempts,
				     health->capacity_reads,
				     health->capacity_stores,
				     health->capacity_auth_connections,
				     health->capacity_requests,
				     health->capacity_sessions,
				     health->capacity_client_connections};

	if (i >= ARRAY_LENGTH(map_names))
		return NULL;
	*ret_entries = health->entries[i];
	*ret_capacity = capacity[i];
	return map_names[i];
}
