/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel half seen from user space: load the programs, learn what to watch, drain the counts.
 * The only folder that knows libbpf.
 */
#ifndef WAX_SENSOR_SENSORS_H
#define WAX_SENSOR_SENSORS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/known_readers.h"
#include "model/sensor_id.h"
#include "model/snapshot.h"
#include "model/watch_list.h"

struct sensors;

enum sensor_state { SENSOR_OFF, SENSOR_DEGRADED, SENSOR_ACTIVE };

struct sensor_status {
	const char *name;      /* auth, session ... */
	const char *mechanism; /* "syscall", "function", or NULL when off */
	enum sensor_state state;
	char reason[160]; /* "" when active */
};

struct sensor_settings {
	const char *mechanism; /* auto, function, syscall */
	const struct watch_list *watch; /* must stay valid until sensors_close() */
	/* readers that an operator accepted; may change while the sensors are open; NULL: none */
	const struct known_readers *accepted;
	bool replicate_hooks;		/* also on a kernel that needs none: for tests */
	const char *pin_folder; /* below a bpffs; NULL: systemd's descriptor store */
	/* What the ledger has of which maps: epochs below this one. */
	uint64_t committed_instance, committed_epochs;
	uint32_t attempts_entries, reads_entries, stores_entries; /* counting maps, per tick */
	uint32_t auth_connections_entries, sessions_entries, requests_entries;
};

/* Can the sensors work here at all? Returns 0, or -errno with one line in ret_problem; leaves
 * nothing. */
int sensors_check(char *ret_problem, size_t size);

/* Loads and attaches. Returns 0, or -errno with one line for the operator in ret_problem when a
 * required sensor cannot work; then nothing stays attached. */
int sensors_open(const struct sensor_settings *settings, struct sensors **ret, char *ret_problem,
		 size_t problem_size);
/* The programs ran on since the daemon whose counts the ledger has: nothing went uncounted. */
bool sensors_went_on(const struct sensors *sensors);
/* Frees our side. With detach nothing stays in the kernel; without, the programs run on for the
 * next daemon, if they can be kept. */
void sensors_close(struct sensors *sensors, bool detach);
/* Removes what a daemon that was killed left in folder; says each name. Returns how many. */
size_t sensors_detach(const char *pin_folder, void (*say)(const char *name));

/* Swaps the counting maps and appends what they held; the snapshot's instance and epoch name the
 * drain. Until sensors_release() the kernel keeps the counts, and another collect gives the same
 * ones. Both return 0 or -errno. */
int sensors_collect(struct sensors *sensors, struct snapshot *snapshot);
/* The snapshot is safe. */
int sensors_release(struct sensors *sensors);
/* Appends rare events that arrived since; poll sensors_event_fd() for them. */
int sensors_take_events(struct sensors *sensors, struct snapshot *snapshot);
int sensors_event_fd(const struct sensors *sensors);
/* Bytes that a listed program may read of a store (by its number in the settings) from one collect to
 * the next; one that reads more makes sensors_is_due(), which the events announce and the next
 * collect ends. 0: any number. */
void sensors_set_read_budget(const struct sensors *sensors, uint32_t store, uint64_t bytes);
bool sensors_is_due(const struct sensors *sensors);

/* Looks again for roots and stores that were missing or were replaced; call now and then. */
void sensors_refresh(struct sensors *sensors);
/* Template of a root that is not there (yet), or NULL; i counts from 0. */
const char *sensors_missing_path(const struct sensors *sensors, size_t i);
/* Watched paths whose file systems do not answer; NULL after the last. */
const char *sensors_stuck_path(const struct sensors *sensors, size_t i);
/* Path of a listener that looks like an auth service's and is neither root's nor named, printable;
 * NULL after the last. */
const char *sensors_unbelieved_listener(const struct sensors *sensors, size_t i);
/* One line for each Dovecot for which sessions are not compared with their logins, as of the last collect; NULL
 * after the last. */
const char *sensors_login_gap(const struct sensors *sensors, size_t i);

const struct sensor_status *sensors_status(const struct sensors *sensors, enum sensor_id id);

/* Losses since start: stage name and count; NULL past the last. */
const char *sensors_lost(const struct sensors *sensors, size_t i, uint64_t *ret_count);
/* Maps with their fill at the last tick; NULL past the last. */
const char *sensors_map(const struct sensors *sensors, size_t i, uint64_t *ret_entries,
			uint64_t *ret_capacity);
/* Runs and nanoseconds of each program while kernel.bpf_stats_enabled; NULL past the last. */
const char *sensors_program(const struct sensors *sensors, size_t i, uint64_t *ret_runs,
			    uint64_t *ret_run_ns, uint32_t *ret_verified_instructions);

/* A kernel feature and what hangs on it; for doctor. */
struct kernel_feature {
	const char *name, *needed_by, *lost_without;
	bool present, required;
};
/* Probes by really trying. Returns the count; ret points to a static table. */
size_t sensors_probe(const struct kernel_feature **ret);

#endif
