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
#include "detect/state/campaign_target.h"
#include "detect/text/campaign_text.h"
#include "model/account.h"

enum { PLAIN, UNKNOWN_PER_HOUR };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: use the number below instead of evidence"},
	[UNKNOWN_PER_HOUR] = {"unknown_per_hour", 5, 1000000, 20,
			      "plain: new names that do not exist, within one hour"},
	{0},
};

#define LEAST_SUSPECTS 4 /* not counting mailboxes in use */
#define REMEMBERED 2 /* times as many unused mailboxes were opened as anything else happened */
#define REMEMBERED_LEAST 4
#define REPORT_INTERVAL_US (30 * US_PER_SECOND)
#define PAUSE_US (20 * US_PER_MINUTE)
#define LEAST_READ 5   /* mailboxes in use that strangers opened and read, and share of all these */
#define SHARE_READ 0.6
#define AGAIN_US (45 * US_PER_MINUTE) /* after an hour that was as usual */
#define END_INTERVAL_US US_PER_MINUTE /* so often it is looked for those that are over */
#define SURGE_PART .8 /* of the threshold, that no surge of everyday's guessers explains */
#define OF_ONE_TENANT .8 /* of the suspects: the attack is this tenant's */

struct campaign {
	struct table *targets; /* by tenant */
	size_t n_alarmed;
	int64_t ended_us; /* when it was last looked for those that are over */
	struct rate votes[STRATUM_MAX];
	bool is_plain;
	double unknown_per_hour;
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

/* Attempts of the attack per hour: the recent votes that are more than usual, and as many successes
 * on mailboxes in use as the list has for these. */
/* The share of the attempts that succeed: of such a list, and soon as many as were seen. What only
 * fails for days, as the Internet's bots do, opens nothing. */
/* For takeover: how many successes of each class the attack has in an hour. Either as many as the
 * list has at this speed, or as many as the mailboxes that were read far imply. */
/* The rule of plain = 1. */
static bool campaign_count_is_high(const struct campaign *state,
				   const struct campaign_target *target,
				   const struct campaign_event *now)
{
	return target->hour == now->time_us / US_PER_HOUR &&
	       target->unknown_now > state->unknown_per_hour &&
	       target->unknown_now > 5 * tenant_per_hour(now->normal, STRATUM_ALL, CONTACT_UNKNOWN);
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

/* Owners remember their unused mailboxes, at the end of a month: hardly anything fails, and no more
 * mailboxes in use are opened than usual. A list has both. */
static bool campaign_is_remembered(const struct campaign_target *target,
				   const struct campaign_event *now)
{
	double woken = suspects_count(&target->suspects, CONTACT_DORMANT);
	double others = (double)target->suspects.count - woken;

	return others < fmax(REMEMBERED_LEAST, woken / REMEMBERED) &&
	       woken > LEAST_SUSPECTS / 2.0 &&
	       campaign_target_opened(target, now) < woken / REMEMBERED;
}

static bool campaign_is_alarm(const struct campaign *state, const struct campaign_target *target,
			      const struct campaign_event *now, const struct list_verdict *verdict)
{
	size_t suspects, read;

	if (state->is_plain)
		return campaign_count_is_high(state, target, now);
	if (verdict->nats < verdict->threshold || campaign_is_remembered(target, now))
		return false;
	/* Everyday's bots were told of once: now only what is more than they. */
	if (campaign_target_is_state(target, now))
		return false;
	if (!last_hour_is_more(&target->failed[verdict->stratum],
			       campaign_target_usual(now->normal, verdict->stratum), now->time_us) &&
	    suspects_count(&target->suspects, CONTACT_ACTIVE) < LEAST_READ)
		return false;
	suspects = suspects_since(&target->suspects, verdict->earliest_us, CONTACT_ACTIVE);
	read = suspects_since(&target->suspects, verdict->earliest_us, CONTACT_MAX) - suspects;
	if (read >= LEAST_READ &&
	    (double)read >= SHARE_READ * campaign_target_opened(target, now))
		return true;
	return suspects >= LEAST_SUSPECTS && !campaign_target_is_crowd(target, now, suspects) &&
	       campaign_target_surge(target, now->normal, verdict->stratum, now->time_us) >=
		       SURGE_PART * verdict->threshold;
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

/* Over is what was as usual for an hour and a while. */
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
						      campaign_target_usual(normal, s),
						      input->now_us);
		/* Who pauses and goes on is the same one. */
		if (!is_over || !target->calm_us)
			target->calm_us = is_over ? input->now_us : 0;
		if (is_over && input->now_us - target->calm_us >= AGAIN_US)
			campaign_end(state, target, normal);
		else
			tenant_suspect(normal, input->now_us);
		/* What is opened while it pauses is not its. */
		if (input->now_us - target->alarmed_us > PAUSE_US &&
		    !campaign_target_goes_on(target, normal, input->now_us))
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

	if (verdict.nats > verdict.threshold / 2 &&
	    (target->is_alarmed || suspects_count(&target->suspects, CONTACT_ACTIVE) ||
	     campaign_target_surge(target, now->normal, verdict.stratum, now->time_us) >
		     SURGE_PART * verdict.threshold / 2))
		tenant_suspect(now->normal, now->time_us);
	campaign_hear_of_host(state, target, now);
	if (!target->is_alarmed && campaign_is_alarm(state, target, now, &verdict))
		campaign_begin(state, target, now, &verdict);
	if (!target->is_alarmed)
		return;
	verdict.list = campaign_text_likelier_list(&target->suspects, verdict.list);
	campaign_target_estimate(target, now, &input->first_accesses->read_depth, verdict.list);
	if (campaign_is_remembered(target, now))
		now->normal->campaign.successes_per_hour[CONTACT_DORMANT] = 0;
	if (now->time_us - target->reported_us < REPORT_INTERVAL_US ||
	    (target->reported_us && (!campaign_target_goes_on(target, now->normal, now->time_us) ||
				     (now->time_us - target->alarmed_us > US_PER_HOUR &&
				      campaign_target_is_state(target, now)))))
		return;
	/* The other one may be over, or the attack have spread. */
	if (target->voice == VOICE_NONE && campaign_choose_subject(state, target, now))
		target->voice = VOICE_OWN;
	if (target->voice == VOICE_OWN)
		campaign_text_report(target, now, &verdict, ret);
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
	campaign_target_count(target, contact);
	if (target->hour != now.time_us / US_PER_HOUR)
		target->unknown_now = 0;
	target->hour = now.time_us / US_PER_HOUR;
	target->unknown_now += contact->class == CONTACT_UNKNOWN;
	/* Users who mistype at home would be on each list of suspects: they are on it only while
	 * the strongest sum is one over all networks. */
	if (contact->class != CONTACT_ACTIVE &&
	    (contact->is_strange_vote || before.stratum == STRATUM_ALL)) {
		suspects_add(&target->suspects, &contact->address, contact->row->account,
			     contact->class, contact->row->last_us);
		suspects_mark(&target->suspects, !contact->is_strange_vote, contact->is_returning);
	}
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
