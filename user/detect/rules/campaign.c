/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: many networks try the entries of a list at one tenant, a mailbox or two each. No counter
 * per source or per account rises.
 *
 * Idea: the mixture of first contacts changes. Each vote (the first contact of a network that day,
 * see contacts.h) is compared with the tenant's own mixture at this hour of the day. Under the
 * assumption that a share e of all votes comes from a list, a vote of class c adds
 *
 *	ln(1 + e (q(c) / p(c) - 1))
 *
 * to a CUSUM, where q is the share of c in the list (evidence.h) and p the tenant's usual share.
 * Sums for e = 2, 8 and 30 %, and for networks that are new to the tenant those for 8, 30 and 70 %,
 * run at the same time, as do sums that weigh how many votes of new networks come in an hour
 * (arrival_cusum.h). list_sums.c holds them all; this file raises the alert when the strongest one
 * reaches its threshold, and says what it was.
 *
 * Reference: G. Lorden, "Procedures for reacting to a change in distribution", Annals of
 * Mathematical Statistics 42, 1971: CUSUMs for several assumptions at once.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/state/list_sums.h"
#include "detect/state/suspects.h"
#include "detect/stats/last_hour.h"
#include "detect/text/alert_text.h"
#include "model/account.h"

enum { PLAIN, UNKNOWN_PER_HOUR };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: use the number below instead of evidence"},
	[UNKNOWN_PER_HOUR] = {"unknown_per_hour", 5, 1000000, 20,
			      "plain: new names that do not exist, within one hour"},
	{0},
};

#define LEAST_SUSPECTS 4 /* not counting mailboxes in use */
#define MOST_OPENED 2	 /* for each of those, beyond the usual: people who meet do not fail */
#define REPORT_INTERVAL_US (30 * US_PER_SECOND)
#define PAUSE_US (20 * US_PER_MINUTE)
/* Bots come in surges; within an hour and ten minutes. */
#define SURGE 6
#define SURGE_LEAST 10
#define LEAST_READ 5   /* mailboxes in use that strangers opened and read, and share of all these */
#define SHARE_READ 0.6
#define END_INTERVAL_US US_PER_MINUTE /* so often it is looked for those that are over */
#define OF_ONE_TENANT .8 /* of the suspects: the attack is this tenant's */
#define SUCCESSES_FADE_HOURS 12
#define ALL_TENANTS "all tenants"
#define NAMED_TENANTS 5 /* in the sentence */

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

struct campaign {
	struct table *targets; /* by tenant */
	size_t n_alarmed;
	int64_t ended_us; /* when it was last looked for those that are over */
	struct rate votes[STRATUM_MAX];
	bool is_plain;
	double unknown_per_hour;
};

/* What happened just now, to whom. */
struct campaign_event {
	struct tenant *normal;
	const char *account;
	int64_t time_us;
	bool is_whole_host;
};

static void campaign_target_release(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	suspects_clear(&((struct campaign_target *)value)->suspects);
	free(((struct campaign_target *)value)->subject);
}

static void *campaign_new(const double *settings)
{
	struct campaign *state = xcalloc(1, sizeof(*state));

	state->targets = table_new(sizeof(uint64_t), sizeof(struct campaign_target), MOST_TENANTS,
				   campaign_target_release, NULL);
	state->is_plain = settings[PLAIN] != 0;
	state->unknown_per_hour = settings[UNKNOWN_PER_HOUR];
	return state;
}

static void campaign_target_fade(struct campaign_target *target, int64_t time_us)
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
static double campaign_recent_hours(const struct campaign_target *target,
				    const struct campaign_event *now)
{
	double hours = (double)(now->time_us - target->since_us) / US_PER_HOUR;

	return fmax(1 - exp(-hours), 1.0 / 120);
}

/* Attempts of the attack per hour: the recent votes that are more than usual, and as many successes
 * on mailboxes in use as the list has for these. */
