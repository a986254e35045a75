/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What campaign knows of an attack on one tenant, or on all. */
#ifndef WAX_DETECT_STATE_CAMPAIGN_TARGET_H
#define WAX_DETECT_STATE_CAMPAIGN_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/state/list_sums.h"
#include "detect/state/suspects.h"
#include "detect/stats/last_hour.h"

#define ALL_TENANTS "all tenants"

/* Under whose name an alarm is told. */
enum campaign_voice {
	VOICE_NONE, /* another alert tells of it */
	VOICE_OWN,
};

/* What is known of an attack on one tenant. */
struct campaign_target {
	struct list_sums sums;
	int64_t since_us; /* begin of what the running alarm is about */
	int64_t alarmed_us;
	int64_t reported_us;
	int64_t calm_us; /* since when the last hour was as usual; 0: it is not */
	bool is_alarmed;
	bool is_told_above; /* what stood above what may be learnt was told of: it is a state */
	enum campaign_voice voice;
	char *subject; /* while alarmed; owned */
	/* Votes but for successes on mailboxes in use, of all networks and of strange ones; and
	 * those successes of strange ones. */
	struct last_hour failed[STRATUM_MAX], opened;
	enum stratum stratum;		  /* whose votes make the alarm */
	double tried, hits[CONTACT_MAX]; /* of strange networks, fading within half a day */
	/* Of the last hour, fading: votes of new networks without successes on mailboxes in use,
	 * and mailboxes that such networks opened and read far. */
	double recent_votes;
	double recent_read[CONTACT_MAX];
	int64_t recent_us;
	uint32_t unknown_now; /* plain: unknown names in the running hour */
	int64_t hour;
	struct suspects suspects;
};

/* What happened just now, to whom. */
struct campaign_event {
	struct tenant *normal;
	const char *account;
	int64_t time_us;
	bool is_whole_host;
};

void campaign_target_fade(struct campaign_target *target, int64_t time_us);
double campaign_target_usual_since(const struct campaign_target *target,
				   const struct campaign_event *now, enum stratum stratum,
				   int class);
double campaign_target_attempts(const struct campaign_target *target,
					 const struct campaign_event *now, enum list_kind list);
void campaign_target_estimate(const struct campaign_target *target,
				     const struct campaign_event *now,
				     const struct read_depth *read_depth, enum list_kind list);
/* Mailboxes in use that strange networks opened in the last hour, beyond the usual. */
double campaign_target_opened(const struct campaign_target *target,
			      const struct campaign_event *now);
/* Whether mailboxes were opened, beyond the usual: what only fails waits until the morning. */
bool campaign_target_opens(const struct campaign_target *target, const struct campaign_event *now);
/* More guessing than may be learnt, but by machines that come day after day and open next to
 * nothing: everyday's, which a notice tells of. */
bool campaign_target_is_everyday(const struct campaign_target *target,
				 const struct campaign_event *now);
/* What stood above the normal and was told of goes on as it did. */
bool campaign_target_is_state(const struct campaign_target *target,
				const struct campaign_event *now);
/* How unlikely it is, in nats, that what failed, and what woke mailboxes, of these networks is but
 * one of everyday's surges: of the unlikeliest time that ends now. */
double campaign_target_surge(const struct campaign_target *target, const struct tenant *normal,
			     enum stratum stratum, int64_t now_us);
/* Votes of these networks, but for successes on mailboxes in use, that are usual in an hour. */
double campaign_target_usual(const struct tenant *normal, enum stratum stratum);
/* People who land with one flight open mailboxes and hardly fail; a list fails. */
bool campaign_target_is_crowd(const struct campaign_target *target,
				const struct campaign_event *now, size_t suspects);
bool campaign_target_goes_on(const struct campaign_target *target, const struct tenant *normal,
			     int64_t now_us);
void campaign_target_count(struct campaign_target *target, const struct contact *contact);

#endif
