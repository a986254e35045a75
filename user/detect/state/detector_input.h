/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a detector gets: what happened in one tick, and the state that all detectors share. */
#ifndef WAX_DETECT_STATE_DETECTOR_INPUT_H
#define WAX_DETECT_STATE_DETECTOR_INPUT_H

#include "base/serializer.h"
#include "detect/state/contacts.h"
#include "detect/state/first_accesses.h"
#include "model/snapshot.h"
#include "model/watch_list.h"

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
	const struct network_list *trusted; /* never a stranger's; the sources of webmail */
	const struct network_list *own;	    /* addresses of this host */
	const struct watch_entries *listed_helpers; /* programs that the administrator listed */
	int64_t now_us;
	const struct contact *of_host; /* the contacts as all tenants together see them */
	size_t n_of_host;
	bool is_learning;    /* what is normal is not known yet */
	bool is_first_day;   /* every network and most accounts are new */
	double false_alarms; /* accepted per day, this detector's part */
	double accounts;     /* how many there are room for or listed */
};

/* The threshold of a sum of evidence that changes so often. */
static inline double detector_threshold(const struct detector_input *input, double updates_per_day)
{
	return evidence_threshold(updates_per_day, input->false_alarms);
}

#endif
