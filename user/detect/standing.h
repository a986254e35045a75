/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands here now against a source, an account or a tenant, alert or not. For `explain` and
 * `sources`:
 *
 *	json_t *now = engine_standing(engine, SUBJECT_SOURCE, "192.0.2.7", time_now_us());
 *
 *	{"subject": {"kind": "source", "name": "192.0.2.7"},
 *	 "raised": false,			whether a sum is at its threshold now
 *	 "sums": [{"detector": "source_guessing",
 *		   "measure": "log_likelihood_ratio",	or another one of evidence.h
 *		   "sum": 8.1, "threshold": 14.2,
 *		   "contributions": [{"what": "wrong passwords", "count": 3, "adds": 7.4}, ...],
 *		   "needs": "3 more wrong passwords on other mailboxes"}, ...]}
 *
 * A sum is one that a detector keeps about this very subject; the strongest (sum / threshold)
 * comes first. The `adds` of its contributions add up to `sum`: what time has taken away is a
 * contribution below zero. No sums: nothing speaks against the subject. A new reference; never
 * NULL. Looking changes nothing but how far sums have faded.
 *
 *	double sum, threshold;
 *	if (engine_source_evidence(engine, "192.0.2.7", now_us, &sum, &threshold)) ...
 *
 * is the same for one column of a table, without the terms; false: nothing is known against it.
 */
#ifndef WAX_DETECT_STANDING_H
#define WAX_DETECT_STANDING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/alert.h"

struct engine;

json_t *engine_standing(struct engine *engine, enum subject_kind kind, const char *name,
			int64_t now_us);
bool engine_source_evidence(struct engine *engine, const char *source, int64_t now_us,
			    double *ret_sum, double *ret_threshold);

/* ---- For detectors ---- */

struct standing_subject {
	enum subject_kind kind;
	const char *name;
	uint64_t hash; /* history_name() of it */
};

/* Appends a sum and returns it (borrowed) for evidence_contribute(); standing_settle() then makes
 * the contributions add up. needs: what would raise the alert, in words; copied. */
json_t *standing_add(json_t *sums, const char *detector, const char *measure, double sum,
		     double threshold, const char *needs);
void standing_settle(json_t *sum);
/* The strongest first. */
void standing_sort(json_t *sums);

#endif