static double campaign_attempts_per_hour(const struct campaign_target *target,
					 const struct campaign_event *now, enum list_kind list)
{
	double usual = 0, seen = target->recent_votes / campaign_recent_hours(target, now);

	for (int c = 0; c < CONTACT_MAX; c++)
		usual += c == CONTACT_ACTIVE
				 ? 0
				 : tenant_rare_per_hour(now->normal, STRATUM_STRANGE, c);
	return fmax(seen - usual, 0) / (1 - evidence_share(list, CONTACT_ACTIVE));
}

/* The share of the attempts that succeed: of such a list, and soon as many as were seen. What only
 * fails for days, as the Internet's bots do, opens nothing. */
static double campaign_success_share(const struct campaign_target *target,
				     const struct campaign_event *now, enum list_kind list, int class)
{
	double share = evidence_share(list, class);
	double hours = SUCCESSES_FADE_HOURS;
	double usual = tenant_rare_per_hour(now->normal, STRATUM_STRANGE, class) * hours;
	double hits = fmax(target->hits[class] - (isfinite(usual) ? usual : 0), 0);

	return (1 + hits) / (1 / share + target->tried + hits);
}

/* For takeover: how many successes of each class the attack has in an hour. Either as many as the
 * list has at this speed, or as many as the mailboxes that were read far imply. */
static void campaign_estimate_attack(const struct campaign_target *target,
				     const struct campaign_event *now,
				     const struct read_depth *read_depth, enum list_kind list)
{
	double attempts = campaign_attempts_per_hour(target, now, list);
	struct attack_estimate *attack = &now->normal->campaign;

	attack->since_us = target->since_us;
	for (int c = CONTACT_ACTIVE; c <= CONTACT_DORMANT; c++) {
		double usual = tenant_rare_per_hour(now->normal, STRATUM_STRANGE, c) *
			       read_depth_share(read_depth, 0);
		double read =
			(target->recent_read[c] / campaign_recent_hours(target, now) - usual) /
			READ_DEPTH_OF_THIEVES;

		attack->successes_per_hour[c] =
			fmax(attempts * campaign_success_share(target, now, list, c),
			     isfinite(read) ? read : 0);
	}
}

static double campaign_usual_since(const struct campaign_target *target,
				   const struct campaign_event *now, enum stratum stratum,
				   int class)
{
	double hours = (double)(now->time_us - target->since_us) / US_PER_HOUR;
	double per_hour = tenant_per_hour(now->normal, stratum, class);

	return isfinite(per_hour) ? per_hour * hours : 0;
}

/* Mailboxes in use that strange networks opened in the last hour, beyond the usual. */
static double campaign_opened(const struct campaign_target *target,
			      const struct campaign_event *now)
{
	double usual = tenant_rare_per_hour(now->normal, STRATUM_STRANGE, CONTACT_ACTIVE);
	double opened = last_hour_count(&target->opened, now->time_us);

	return isfinite(usual) ? fmax(opened - 1.5 * usual - 2 * sqrt(usual), 0) : opened;
}

/* Whether mailboxes were opened, beyond the usual: what only fails waits until the morning. */
static bool campaign_opens(const struct campaign_target *target, const struct campaign_event *now)
{
	return suspects_count(&target->suspects, CONTACT_DORMANT) > 0 ||
	       suspects_count(&target->suspects, CONTACT_ACTIVE) > 0 ||
	       campaign_opened(target, now) > 0;
}

/* "Tenant example.org", or all tenants of which some are named. */
static void campaign_format_whom(const struct campaign_target *target, size_t n_tenants,
				 const json_t *tenants, char *ret_text, size_t size)
{
	const char *tenant;
	size_t used, named = 0;
	json_t *count;

	if (strcmp(target->subject, ALL_TENANTS) != 0) {
		(void)snprintf(ret_text, size, "Tenant %s", target->subject);
		return;
	}
	used = (size_t)snprintf(ret_text, size, "%zu tenants (", n_tenants);
	json_object_foreach((json_t *)tenants, tenant, count) {
		if (named == NAMED_TENANTS || used >= size)
			break;
		used += (size_t)snprintf(ret_text + used, size - used, "%s%s", named++ ? ", " : "",
					 tenant);
	}
	if (used < size)
		(void)snprintf(ret_text + used, size - used, "%s)",
			       named < n_tenants ? " ..." : "");
}

