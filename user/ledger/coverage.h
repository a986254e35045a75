/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When each sensor was looking: intervals of one state, written with the counts of each tick in the
 * same transaction. So the end of the last interval is the moment up to which counts are here,
 * whatever ended the daemon or the host.
 */
#ifndef WAX_LEDGER_COVERAGE_H
#define WAX_LEDGER_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COVERAGE_SENSORS 8
#define COVERAGE_LOSSES 64
#define COVERAGE_REASON_BYTES 160
#define COVERAGE_BOOT_BYTES 48

struct ledger;

struct coverage_sensor {
	const char *name;  /* static */
	const char *state; /* active, degraded, off; static */
	char reason[COVERAGE_REASON_BYTES];
};

/* A counter of what was lost, as it stands. */
struct coverage_loss {
	const char *stage; /* static */
	uint64_t count;
	unsigned int sensors; /* bit i: it is a loss of the i-th sensor */
};

struct coverage {
	struct coverage_sensor sensors[COVERAGE_SENSORS];
	size_t n_sensors;
	struct coverage_loss losses[COVERAGE_LOSSES];
	size_t n_losses;
};

/* How a daemon begins. */
struct coverage_start {
	char boot[COVERAGE_BOOT_BYTES]; /* id of the running system */
	bool goes_on; /* the kernel counted since the last daemon on this file ended */
	int64_t now_us;
};

/* The losses in coverage are those that do not begin at 0 with this daemon. Returns 0 or -errno. */
int coverage_begin(struct ledger *ledger, const struct coverage *coverage,
		   const struct coverage_start *start);
/* What the next ledger_add() that succeeds says of the time up to its end; copied. NULL: nothing,
 * as when counts wait in the kernel. */
void coverage_note(struct ledger *ledger, const struct coverage *coverage);
/* In place of an end that nobody could write. ending: "stopped", "handed over". */
int coverage_end(struct ledger *ledger, const char *ending);

#endif
