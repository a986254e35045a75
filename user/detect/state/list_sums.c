/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each sum is a CUSUM of log-likelihood ratios (stats/evidence.h). */
#include "detect/state/list_sums.h"

#include <math.h>

#include "base/time.h"

/* Among strange networks a campaign is soon the greater part. */
static const double attack_shares[STRATUM_MAX][LIST_SHARES] = {{.02, .08, .3}, {.08, .3, .7}};

#define FADE_US (12 * US_PER_HOUR)
#define CELLS (STRATUM_MAX * LIST_MAX * LIST_SHARES)

static void list_cell_add(struct list_cell *cell, double nats, double most, int64_t now_us)
{
	if (cell->nats <= 0)
		cell->since_us = now_us;
	cell->nats = (float)fmin(fmax(cell->nats + nats, 0), most);
}

static void list_sums_add_mixture(struct list_sums *sums, const struct contact *contact,
				  enum stratum stratum, double most)
{
	double usual = tenant_share(contact->normal, stratum, contact->class);

	if (contact->class == CONTACT_BAD && !contact->is_strange_vote)
		usual = tenant_recent_bad(contact->normal);
	for (int list = 0; list < LIST_MAX; list++)
		for (int i = 0; i < LIST_SHARES; i++) {
			double ratio = evidence_share(list, contact->class) / usual;

			list_cell_add(&sums->cells[stratum][list][i],
				      log1p(attack_shares[stratum][i] * (ratio - 1)), most,
				      contact->row->last_us);
		}
}

static bool contact_class_is_success(enum contact_class class)
{
	return class == CONTACT_ACTIVE || class == CONTACT_DORMANT;
}

/* What was suspicious yesterday is no part of an attack of today: sums halve within 12 hours. */
static void list_sums_fade(struct list_sums *sums, int64_t now_us)
{
	struct list_cell *all = &sums->cells[0][0][0];
	double factor = exp2(-fmax((double)(now_us - sums->last_us), 0) / FADE_US);

	sums->last_us = now_us;
	for (int i = 0; i < CELLS; i++)
		all[i].nats *= (float)factor;
	for (int list = 0; list < LIST_MAX; list++)
		for (int i = 0; i < ARRIVAL_CUSUM_SPEEDS; i++) {
			sums->arrivals.cells[list][i].nats *= (float)factor;
			sums->readings.cells[list][i].nats *= (float)factor;
		}
}

void list_sums_add(struct list_sums *sums, const struct contact *contact,
		   const struct read_depth *read_depth, const double thresholds[STRATUM_MAX])
{
	double most = 2 * thresholds[STRATUM_STRANGE];
	struct arrival_cusum_event event;

	list_sums_fade(sums, contact->row->last_us);
	list_sums_add_mixture(sums, contact, STRATUM_ALL, 2 * thresholds[STRATUM_ALL]);
	if (!contact->is_strange_vote)
		return;
	list_sums_add_mixture(sums, contact, STRATUM_STRANGE, most);
	event = (struct arrival_cusum_event){
		tenant_rare_per_hour(contact->normal, STRATUM_STRANGE, contact->class),
		contact->class, 1, contact->row->last_us};
	arrival_cusum_add(&sums->arrivals, &event, most);
	if (contact_class_is_success(contact->class))
		event.factor = read_depth_ratio(read_depth, 0);
	arrival_cusum_add(&sums->readings, &event, most);
}

void list_sums_note_reading(struct list_sums *sums, const struct tenant *tenant,
			    const struct first_access_reading *reading,
			    const struct read_depth *read_depth,
			    const double thresholds[STRATUM_MAX])
{
	const struct first_access *first_access = reading->first_access;
	struct arrival_cusum_event event = {
		tenant_rare_per_hour(tenant, STRATUM_STRANGE, first_access->class),
		first_access->class, read_depth_ratio(read_depth, reading->before),
		first_access->time_us};

	arrival_cusum_revise(&sums->readings, &event,
			     read_depth_ratio(read_depth, reading->before + reading->row->messages),
			     2 * thresholds[STRATUM_STRANGE], reading->row->last_us);
}

static void list_verdict_compare(struct list_verdict *best, struct list_verdict other)
{
	bool are_alarms = best->nats >= best->threshold && other.nats >= other.threshold;
	int64_t earliest_us =
		best->earliest_us < other.since_us ? best->earliest_us : other.since_us;

	other.earliest_us = other.since_us;
	if (other.nats / other.threshold > best->nats / best->threshold)
		*best = other;
	if (are_alarms)
		best->earliest_us = earliest_us;
}

static void list_verdict_compare_arrivals(struct list_verdict *best,
					  const struct arrival_cusum *arrival_cusum,
					  double threshold)
{
	for (int list = 0; list < LIST_MAX; list++)
		for (int i = 0; i < ARRIVAL_CUSUM_SPEEDS; i++) {
			const struct arrival_cusum_cell *cell = &arrival_cusum->cells[list][i];

			list_verdict_compare(best, (struct list_verdict){cell->nats, threshold,
									 list, STRATUM_STRANGE,
									 cell->since_us, 0});
		}
}

struct list_verdict list_sums_strongest(const struct list_sums *sums,
					const double thresholds[STRATUM_MAX])
{
	const struct list_cell *all = &sums->cells[0][0][0];
	struct list_verdict best = {.threshold = thresholds[STRATUM_ALL]};

	for (int i = 0; i < CELLS; i++) {
		enum stratum stratum = i / LIST_SHARES / LIST_MAX;

		list_verdict_compare(&best, (struct list_verdict){all[i].nats, thresholds[stratum],
								  i / LIST_SHARES % LIST_MAX,
								  stratum, all[i].since_us, 0});
	}
	list_verdict_compare_arrivals(&best, &sums->arrivals, thresholds[STRATUM_STRANGE]);
	list_verdict_compare_arrivals(&best, &sums->readings, thresholds[STRATUM_STRANGE]);
	return best;
}

double list_sums_weight(const struct tenant *tenant, const struct list_verdict *verdict, int class)
{
	double ratio = evidence_share(verdict->list, class) /
		       tenant_share(tenant, verdict->stratum, class);

	return log1p(attack_shares[verdict->stratum][1] * (ratio - 1));
}
