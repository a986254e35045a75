/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sums behind campaign: whether somebody tries the entries of a list at one tenant. Over the
 * mixture of its votes, for an assumed share of 2, 8 or 30 % from a list; the same over the votes of
 * strange networks, for 8, 30 or 70 %; and over the number of those (arrival_cusum.h), once as they
 * come and once with how far the mailboxes that they opened were read since.
 */
#ifndef WAX_DETECT_STATE_LIST_SUMS_H
#define WAX_DETECT_STATE_LIST_SUMS_H

#include "detect/stats/arrival_cusum.h"
#include "detect/state/first_accesses.h"
#include "detect/state/tenants.h"

#define LIST_SHARES 3

struct list_cell {
	float nats;
	int64_t since_us; /* it last began to grow */
};

struct list_sums {
	struct list_cell cells[STRATUM_MAX][LIST_MAX][LIST_SHARES];
	struct arrival_cusum arrivals, readings;
	int64_t last_us;
};

struct list_verdict {
	double nats, threshold; /* of the sum that is nearest to its threshold */
	enum list_kind list;
	enum stratum stratum;
	int64_t since_us;
	int64_t earliest_us; /* when the first sum at its threshold began, or this one */
};

/* No sum grows beyond twice the threshold of its stratum. */
void list_sums_add(struct list_sums *sums, const struct contact *contact,
		   const struct read_depth *read_depth, const double thresholds[STRATUM_MAX]);
void list_sums_note_reading(struct list_sums *sums, const struct tenant *tenant,
			    const struct first_access_reading *reading,
			    const struct read_depth *read_depth,
			    const double thresholds[STRATUM_MAX]);
struct list_verdict list_sums_strongest(const struct list_sums *sums,
					const double thresholds[STRATUM_MAX]);

/* Nats of one contact of the class under the middle assumption, for an alert's evidence. */
double list_sums_weight(const struct tenant *tenant, const struct list_verdict *verdict, int class);

#endif