static struct finding *campaign_add_finding(const struct campaign_target *target,
					    const struct campaign_event *now, const char *whom,
					    const struct list_verdict *verdict,
					    struct finding_list *ret)
{
	const struct suspects *suspects = &target->suspects;
	enum stratum stratum = verdict->stratum;
	char networks[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES], read[ALERT_TEXT_BYTES] = "";
	uint32_t n_read = suspects_count(suspects, CONTACT_ACTIVE);

	if (n_read)
		(void)snprintf(read, sizeof(read), ", mailboxes in use opened and read: %u",
			       n_read);
	alert_text_count(suspects->count, "network", "networks", networks);
	alert_text_duration(now->time_us - target->since_us, age);
	return finding_add(
		ret, campaign_detector.name,
		verdict->list == LIST_OWN && campaign_opens(target, now) ? SEVERITY_CRITICAL
									 : SEVERITY_WARNING,
		SUBJECT_TENANT,
		target->subject,
		"%s: %s%s tried one or two mailboxes each in %s. Names that never existed: "
		"%u "
		"(normal: %.1f), wrong passwords: %u (normal: %.1f), cancelled mailboxes: %u, "
		"unused mailboxes opened: %u%s. Somebody is trying the entries of %s.%s",
		whom, networks, stratum == STRATUM_STRANGE ? " never seen before" : "", age,
		suspects_count(suspects, CONTACT_UNKNOWN),
		campaign_usual_since(target, now, stratum, CONTACT_UNKNOWN),
		suspects_count(suspects, CONTACT_BAD),
		campaign_usual_since(target, now, stratum, CONTACT_BAD),
		suspects_count(suspects, CONTACT_CANCELLED),
		suspects_count(suspects, CONTACT_DORMANT), read,
		verdict->list == LIST_OWN ? "a list stolen from this host"
					  : "a list from elsewhere",
		tenant_above(now->normal) > 1
			? " Such attempts came while the normal was learnt, too, and are not part of it."
			: "");
}

static void campaign_report(struct campaign_target *target, const struct campaign_event *now,
			    const struct list_verdict *verdict, struct finding_list *ret)
{
	size_t n_tenants = 0, of_most = 0;
	const char *most = "";
	json_t *tenants = suspects_tenants(&target->suspects, &n_tenants, &most, &of_most);
	char whom[NAMED_TENANTS * 80 + 80];
	struct finding *finding;

	campaign_format_whom(target, n_tenants, tenants, whom, sizeof(whom));
	finding = campaign_add_finding(target, now, whom, verdict, ret);
	finding->first_us = target->since_us;
	finding->last_us = target->reported_us = now->time_us;
	suspects_report(&target->suspects, finding);
	json_object_set_new(finding->evidence, "tenants", tenants);
	json_object_set_new(finding->evidence, "tenant_count",
			    json_integer((json_int_t)n_tenants));
	json_object_set_new(finding->evidence, "list",
			    json_string(verdict->list == LIST_OWN ? "own" : "outside"));
	json_object_set_new(
		finding->evidence, "attempts_per_hour",
		json_real(round(campaign_attempts_per_hour(target, now, verdict->list))));
	evidence_report(finding->evidence, EVIDENCE_RATIO, verdict->nats, verdict->threshold);
	for (int c = 0; c < CONTACT_MAX; c++) {
		uint32_t count = suspects_count(&target->suspects, c);

		evidence_contribute(finding->evidence, contact_class_text(c), count,
				    count * list_sums_weight(now->normal, verdict, c));
	}
	evidence_settle(finding->evidence, verdict->nats);
}

/* The rule of plain = 1. */
static bool campaign_count_is_high(const struct campaign *state,
				   const struct campaign_target *target,
				   const struct campaign_event *now)
{
	return target->hour == now->time_us / US_PER_HOUR &&
	       target->unknown_now > state->unknown_per_hour &&
	       target->unknown_now > 5 * tenant_per_hour(now->normal, STRATUM_ALL, CONTACT_UNKNOWN);
}

