/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shares of successes are a guess first, and soon what was seen. */
#include "detect/state/campaign_target.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"

#define MOST_OPENED 2	 /* for each of those, beyond the usual: people who meet do not fail */
#define SUCCESSES_FADE_HOURS 12
/* Bots come in surges; within an hour and ten minutes. */
#define SURGE 6
#define SURGE_LEAST 10
#define EVERYDAY_OPENED .05
#define EVERYDAY_RETURNS .25
#define EVERYDAY_CHANCE 1.5
#define UNUSED_DISPERSION .3 /* owners come back one by one */
#define LEAST_OF_SURGE 3 /* votes */
#define SURGE_TICK_US (10 * US_PER_SECOND) /* those of one tick took as long */

void campaign_target_fade(struct campaign_target *target, int64_t time_us)
{
	double factor = exp(-fmax((double)(time_us - target->recent_us) / US_PER_HOUR, 0));

	target->recent_votes *= factor;
	for (int c = 0; c < CONTACT_MAX; c++)
		target->recent_read[c] *= factor;
	factor = pow(factor, 1.0 / SUCCESSES_FADE_HOURS);
	target->tried *= factor;
	for (int c = 0; c < CONTACT_MAX; c++)
		target->hits[c] *= factor;
	target->recent_us = time_us;
}

/* For how many hours the fading counts stand; half a minute at the least. */
static double campaign_target_hours(const struct campaign_target *target,
				    const struct campaign_event *now)
{
	double hours = (double)(now->time_us - target->since_us) / US_PER_HOUR;

	return fmax(1 - exp(-hours), 1.0 / 120);
}

double campaign_target_usual_since(const struct campaign_target *target,
				   const struct campaign_event *now, enum stratum stratum,
				   int class)
{
	double hours = (double)(now->time_us - target->since_us) / US_PER_HOUR;
	double per_hour = tenant_per_hour(now->normal, stratum, class);

	return isfinite(per_hour) ? per_hour * hours : 0;
}

double campaign_target_attempts(const struct campaign_target *target,
					 const struct campaign_event *now, enum list_kind list)
{
	double usual = 0, seen = target->recent_votes / campaign_target_hours(target, now);

	for (int c = 0; c < CONTACT_MAX; c++)
		usual += c == CONTACT_ACTIVE
				 ? 0
				 : tenant_rare_per_hour(now->normal, STRATUM_STRANGE, c);
	return fmax(seen - usual, 0) / (1 - evidence_share(list, CONTACT_ACTIVE));
}

static double campaign_target_success_share(const struct campaign_target *target,
				     const struct campaign_event *now, enum list_kind list, int class)
{
	double share = evidence_share(list, class);
	double hours = SUCCESSES_FADE_HOURS;
	double usual = tenant_rare_per_hour(now->normal, STRATUM_STRANGE, class) * hours;
	double hits = fmax(target->hits[class] - (isfinite(usual) ? usual : 0), 0);

	return (1 + hits) / (1 / share + target->tried + hits);
}

void campaign_target_estimate(const struct campaign_target *target,
				     const struct campaign_event *now,
				     const struct read_depth *read_depth, enum list_kind list)
{
	double attempts = campaign_target_is_everyday(target, now)
				  ? 0 : campaign_target_attempts(target, now, list);
	struct attack_estimate *attack = &now->normal->campaign;

	attack->since_us = target->since_us;
	for (int c = CONTACT_ACTIVE; c <= CONTACT_DORMANT; c++) {
		double usual = tenant_rare_per_hour(now->normal, STRATUM_STRANGE, c) *
			       read_depth_share(read_depth, 0);
		double read =
			(target->recent_read[c] / campaign_target_hours(target, now) - usual) /
			READ_DEPTH_OF_THIEVES;

		attack->successes_per_hour[c] = fmax(
			attempts * campaign_target_success_share(target, now, list, c),
			isfinite(read) ? read : 0);
	}
}

double campaign_target_opened(const struct campaign_target *target,
			      const struct campaign_event *now)
{
	double usual = tenant_rare_per_hour(now->normal, STRATUM_STRANGE, CONTACT_ACTIVE);
	double opened = last_hour_count(&target->opened, now->time_us);

	return isfinite(usual) ? fmax(opened - 1.5 * usual - 2 * sqrt(usual), 0) : opened;
}

bool campaign_target_opens(const struct campaign_target *target, const struct campaign_event *now)
{
	return suspects_count(&target->suspects, CONTACT_DORMANT) > 0 ||
	       suspects_count(&target->suspects, CONTACT_ACTIVE) > 0 ||
	       campaign_target_opened(target, now) > 0;
}

