/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts each enabled detector with its settings. A key of [detect] is the default of all
 * detectors' keys of that name; accepted false alarms are for the whole host, so each detector
 * that asks for them gets an equal share.
 */
#include "daemon/detection.h"

#include <string.h>

#include "base/mem.h"

struct running {
	const struct detector *detector;
	void *state;
};

struct detection {
	struct running *running;
	size_t count;
};

/* Index of a key in a detector's table, or -1. */
static int detection_find_key(const struct detector *detector, const char *name)
{
	for (int i = 0; detector->keys && detector->keys[i].name; i++)
		if (strcmp(detector->keys[i].name, name) == 0)
			return i;
	return -1;
}

static size_t detection_count_key(const struct config *config, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < config->n_detectors; i++)
		count += config->detectors[i].enabled &&
			 detection_find_key(config->detectors[i].detector, name) >= 0;
	return count;
}

static void detection_default(const struct detector_choice *choice, const char *name, double value,
			      double *settings)
{
	int i = detection_find_key(choice->detector, name);
	const struct detector_key *key;

	if (i < 0 || choice->is_set[i])
		return;
	key = &choice->detector->keys[i];
	settings[i] = value < key->minimum   ? key->minimum
		      : value > key->maximum ? key->maximum
					     : value;
}

static void *detection_start(const struct config *config, const struct detector_choice *choice)
{
	size_t sharing = detection_count_key(config, "false_alarms_per_day"), n = 0;
	_cleanup_free_ double *settings = NULL;

	while (choice->detector->keys && choice->detector->keys[n].name)
		n++;
	settings = xcalloc(n + 1, sizeof(*settings));
	memcpy(settings, choice->settings, n * sizeof(*settings));
	detection_default(choice, "false_alarms_per_day",
			  config->false_alarms_per_day / (double)(sharing ? sharing : 1), settings);
	detection_default(choice, "learn_days", config->learn_days, settings);
	return choice->detector->new (settings);
}

struct detection *detection_new(const struct config *config)
{
	struct detection *detection = xcalloc(1, sizeof(*detection));

	detection->running = xcalloc(config->n_detectors + 1, sizeof(*detection->running));
	for (size_t i = 0; i < config->n_detectors; i++) {
		const struct detector_choice *choice = &config->detectors[i];

		if (choice->enabled)
			detection->running[detection->count++] = (struct running){
				.detector = choice->detector,
				.state = detection_start(config, choice),
			};
	}
	return detection;
}

void detection_free(struct detection *detection)
{
	if (!detection)
		return;
	for (size_t i = 0; i < detection->count; i++)
		detection->running[i].detector->free(detection->running[i].state);
	free(detection->running);
	free(detection);
}

void detection_observe(struct detection *detection, const struct snapshot *snapshot,
		       struct finding_list *ret)
{
	for (size_t i = 0; i < detection->count; i++)
		detection->running[i].detector->observe(detection->running[i].state, snapshot, ret);
}