/* Sums at their cap no longer show which list it is; what was tried does. */
static enum list_kind campaign_likelier_list(const struct suspects *suspects,
					     enum list_kind otherwise)
{
	double nats = 0;

	for (int c = CONTACT_DORMANT; c < CONTACT_MAX; c++)
		nats += suspects_count(suspects, (uint32_t)c) *
			log(evidence_share(LIST_OWN, c) / evidence_share(LIST_OUTSIDE, c));
	if (fabs(nats) < 1)
		return otherwise;
	return nats > 0 ? LIST_OWN : LIST_OUTSIDE;
}

/* What stood above the normal and was told of goes on as it did. */
static bool campaign_is_a_state(const struct campaign_target *target,
				const struct campaign_event *now)
{
	return target->is_told_above && tenant_above(now->normal) > 1 &&
	       last_hour_count(&target->failed[STRATUM_STRANGE], now->time_us) <=
		       SURGE_LEAST + SURGE * tenant_seen_per_hour(now->normal);
}

/* What was told of all tenants is told of each. */
static void campaign_hear_of_host(const struct campaign *state, struct campaign_target *target,
				  const struct campaign_event *now)
{
	const uint64_t host_key = HISTORY_WHOLE_HOST;
	const struct campaign_target *host = table_find(state->targets, &host_key);

	if (!now->is_whole_host && host && host->is_told_above && tenant_above(now->normal) > 1)
		target->is_told_above = true;
}

/* Votes of these networks, but for successes on mailboxes in use, that are usual in an hour. */
static double campaign_usual_per_hour(const struct tenant *normal, enum stratum stratum)
{
	double sum = 0;

	for (int c = CONTACT_DORMANT; c < CONTACT_MAX; c++)
		sum += stratum == STRATUM_STRANGE ? tenant_rare_per_hour(normal, stratum, c)
						  : tenant_per_hour(normal, stratum, c);
	return isfinite(sum) ? sum : 0;
}

/* People who land with one flight open mailboxes and hardly fail; a list fails. */
static bool campaign_is_a_crowd(const struct campaign_target *target,
				const struct campaign_event *now, size_t suspects)
{
	return campaign_opened(target, now) > MOST_OPENED * (double)suspects;
}

static bool campaign_is_alarm(const struct campaign *state, const struct campaign_target *target,
			      const struct campaign_event *now, const struct list_verdict *verdict)
{
	size_t suspects, read;

	if (state->is_plain)
		return campaign_count_is_high(state, target, now);
	if (verdict->nats < verdict->threshold)
		return false;
	/* Everyday's bots were told of once: now only what is more than they. */
	if (campaign_is_a_state(target, now))
		return false;
	if (!last_hour_is_more(&target->failed[verdict->stratum],
			       campaign_usual_per_hour(now->normal, verdict->stratum), now->time_us) &&
	    suspects_count(&target->suspects, CONTACT_ACTIVE) < LEAST_READ)
		return false;
	suspects = suspects_since(&target->suspects, verdict->earliest_us, CONTACT_ACTIVE);
	read = suspects_since(&target->suspects, verdict->earliest_us, CONTACT_MAX) - suspects;
	if (read >= LEAST_READ &&
	    (double)read >= SHARE_READ * campaign_opened(target, now))
		return true;
	return suspects >= LEAST_SUSPECTS && !campaign_is_a_crowd(target, now, suspects);
}

/* The suspects are one tenant's, or those of many. Returns whether nobody else tells of it. */
static bool campaign_choose_subject(struct campaign *state, struct campaign_target *target,
				    const struct campaign_event *now)
{
	const uint64_t host_key = HISTORY_WHOLE_HOST;
	struct campaign_target *host = table_find(state->targets, &host_key);
	const char *tenant = account_tenant(now->account), *most = "";
	size_t n_tenants = 0, of_most = 0;

	if (!now->is_whole_host) {
		if (host && host->is_alarmed && host->voice == VOICE_OWN)
			return false;
		free(target->subject);
		target->subject = xstrdup(tenant);
		return true;
	}
	json_decref(suspects_tenants(&target->suspects, &n_tenants, &most, &of_most));
	free(target->subject);
	if (n_tenants == 0 || (double)of_most < OF_ONE_TENANT * (double)target->suspects.count) {
		target->subject = xstrdup(ALL_TENANTS);
		return true;
	}
	target->subject = xstrdup(most);
	/* That tenant's own sum tells of it, or will soon. */
	for (const struct campaign_target *each = table_next(state->targets, NULL); each;
	     each = table_next(state->targets, each))
		if (each != target && each->is_alarmed && each->voice == VOICE_OWN &&
		    strcmp(each->subject, most) == 0)
			return false;
	return true;
}

