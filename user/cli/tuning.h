/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a configuration file says about detection: [detect], [detector NAME], and who reads. Other
 * keys are the daemon's business and passed over, so a host's own waxseal.conf serves.
 */
#ifndef WAX_CLI_TUNING_H
#define WAX_CLI_TUNING_H

#include <stdio.h>

#include "cli/replay_readers.h"
#include "detect/engine.h"

struct tuning {
	struct engine_settings settings;
	struct watch_list watch; /* [mail] helper; the settings point to it, and to this: */
	struct network_list trusted;
	struct detector_choice *choices; /* in the order of detectors[] */
	size_t n_choices;
	struct replay_readers readers; /* that are listed */
};

/* It stays where it is. */
void tuning_init(struct tuning *ret);
void tuning_done(struct tuning *tuning);
/* Returns 0, or -EINVAL with "NAME:LINE: what is wrong; allowed: ..." in ret_problem. */
int tuning_read(struct tuning *tuning, FILE *file, const char *name, char *ret_problem,
		size_t size);

#endif
