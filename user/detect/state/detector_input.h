/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened in one tick, and what is remembered, as every detector gets it. */
#ifndef WAX_DETECT_STATE_DETECTOR_INPUT_H
#define WAX_DETECT_STATE_DETECTOR_INPUT_H

#include "base/serializer.h"
#include "detect/state/contacts.h"
#include "detect/state/first_accesses.h"
#include "model/snapshot.h"

/* Pointers are valid during observe(). */
struct detector_input {
	const struct snapshot *snapshot;
	const struct contact *contacts;
	size_t n_contacts;
	struct first_accesses *first_accesses;
	struct history *history;
	struct sources *sources;
	struct tenants *tenants;
	const struct evidence *evidence;
	int64_t now_us;
	bool is_learning;     /* normals are not yet known: judge only what needs none */
	double false_alarms;  /* accepted per day, this detector's part */
	double accounts;      /* how many there are room for or listed */
};

/* What every sum of evidence ends as. */
static inline double detector_level(const struct detector_input *input, double updates_per_day)
{
	return evidence_level(updates_per_day, input->false_alarms);
}

#endif
