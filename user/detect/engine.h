/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All detectors that are switched on, and the state that they share. The daemon and replay run the
 * same engine, so a trace of the live stream raises the alerts that were raised live.
 */
#ifndef WAX_DETECT_ENGINE_H
#define WAX_DETECT_ENGINE_H

#include <jansson.h>

#include "detect/detector_choice.h"
#include "detect/standing.h"
#include "model/network.h"
#include "model/watch_list.h"

struct engine;

struct engine_settings {
	double false_alarms_per_day; /* the whole host, all detectors, warning and above */
	double learn_days;
	uint64_t accounts; /* the history has room for so many */
	/* Addresses that many people come by, such as a webmail's: no source is made of them, and
	 * they never stand on the block list. NULL: none. Stays the caller's. */
	const struct network_list *trusted;
	/* Programs that read mail because the administrator says so, by path. NULL: none. Stays the
	 * caller's. */
	const struct watch_entries *listed_helpers;
};

/* What [detect] allows: minimum, maximum. */
#define ENGINE_FALSE_ALARMS_RANGE 0.0001, 1000
#define ENGINE_LEARN_DAYS_RANGE 0, 365
#define ENGINE_ACCOUNTS_RANGE 1000, 100e6

/* choices in the order of detectors[], or NULL for all with their defaults; settings NULL: those of
 * the detector. */
struct engine *engine_new(const struct engine_settings *settings,
			  const struct detector_choice *choices, size_t n_choices);
void engine_free(struct engine *engine);

/* The addresses that this host has now; empty until it is told. The caller's list is taken over. */
void engine_set_own_addresses(struct engine *engine, struct network_list *own);

/* For those who know which accounts exist. */
struct history *engine_history(struct engine *engine);

void engine_observe(struct engine *engine, const struct snapshot *snapshot,
		    struct finding_list *ret);

/* How many bytes of a store a listed program may read before the tick must end early, so that the
 * detectors see them at once: a fast dump raises its alert within its first rows. UINT64_MAX: any
 * number. actor "": a program that never read the store. */
uint64_t engine_read_budget(struct engine *engine, int64_t now_us, const char *store,
			    const char *actor);
/* Early ticks within one tick, at most. */
#define ENGINE_EARLY_TICKS 8

/* The state as bytes (free()), and back: detection goes on as if there had been no break. Decoding
 * returns 0, or -EINVAL (damaged, or of another version) and then
 * leaves the engine unusable: free it and make a new one. */
unsigned char *engine_encode(struct engine *engine, size_t *ret_bytes);
int engine_decode(struct engine *engine, const unsigned char *bytes, size_t length);

/* {"threshold", "sources": [...]}: networks that guess, for a firewall; never one with a trusted
 * address, an address of this host, loopback or a link-local one in it. New reference. */
json_t *engine_blocklist(struct engine *engine, int64_t now_us, int64_t most_age_us);
/* {"learning", "learning_seconds_left", "active_detectors": [...], "memory_bytes", "memory_lost",
 * "tenants_lost", "above_normal"}: above_normal says how many times more failures of strange networks
 * were seen than may be learnt as normal; above 1 they are guessers that never stop. */
json_t *engine_status(struct engine *engine, int64_t now_us);

#endif