static void campaign_begin(struct campaign *state, struct campaign_target *target,
			   const struct campaign_event *now, const struct list_verdict *verdict)
{
	target->is_alarmed = true;
	target->is_told_above |= tenant_above(now->normal) > 1;
	state->n_alarmed++;
	target->stratum = verdict->stratum;
	target->reported_us = 0;
	target->alarmed_us = now->time_us;
	target->since_us = verdict->since_us ? verdict->since_us : now->time_us;
	suspects_trim(&target->suspects, target->since_us);
	target->voice = campaign_choose_subject(state, target, now) ? VOICE_OWN : VOICE_NONE;
}

/* Begins anew: old suspects raise no other alarm. */
static void campaign_end(struct campaign *state, struct campaign_target *target,
			 struct tenant *normal)
{
	state->n_alarmed--;
	target->is_alarmed = false;
	target->sums = (struct list_sums){0};
	suspects_clear(&target->suspects);
	free(target->subject);
	target->subject = NULL;
	normal->campaign = (struct attack_estimate){0};
}

static bool campaign_goes_on(const struct campaign_target *target, const struct tenant *normal,
			     int64_t now_us)
{
	for (int s = target->stratum; s < STRATUM_MAX; s++)
		if (!last_hour_is_calm(&target->failed[s], campaign_usual_per_hour(normal, s), now_us))
			return true;
	return false;
}

/* Over is what was as usual for an hour. */
static void campaign_look_for_ends(struct campaign *state, const struct detector_input *input)
{
	struct campaign_target *target;

	if (state->n_alarmed == 0 || input->now_us - state->ended_us < END_INTERVAL_US)
		return;
	state->ended_us = input->now_us;
	for (target = table_next(state->targets, NULL); target;
	     target = table_next(state->targets, target)) {
		struct tenant *normal;
		bool is_over = input->now_us - target->alarmed_us > US_PER_HOUR;
		uint64_t key;

		if (!target->is_alarmed)
			continue;
		memcpy(&key, table_key(state->targets, target), sizeof(key));
		normal = tenants_touch(input->tenants, key, input->now_us);
		for (int s = target->stratum; s < STRATUM_MAX; s++)
			is_over &= last_hour_is_usual(&target->failed[s],
						      campaign_usual_per_hour(normal, s),
						      input->now_us);
		if (is_over)
			campaign_end(state, target, normal);
		else
			tenant_suspect(normal, input->now_us);
		/* What is opened while it pauses is not its. */
		if (input->now_us - target->alarmed_us > PAUSE_US &&
		    !campaign_goes_on(target, normal, input->now_us))
			memset(normal->campaign.successes_per_hour, 0,
			       sizeof(normal->campaign.successes_per_hour));
	}
}

/* After the sums have changed: begins the alarm, and reports it now and then. */
static void campaign_evaluate(struct campaign *state, const struct detector_input *input,
			      struct campaign_target *target, const struct campaign_event *now,
			      const double *thresholds, struct finding_list *ret)
{
	struct list_verdict verdict = list_sums_strongest(&target->sums, thresholds);

	if (verdict.nats > verdict.threshold / 2)
		tenant_suspect(now->normal, now->time_us);
	campaign_hear_of_host(state, target, now);
	if (!target->is_alarmed && campaign_is_alarm(state, target, now, &verdict))
		campaign_begin(state, target, now, &verdict);
	if (!target->is_alarmed)
		return;
	verdict.list = campaign_likelier_list(&target->suspects, verdict.list);
	campaign_estimate_attack(target, now, &input->first_accesses->read_depth, verdict.list);
	if (now->time_us - target->reported_us < REPORT_INTERVAL_US ||
	    (target->reported_us && (!campaign_goes_on(target, now->normal, now->time_us) ||
				     (now->time_us - target->alarmed_us > US_PER_HOUR &&
				      campaign_is_a_state(target, now)))))
		return;
	/* The other one may be over, or the attack have spread. */
	if (target->voice == VOICE_NONE && campaign_choose_subject(state, target, now))
		target->voice = VOICE_OWN;
	if (target->voice == VOICE_OWN)
		campaign_report(target, now, &verdict, ret);
	target->reported_us = now->time_us;
}