bool campaign_target_is_everyday(const struct campaign_target *target,
				 const struct campaign_event *now)
{
	const struct suspects *suspects = &target->suspects;
	double all = (double)suspects->count;
	double opened = campaign_target_opened(target, now) +
			suspects_count(suspects, CONTACT_DORMANT) +
			suspects_count(suspects, CONTACT_ACTIVE);

	return tenant_above(now->normal) > 1 && opened <= EVERYDAY_OPENED * all + 2 &&
	       (double)suspects_returning(suspects) >= EVERYDAY_RETURNS * all - EVERYDAY_CHANCE;
}

bool campaign_target_is_state(const struct campaign_target *target,
				const struct campaign_event *now)
{
	return target->is_told_above && tenant_above(now->normal) > 1 &&
	       last_hour_count(&target->failed[STRATUM_STRANGE], now->time_us) <=
		       SURGE_LEAST + SURGE * tenant_seen_per_hour(now->normal);
}

/* What is usual from the newest suspect back to another one, and how many there were. */
struct campaign_span {
	const struct tenant *normal;
	enum stratum stratum;
	int64_t begin_us, end_us;
	double failed, unused; /* that are usual in it */
	double n_failed, n_unused; /* of unused mailboxes, opened or not: the host's own list */
};

static bool class_is_unused(uint32_t class)
{
	return class == CONTACT_DORMANT || class == CONTACT_CANCELLED;
}

/* Hour by hour of the day. */
static void campaign_span_reach(struct campaign_span *span, int64_t begin_us)
{
	while (span->begin_us > begin_us) {
		int64_t hour_us = (span->begin_us - 1) / US_PER_HOUR * US_PER_HOUR;
		int64_t from_us = hour_us > begin_us ? hour_us : begin_us;
		double hours = (double)(span->begin_us - from_us) / US_PER_HOUR;

		for (int c = CONTACT_DORMANT; c < CONTACT_MAX; c++)
			*(class_is_unused(c) ? &span->unused : &span->failed) +=
				hours * tenant_rare_at(span->normal, span->stratum, c, hour_us);
		span->begin_us = from_us;
	}
}

static double campaign_span_nats(const struct campaign_span *span, double dispersion)
{
	double hours = (double)(span->end_us - span->begin_us) / US_PER_HOUR;

	return surge_nats(span->n_failed, span->failed, hours, dispersion) +
	       surge_nats(span->n_unused, span->unused, hours, UNUSED_DISPERSION);
}

double campaign_target_surge(const struct campaign_target *target, const struct tenant *normal,
			     enum stratum stratum, int64_t now_us)
{
	struct campaign_span span = {normal, stratum, now_us, now_us, 0, 0, 0, 0};
	double dispersion = tenant_dispersion(normal, stratum), most = 0;
	const struct suspect *suspect;
	size_t next = LEAST_OF_SURGE;

	for (size_t i = 0; (suspect = suspects_newest(&target->suspects, i)); i++) {
		if (now_us - suspect->time_us > US_PER_DAY)
			break;
		if (suspect->class == CONTACT_ACTIVE ||
		    (stratum == STRATUM_STRANGE && suspect->is_at_home))
			continue;
		span.n_unused += class_is_unused(suspect->class);
		span.n_failed += !class_is_unused(suspect->class);
		if (span.n_failed + span.n_unused < (double)next)
			continue;
		next += 1 + next / 8;
		campaign_span_reach(&span, suspect->time_us - SURGE_TICK_US);
		most = fmax(most, campaign_span_nats(&span, dispersion));
	}
	return most;
}

double campaign_target_usual(const struct tenant *normal, enum stratum stratum)
{
	double sum = 0;

	for (int c = CONTACT_DORMANT; c < CONTACT_MAX; c++)
		sum += stratum == STRATUM_STRANGE ? tenant_rare_per_hour(normal, stratum, c)
						  : tenant_per_hour(normal, stratum, c);
	return isfinite(sum) ? sum : 0;
}

bool campaign_target_is_crowd(const struct campaign_target *target,
				const struct campaign_event *now, size_t suspects)
{
	return campaign_target_opened(target, now) > MOST_OPENED * (double)suspects;
}

bool campaign_target_goes_on(const struct campaign_target *target, const struct tenant *normal,
			     int64_t now_us)
{
	for (int s = target->stratum; s < STRATUM_MAX; s++)
		if (!last_hour_is_calm(&target->failed[s], campaign_target_usual(normal, s), now_us))
			return true;
	return false;
}

void campaign_target_count(struct campaign_target *target, const struct contact *contact)
{
	int64_t now_us = contact->row->last_us;
	bool is_opened = contact->class == CONTACT_ACTIVE;

	for (int s = 0; s <= (contact->is_strange_vote ? STRATUM_STRANGE : STRATUM_ALL); s++)
		if (!is_opened)
			last_hour_add(&target->failed[s], now_us);
	if (!contact->is_strange_vote)
		return;
	if (is_opened)
		last_hour_add(&target->opened, now_us);
	target->recent_votes += !is_opened;
	target->tried += !is_opened;
	target->hits[contact->class]++;
}
