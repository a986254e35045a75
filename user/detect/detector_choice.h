/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [detector NAME]: whether a detector runs, and with which numbers. The daemon's configuration and
 * `waxseal replay --config` read it by this one parser, from the detectors' own tables of keys.
 */
#ifndef WAX_DETECT_DETECTOR_CHOICE_H
#define WAX_DETECT_DETECTOR_CHOICE_H

#include "detect/detector.h"

struct detector_choice {
	const struct detector *detector;
	bool enabled;
	double *settings; /* settings[i] belongs to detector->keys[i]; owned */
};

/* A choice for each of detectors[], in its order, with all defaults. */
struct detector_choice *detector_choices_new(size_t *ret_count);
void detector_choices_free(struct detector_choice *choices, size_t count);
/* NULL when no detector has this name. */
struct detector_choice *detector_choices_find(struct detector_choice *choices, size_t count,
					      const char *name);

/* Sets `enabled` or a key of the detector. Returns 0, or -EINVAL with "KEY: what is wrong;
 * allowed: ..." in ret_problem. */
int detector_choice_set(struct detector_choice *choice, const char *name, const char *text,
			char *ret_problem, size_t size);

#endif
