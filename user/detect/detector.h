/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A detector: one idea about what is abnormal. Its findings follow from the snapshots it has seen
 * and their times alone: it reads no clock, no file and no kernel, so it runs the same in the
 * daemon, in a test and over a recorded trace.
 *
 * A new detector is one file in rules/ with one const struct, and one row in detectors.c.
 */
#ifndef WAX_DETECT_DETECTOR_H
#define WAX_DETECT_DETECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/standing.h"
#include "detect/state/detector_input.h"
#include "model/alert.h"

/* A key of [detector NAME] with its range and default. All values are numbers. Configuration and
 * replay read them by detector_choice.h. */
struct detector_key {
	const char *name;
	double minimum, maximum, initial;
	const char *help; /* one line, for waxseal.conf(5) */
};

struct detector {
	const char *name;
	const char *help;
	const struct detector_key *keys; /* ends with a NULL name; NULL when there are none */
	bool shares_alarms; /* may raise a false alarm by chance: shares the accepted ones */
	bool learns_first;  /* raises no warning while the normal is learnt */
	/* settings[i] belongs to keys[i]. The result is owned by the caller until free(). */
	void *(*new)(const double *settings);
	void (*observe)(void *state, const struct detector_input *input, struct finding_list *ret);
	/* Bytes that this listed program may read of a store before another look is worth it; NULL:
	 * any number. */
	double (*read_budget)(void *state, const struct detector_input *input, const char *store,
			      const char *actor);
	/* What stands now against a subject: appends to ret_sums with standing_add(). NULL: this
	 * detector keeps no sum about one. */
	void (*stand)(void *state, const struct detector_input *input,
		      const struct standing_subject *subject, json_t *ret_sums);
	void (*serialize)(void *state, struct serializer *serializer); /* NULL: remembers nothing */
	void (*free)(void *state);
};

extern const struct detector source_guessing_detector;
extern const struct detector brute_force_detector;
extern const struct detector campaign_detector;
extern const struct detector dormant_hits_detector;
extern const struct detector new_network_success_detector;
extern const struct detector takeover_detector;
extern const struct detector bulk_read_detector;
extern const struct detector foreign_reader_detector;
extern const struct detector second_account_detector;
extern const struct detector credential_reader_detector;
extern const struct detector credential_volume_detector;
extern const struct detector legacy_login_detector;
extern const struct detector honey_account_detector;
extern const struct detector sensor_health_detector;

/* All of them, in the order in which they run, ending with NULL. */
extern const struct detector *const detectors[];

const struct detector *detector_find(const char *name);

#endif