static void campaign_thresholds(const struct campaign *state, const struct detector_input *input,
				double ret_thresholds[STRATUM_MAX])
{
	for (int s = 0; s < STRATUM_MAX; s++)
		ret_thresholds[s] =
			detector_threshold(input, rate_per_day(&state->votes[s], input->now_us)) +
			TENANT_MARGIN / 2;
}

static void campaign_count_vote(struct campaign_target *target, const struct contact *contact)
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

static void campaign_add_vote(struct campaign *state, const struct detector_input *input,
			      const struct contact *contact, struct finding_list *ret)
{
	struct campaign_target *target = table_touch(state->targets, &contact->tenant, NULL);
	const struct campaign_event now = {contact->normal, contact->row->account,
					   contact->row->last_us, contact->is_whole_host};
	double thresholds[STRATUM_MAX];
	struct list_verdict before;

	campaign_thresholds(state, input, thresholds);
	before = list_sums_strongest(&target->sums, thresholds);
	list_sums_add(&target->sums, contact, &input->first_accesses->read_depth, thresholds);
	if (before.nats <= 0 && !target->is_alarmed)
		suspects_clear(&target->suspects);
	campaign_target_fade(target, now.time_us);
	campaign_count_vote(target, contact);
	if (target->hour != now.time_us / US_PER_HOUR)
		target->unknown_now = 0;
	target->hour = now.time_us / US_PER_HOUR;
	target->unknown_now += contact->class == CONTACT_UNKNOWN;
	/* Users who mistype at home would be on each list of suspects: they are on it only while
	 * the strongest sum is one over all networks. */
	if (contact->class != CONTACT_ACTIVE &&
	    (contact->is_strange_vote || before.stratum == STRATUM_ALL))
		suspects_add(&target->suspects, &contact->address, contact->row->account,
			     contact->class, contact->row->last_us);
	campaign_evaluate(state, input, target, &now, thresholds, ret);
}

/* That a new network opened a mailbox in use says little; that it then reads far says more. */
static void campaign_add_reading(struct campaign *state, const struct detector_input *input,
				 const struct first_access_reading *reading,
				 struct finding_list *ret)
{
	const struct first_access *first_access = reading->first_access;
	const struct read_row *row = reading->row;
	struct campaign_target *target = table_find(state->targets, &first_access->tenant);
	struct campaign_event now = {NULL, row->account, row->last_us, false};
	double thresholds[STRATUM_MAX];

	if (!target ||
	    read_depth_step(reading->before + row->messages) == read_depth_step(reading->before))
		return;
	now.normal = tenants_touch(input->tenants, first_access->tenant, now.time_us);
	campaign_thresholds(state, input, thresholds);
	list_sums_note_reading(&target->sums, now.normal, reading,
			       &input->first_accesses->read_depth, thresholds);
	if (read_depth_step(reading->before) < 0) {
		struct address address = address_parse(row->source);

		campaign_target_fade(target, now.time_us);
		target->recent_read[first_access->class]++;
		if (first_access->class == CONTACT_ACTIVE)
			suspects_add(&target->suspects, &address, row->account, CONTACT_ACTIVE,
				     now.time_us);
	}
	campaign_evaluate(state, input, target, &now, thresholds, ret);
}

