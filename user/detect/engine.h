/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All detectors that are switched on, and what they share. The daemon and replay drive the same
 * thing, so a trace of the live stream raises what was raised live.
 */
#ifndef WAX_DETECT_ENGINE_H
#define WAX_DETECT_ENGINE_H

#include <jansson.h>

#include "detect/detector.h"

struct engine;

struct engine_choice {
	const struct detector *detector;
	bool enabled;
	const double *settings; /* as long as detector->keys; NULL: defaults */
};

struct engine_settings {
	double false_alarms_per_day; /* the whole host, all detectors, warning and above */
	double learn_days;
	uint64_t accounts; /* memory is laid out for so many */
};

#define ENGINE_FALSE_ALARMS 0.1
#define ENGINE_LEARN_DAYS 7
#define ENGINE_ACCOUNTS 1000000

/* choices in the order of detectors[], or NULL for all with their defaults. */
struct engine *engine_new(const struct engine_settings *settings,
				const struct engine_choice *choices, size_t n_choices);
void engine_free(struct engine *engine);

/* To tell it of accounts. */
struct history *engine_history(struct engine *engine);

void engine_observe(struct engine *engine, const struct snapshot *snapshot,
		       struct finding_list *ret);

/* A listed program that reads so many bytes of a store before the tick is over is judged at once, so
 * many times a tick at most: a fast dump is told of within its first rows. */
#define ENGINE_EARLY_TICKS 8
/* actor "": one that never read it. UINT64_MAX: any number. */
uint64_t engine_read_budget(struct engine *engine, int64_t now_us, const char *store,
			const char *actor);

/* The state as bytes (free()), and back: the rest of a stream is judged as if there had been no
 * break. Decoding returns 0, -EINVAL (damaged, of another version, or laid out for another size)
 * and then leaves the engine unusable: free it and make a new one. */
unsigned char *engine_encode(struct engine *engine, size_t *ret_bytes);
int engine_decode(struct engine *engine, const unsigned char *bytes, size_t length);

/* {"since", "sources": [...]}: networks that guess, for a firewall. New reference. */
json_t *engine_blocklist(struct engine *engine, int64_t now_us, int64_t most_age_us);
/* {"learning", "learning_seconds_left", "judges_already": [...], "memory_bytes", ...}. */
json_t *engine_status(struct engine *engine, int64_t now_us);

#endif
