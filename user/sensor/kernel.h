/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share: the loaded object and its maps by name. */
#ifndef WAX_SENSOR_KERNEL_H
#define WAX_SENSOR_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "abi.h"
#include "sensor/sensors.h"

struct waxseal; /* the generated skeleton */

/* Descriptors of the maps, valid while the skeleton lives. */
struct kernel_maps {
	int attempts, attempts_set[COUNTING_SETS];
	int reads, reads_set[COUNTING_SETS];
	int stores, stores_set[COUNTING_SETS];
	int client_conns, client_conns_set[COUNTING_SETS];
	int streams, ended_streams, requests, verdicts, sessions, logins, login_habits;
	int watched, watched_filter, watched_names, program_places, store_reported, read_budgets;
	int programs, scripts, interpreters, units, store_readers, session_programs;
	int mail_helpers, masters, master_names;
	int replica_marks, replica_totals;
	int settings, lost, records;
};

/* Reads everything an iterator program has to say. pid 0: of all processes. Returns 0 with an
 * owned buffer, or -errno. */
int kernel_iterate(struct bpf_program *program, uint32_t pid, void **ret_bytes, size_t *ret_size);

/* CLOCK_BOOTTIME, as the programs read it. */
uint64_t kernel_boot_ns(void);
/* CLOCK_BOOTTIME nanoseconds that make the Unix epoch: add to a boot time, in microseconds. */
int64_t kernel_boot_offset_us(void);
static inline int64_t kernel_time_us(uint64_t boot_ns, int64_t offset_us)
{
	return (int64_t)(boot_ns / 1000) + offset_us;
}

/* Calls back with each entry of a hash map. With remove, entries leave the map as they are read.
 * Returns the number of entries or -errno. */
typedef void (*kernel_each)(void *context, const void *key, const void *value);
long kernel_each_entry(int map, size_t key_bytes, size_t value_bytes, bool remove, kernel_each each,
		       void *context);

#endif