static void campaign_add_contact(struct campaign *state, const struct detector_input *input,
				 const struct contact *contact, struct finding_list *ret)
{
	struct campaign_target *target;

	if (!contact->normal)
		return;
	/* A network that source_guessing has flagged is a suspect of the running campaign. */
	if (contact->was_flagged && contact->is_first) {
		target = table_find(state->targets, &contact->tenant);
		if (target && target->is_alarmed)
			suspects_add(&target->suspects, &contact->address, contact->row->account,
				     contact->class, contact->row->last_us);
	}
	if (!contact->is_vote)
		return;
	if (!contact->is_whole_host) {
		rate_add(&state->votes[STRATUM_ALL], input->now_us, 1);
		if (contact->is_strange_vote)
			rate_add(&state->votes[STRATUM_STRANGE], input->now_us, 1);
	}
	if (!input->is_learning)
		campaign_add_vote(state, input, contact, ret);
}

static void campaign_observe(void *state_pointer, const struct detector_input *input,
			     struct finding_list *ret)
{
	struct campaign *state = state_pointer;

	for (size_t i = 0; i < input->n_of_host; i++)
		campaign_add_contact(state, input, &input->of_host[i], ret);
	for (size_t i = 0; i < input->n_contacts; i++)
		campaign_add_contact(state, input, &input->contacts[i], ret);
	for (size_t i = 0; i < input->first_accesses->n_readings && !input->is_learning; i++)
		if (input->first_accesses->readings[i].first_access->is_strange_vote)
			campaign_add_reading(state, input, &input->first_accesses->readings[i],
					     ret);
	campaign_look_for_ends(state, input);
}

static void campaign_stand(void *state_pointer, const struct detector_input *input,
			   const struct standing_subject *subject, json_t *ret_sums)
{
	struct campaign *state = state_pointer;
	struct campaign_target *target = table_find(state->targets, &subject->hash);
	struct list_verdict verdict;
	const struct tenant *normal;
	double thresholds[STRATUM_MAX];
	char needs[120];
	json_t *sum;

	if (subject->kind != SUBJECT_TENANT || !target)
		return;
	campaign_thresholds(state, input, thresholds);
	verdict = list_sums_strongest(&target->sums, thresholds);
	normal = tenants_touch(input->tenants, subject->hash, input->now_us);
	(void)snprintf(needs, sizeof(needs), "wrong passwords from networks never seen: %.0f more",
		       ceil(fmax(verdict.threshold - verdict.nats, 0) /
			    fmax(list_sums_weight(normal, &verdict, CONTACT_BAD), .1)));
	sum = standing_add(ret_sums, campaign_detector.name, EVIDENCE_RATIO, verdict.nats,
			   verdict.threshold, needs);
	for (int c = 0; c < CONTACT_MAX; c++) {
		uint32_t count = suspects_count(&target->suspects, (uint32_t)c);

		evidence_contribute(sum, contact_class_text(c), count,
				    count * list_sums_weight(normal, &verdict, c));
	}
	standing_settle(sum);
}

static void campaign_serialize_target(struct serializer *serializer, void *value)
{
	struct campaign_target *target = value;

	serializer_text(serializer, &target->subject);
	suspects_serialize(&target->suspects, serializer);
	/* an alarm without a subject would have nobody to tell of */
	if (serializer->is_reading && target->is_alarmed && !target->subject)
		serializer->is_bad = true;
}

static void campaign_serialize(void *state_pointer, struct serializer *serializer)
{
	struct campaign *state = state_pointer;

	serializer_member(serializer, state->votes, sizeof(state->votes));
	serializer_member(serializer, &state->n_alarmed, sizeof(state->n_alarmed));
	serializer_table(serializer, state->targets, sizeof(uint64_t),
			 sizeof(struct campaign_target), campaign_serialize_target);
}

static void campaign_free(void *state_pointer)
{
	struct campaign *state = state_pointer;

	table_free(state->targets);
	free(state);
}

const struct detector campaign_detector = {
	.name = "campaign",
	.help = "many networks try the entries of a list at one tenant, one or two each",
	.keys = keys,
	.shares_alarms = true,
	.learns_first = true,
	.new = campaign_new,
	.observe = campaign_observe,
	.stand = campaign_stand,
	.serialize = campaign_serialize,
	.free = campaign_free,
};
