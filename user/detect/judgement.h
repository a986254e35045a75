/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All detectors that are switched on, and what they share. The daemon and replay drive the same
 * thing, so a trace of the live stream raises what was raised live.
 */
#ifndef WAX_DETECT_JUDGEMENT_H
#define WAX_DETECT_JUDGEMENT_H

#include <jansson.h>

#include "detect/detector.h"

struct judgement;

struct judgement_choice {
	const struct detector *detector;
	bool enabled;
	const double *settings; /* as long as detector->keys; NULL: defaults */
};

struct judgement_settings {
	double false_alarms_per_day; /* the whole host, all detectors, warning and above */
	double learn_days;
	uint64_t accounts; /* memory is laid out for so many */
};

#define JUDGEMENT_FALSE_ALARMS 0.1
#define JUDGEMENT_LEARN_DAYS 7
#define JUDGEMENT_ACCOUNTS 1000000

/* choices in the order of detectors[], or NULL for all with their defaults. */
struct judgement *judgement_new(const struct judgement_settings *settings,
				const struct judgement_choice *choices, size_t n_choices);
void judgement_free(struct judgement *judgement);

/* To tell it of accounts. */
struct memory *judgement_memory(struct judgement *judgement);

void judgement_observe(struct judgement *judgement, const struct snapshot *snapshot,
		       struct finding_list *ret);

/* A listed program that reads so many bytes of a store before the tick is over is judged at once, so
 * many times a tick at most: a fast dump is told of within its first rows. */
#define JUDGEMENT_EARLY_TICKS 8
/* actor "": one that never read it. UINT64_MAX: any number. */
uint64_t judgement_room(struct judgement *judgement, int64_t now_us, const char *store,
			const char *actor);

/* The state as bytes (free()), and back: the rest of a stream is judged as if there had been no
 * break. Decoding returns 0, -EINVAL (damaged, of another version, or laid out for another size)
 * and then leaves the judgement unusable: free it and make a new one. */
unsigned char *judgement_encode(struct judgement *judgement, size_t *ret_bytes);
int judgement_decode(struct judgement *judgement, const unsigned char *bytes, size_t length);

/* {"since", "sources": [...]}: networks that guess, for a firewall. New reference. */
json_t *judgement_blocklist(struct judgement *judgement, int64_t now_us, int64_t most_age_us);
/* {"learning", "learning_seconds_left", "judges_already": [...], "memory_bytes", ...}. */
json_t *judgement_status(struct judgement *judgement, int64_t now_us);

#endif
