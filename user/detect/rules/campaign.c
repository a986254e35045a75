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

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/state/list_sums.h"
#include "detect/state/suspects.h"
#include "detect/text/alert_text.h"
#include "model/account.h"

enum { PLAIN, UNKNOWN_PER_HOUR };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: use the number below instead of evidence"},
	[UNKNOWN_PER_HOUR] = {"unknown_per_hour", 5, 1000000, 20,
			      "plain: new names that do not exist, within one hour"},
	{0},
};

#define TENANTS 1024
#define LEAST_SUSPECTS 3 /* not counting mailboxes in use that were opened and not read */
#define REPORT_INTERVAL_US (30 * US_PER_SECOND)

/* What is known of an attack on one tenant. */
struct campaign_target {
	struct list_sums sums;
	int64_t since_us; /* begin of the running alarm */
	int64_t reported_us;
	bool is_alarmed;
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
	struct rate votes[STRATUM_MAX];
	bool is_plain;
	double unknown_per_hour;
};

/* What happened just now, to whom. */
struct campaign_event {
	struct tenant *normal;
	const char *account;
	int64_t time_us;
};

static void campaign_target_release(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	suspects_clear(&((struct campaign_target *)value)->suspects);
}

static void *campaign_new(const double *settings)
{
	struct campaign *state = xcalloc(1, sizeof(*state));

	state->targets = table_new(sizeof(uint64_t), sizeof(struct campaign_target), TENANTS,
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
			fmax(attempts * evidence_share(list, c), isfinite(read) ? read : 0);
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

static struct finding *campaign_add_finding(const struct campaign_target *target,
					    const struct campaign_event *now,
					    const struct list_verdict *verdict,
					    struct finding_list *ret)
{
	const char *tenant = account_tenant(now->account);
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
		verdict->list == LIST_OWN ? SEVERITY_CRITICAL : SEVERITY_WARNING, SUBJECT_TENANT,
		tenant,
		"Tenant %s: %s%s tried one or two mailboxes each in %s. Names that never existed: "
		"%u "
		"(normal: %.1f), wrong passwords: %u (normal: %.1f), cancelled mailboxes: %u, "
		"unused mailboxes opened: %u%s. Somebody is trying the entries of %s.",
		tenant, networks, stratum == STRATUM_STRANGE ? " never seen before" : "", age,
		suspects_count(suspects, CONTACT_UNKNOWN),
		campaign_usual_since(target, now, stratum, CONTACT_UNKNOWN),
		suspects_count(suspects, CONTACT_BAD),
		campaign_usual_since(target, now, stratum, CONTACT_BAD),
		suspects_count(suspects, CONTACT_CANCELLED),
		suspects_count(suspects, CONTACT_DORMANT), read,
		verdict->list == LIST_OWN ? "a list stolen from this host"
					  : "a list from elsewhere");
}

static void campaign_report(struct campaign_target *target, const struct campaign_event *now,
			    const struct list_verdict *verdict, struct finding_list *ret)
{
	struct finding *finding = campaign_add_finding(target, now, verdict, ret);

	finding->first_us = target->since_us;
	finding->last_us = target->reported_us = now->time_us;
	suspects_report(&target->suspects, finding);
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

/* After the sums have changed: begins or ends the alarm, and reports it now and then. */
static void campaign_evaluate(struct campaign *state, const struct detector_input *input,
			      struct campaign_target *target, const struct campaign_event *now,
			      const double *thresholds, struct finding_list *ret)
{
	struct list_verdict verdict = list_sums_strongest(&target->sums, thresholds);
	bool is_alarm = state->is_plain
				? campaign_count_is_high(state, target, now)
				: verdict.nats >= verdict.threshold &&
					  suspects_since(&target->suspects, verdict.earliest_us) >=
						  LEAST_SUSPECTS;

	if (verdict.nats > verdict.threshold / 2)
		tenant_suspect(now->normal, now->time_us);
	if (target->is_alarmed && verdict.nats < verdict.threshold / 2 && !is_alarm) {
		target->is_alarmed = false;
		now->normal->campaign = (struct attack_estimate){0};
	}
	if (is_alarm && !target->is_alarmed) {
		target->is_alarmed = true;
		target->reported_us = 0;
		target->since_us = verdict.since_us ? verdict.since_us : now->time_us;
		suspects_trim(&target->suspects, target->since_us);
	}
	if (!target->is_alarmed)
		return;
	verdict.list = campaign_likelier_list(&target->suspects, verdict.list);
	campaign_estimate_attack(target, now, &input->first_accesses->read_depth, verdict.list);
	if (now->time_us - target->reported_us >= REPORT_INTERVAL_US)
		campaign_report(target, now, &verdict, ret);
}

static void campaign_thresholds(const struct campaign *state, const struct detector_input *input,
				double ret_thresholds[STRATUM_MAX])
{
	for (int s = 0; s < STRATUM_MAX; s++)
		ret_thresholds[s] =
			detector_threshold(input, rate_per_day(&state->votes[s], input->now_us)) +
			TENANT_MARGIN / 2;
}

static void campaign_add_vote(struct campaign *state, const struct detector_input *input,
			      const struct contact *contact, struct finding_list *ret)
{
	struct campaign_target *target = table_touch(state->targets, &contact->tenant, NULL);
	const struct campaign_event now = {contact->normal, contact->row->account,
					   contact->row->last_us};
	double thresholds[STRATUM_MAX];
	struct list_verdict before;

	campaign_thresholds(state, input, thresholds);
	before = list_sums_strongest(&target->sums, thresholds);
	list_sums_add(&target->sums, contact, &input->first_accesses->read_depth, thresholds);
	if (before.nats <= 0 && !target->is_alarmed)
		suspects_clear(&target->suspects);
	campaign_target_fade(target, now.time_us);
	target->recent_votes += contact->is_strange_vote && contact->class != CONTACT_ACTIVE;
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
	struct campaign_event now = {NULL, row->account, row->last_us};
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

static void campaign_observe(void *state_pointer, const struct detector_input *input,
			     struct finding_list *ret)
{
	struct campaign *state = state_pointer;

	for (size_t i = 0; i < input->n_contacts; i++) {
		const struct contact *contact = &input->contacts[i];
		struct campaign_target *target;

		if (!contact->normal)
			continue;
		/* A network that source_guessing has flagged is a suspect of the running campaign.
		 */
		if (contact->was_flagged && contact->is_first) {
			target = table_find(state->targets, &contact->tenant);
			if (target && target->is_alarmed)
				suspects_add(&target->suspects, &contact->address,
					     contact->row->account, contact->class,
					     contact->row->last_us);
		}
		if (!contact->is_vote)
			continue;
		rate_add(&state->votes[STRATUM_ALL], input->now_us, 1);
		if (contact->is_strange_vote)
			rate_add(&state->votes[STRATUM_STRANGE], input->now_us, 1);
		if (!input->is_learning)
			campaign_add_vote(state, input, contact, ret);
	}
	for (size_t i = 0; i < input->first_accesses->n_readings && !input->is_learning; i++)
		if (input->first_accesses->readings[i].first_access->is_strange_vote)
			campaign_add_reading(state, input, &input->first_accesses->readings[i],
					     ret);
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
	suspects_serialize(&((struct campaign_target *)value)->suspects, serializer);
}

static void campaign_serialize(void *state_pointer, struct serializer *serializer)
{
	struct campaign *state = state_pointer;

	serializer_member(serializer, state->votes, sizeof(state->votes));
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
