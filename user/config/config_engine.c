/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine as the configuration wants it: for the daemon and for replay, so that a trace raises the
 * alerts that were raised live. */
#include "config/config.h"
#include "detect/engine.h"

struct engine *config_start_engine(const struct config *config, uint64_t listed)
{
	const struct engine_settings settings = {
		.false_alarms_per_day = config->false_alarms_per_day,
		.learn_days = config->learn_days,
		.accounts = listed > config->accounts ? listed : config->accounts,
		.trusted = &config->trusted,
		.listed_helpers = &config->watch.of[WATCH_MAIL_HELPER],
	};

	return engine_new(&settings, config->detectors, config->n_detectors);
}
