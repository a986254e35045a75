/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the sensors say of themselves: losses, fill of the maps, cost of the programs. */
#ifndef WAX_SENSOR_HEALTH_H
#define WAX_SENSOR_HEALTH_H

#include "sensor/collect.h"
#include "sensor/persist.h"

#define HEALTH_PROGRAMS 160

struct health {
	uint64_t lost[LOST_STAGES];
	uint64_t streams, sessions;
	uint64_t preexisting_left_out; /* sessions older than the sensor that found no room */
	uint64_t skipped; /* events that the kernel may have kept from our programs; at most */
	uint64_t capacity_attempts, capacity_reads, capacity_stores;
	uint64_t capacity_auth_connections, capacity_requests, capacity_sessions;
	uint64_t capacity_client_connections;
	uint64_t entries[7];
	struct {
		const char *name; /* the object's: the kernel keeps only 15 bytes of it */
		uint64_t runs, run_ns, skipped;
		uint32_t verified_instructions;
	} programs[HEALTH_PROGRAMS];
	size_t n_programs;
};

/* Sizes of the maps; once. */
void health_start(struct health *health, const struct kernel_maps *maps);
/* Losses and the last tick's fill; cheap. */
void health_tick(struct health *health, const struct collector *collector);
/* Fill of the state maps and cost of the programs, those that are kept for the next daemon
 * included: walks maps, so now and then. */
void health_survey(struct health *health, const struct kernel_maps *maps, struct bpf_object *object,
		   const struct persist *persist);

const char *health_lost(const struct health *health, size_t i, uint64_t *ret_count);
const char *health_map(const struct health *health, size_t i, uint64_t *ret_entries,
		       uint64_t *ret_capacity);

#endif
