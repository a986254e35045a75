/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: a stolen list holds mailboxes that nobody uses any more; they are tried with the others,
 * whether their passwords are right or not.
 *
 * Idea: users do not try unused mailboxes, so their number is compared with a Poisson rate, learnt
 * for each tenant and hour of the day (tenants.h), by CUSUMs for 1.5, 3 and 10 times as many
 * (rate_cusum.h). The first account of an alarm is its subject, so that a later attack on the
 * tenant is another alert; it names all of them. A single one that is opened from a network new to
 * the tenant is a notice.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/text/alert_text.h"
#include "detect/stats/last_hour.h"
#include "detect/stats/rate_cusum.h"
#include "detect/state/suspects.h"
#include "model/account.h"

enum { PLAIN, HITS_PER_HOUR };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: use the number below instead of evidence"},
	[HITS_PER_HOUR] = {"hits_per_hour", 2, 1000000, 20,
			   "plain: unused mailboxes of one tenant tried within one hour"},
	{0},
};

#define LEAST_PER_HOUR 0.5
#define REPORT_INTERVAL_US (30 * US_PER_SECOND)

struct hits {
	struct rate_cusum rate_cusum;
	int64_t reported_us, hour;
	uint32_t now; /* plain: in the running hour */
	bool is_alarmed;
	int64_t alarmed_us;
	struct last_hour last_hour; /* such hits */
	char *subject;		    /* while alarmed */
	struct suspects suspects;
};

struct dormant_hits {
	struct table *tenants;
	struct rate rate;
	bool is_plain;
	double hits_per_hour;
};

static void hits_release(void *context, const void *key, void *value)
{
	struct hits *hits = value;

	(void)context;
	(void)key;
	free(hits->subject);
	suspects_clear(&hits->suspects);
}

static void *dormant_hits_new(const double *settings)
{
	struct dormant_hits *state = xcalloc(1, sizeof(*state));

	state->tenants =
		table_new(sizeof(uint64_t), sizeof(struct hits), MOST_TENANTS, hits_release, NULL);
	state->is_plain = settings[PLAIN] != 0;
	state->hits_per_hour = settings[HITS_PER_HOUR];
	return state;
}

static void dormant_hits_report_one(const struct contact *contact, struct finding_list *ret)
{
	const char *account = contact->row->account;
	struct finding *finding = finding_add(
		ret, dormant_hits_detector.name, SEVERITY_NOTICE, SUBJECT_ACCOUNT, account,
		"%s, %s, was opened by %s, from a network that never "
		"opened a mailbox of this tenant. Normal: owners come back from networks known "
		"here.",
		account,
		contact->state == ACCOUNT_CANCELLED ? "a cancelled mailbox" : "unused for 90 days",
		contact->row->source);

	finding->first_us = contact->row->first_us;
	finding->last_us = contact->row->last_us;
	finding_add_account(finding, account, HARM_OPENED, contact->row->last_us);
	json_object_set_new(finding->evidence, "source", json_string(contact->row->source));
}

static void dormant_hits_report_many(struct hits *hits, const struct contact *contact, double nats,
				     double threshold, double per_hour, struct finding_list *ret)
{
	const char *tenant = account_tenant(contact->row->account);
	char count[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_count(hits->rate_cusum.events, "mailbox", "mailboxes", count);
	alert_text_duration(contact->row->last_us - hits->rate_cusum.since_us, age);
	finding = finding_add(
		ret, dormant_hits_detector.name,
		suspects_fail(&hits->suspects, hits->rate_cusum.since_us) ? SEVERITY_WARNING
									  : SEVERITY_NOTICE,
		SUBJECT_ACCOUNT, hits->subject,
		"%s and others: %s%s%s that nobody used for 90 days, or cancelled ones, were "
		"tried "
		"in %s, each from another network. Normal at this hour: %.1f per hour.",
		hits->subject, count, contact->is_whole_host ? "" : " of ",
		contact->is_whole_host ? "" : tenant, age, per_hour);
	finding->first_us = hits->rate_cusum.since_us;
	finding->last_us = hits->reported_us = contact->row->last_us;
	suspects_report(&hits->suspects, finding);
	if (!contact->is_whole_host)
		json_object_set_new(finding->evidence, "tenant", json_string(tenant));
	evidence_report(finding->evidence, EVIDENCE_RATIO, nats, threshold);
	evidence_contribute(finding->evidence, "unused mailboxes tried", hits->rate_cusum.events,
			    nats);
}

/* The rule of plain = 1; counts in any case. */
static bool dormant_hits_count(const struct dormant_hits *state, struct hits *hits, int64_t now_us)
{
	if (hits->hour != now_us / US_PER_HOUR)
		hits->now = 0;
	hits->hour = now_us / US_PER_HOUR;
	return ++hits->now > state->hits_per_hour;
}

static void dormant_hits_evaluate(struct dormant_hits *state, const struct detector_input *input,
				  const struct contact *contact, struct finding_list *ret)
{
	struct hits *hits = table_touch(state->tenants, &contact->tenant, NULL);
	double threshold = detector_threshold(input, rate_per_day(&state->rate, input->now_us)) +
			   TENANT_MARGIN / 2;
	double per_hour = tenant_per_hour(contact->normal, STRATUM_ALL, TENANT_UNUSED), nats;
	int64_t now_us = contact->row->last_us;
	bool is_high, is_alarm;

	per_hour = per_hour < LEAST_PER_HOUR ? LEAST_PER_HOUR : per_hour;
	/* Guessers that never stop were told of by campaign. */
	if (tenant_above(contact->normal) > 1)
		per_hour = fmax(per_hour, 2 * tenant_seen_of_class(contact->normal, STRATUM_ALL,
								   TENANT_UNUSED));
	if (per_hour > 1e9)
		return; /* nothing is known of this hour */
	nats = rate_cusum_add(&hits->rate_cusum, per_hour, 2 * threshold, now_us);
	if (hits->rate_cusum.events == 1)
		suspects_clear(&hits->suspects);
	suspects_add(&hits->suspects, &contact->address, contact->row->account, contact->class,
		     now_us);
	/* Over is what was as usual for an hour. */
	if (hits->is_alarmed && now_us - hits->alarmed_us > US_PER_HOUR &&
	    last_hour_is_usual(&hits->last_hour, per_hour, now_us)) {
		hits->is_alarmed = false;
		hits->rate_cusum = (struct rate_cusum){0};
		nats = rate_cusum_add(&hits->rate_cusum, per_hour, 2 * threshold, now_us);
	}
	last_hour_add(&hits->last_hour, now_us);
	is_high = dormant_hits_count(state, hits, now_us);
	is_alarm = state->is_plain ? is_high : nats >= threshold;
	if (nats > threshold / 2)
		tenant_suspect(contact->normal, now_us);
	if (is_alarm && !hits->is_alarmed) {
		free(hits->subject);
		hits->subject = xstrdup(contact->row->account);
		hits->reported_us = 0;
		hits->is_alarmed = true;
		hits->alarmed_us = now_us;
	}
	if (hits->is_alarmed && !last_hour_is_calm(&hits->last_hour, per_hour, now_us) &&
	    now_us - hits->reported_us >= REPORT_INTERVAL_US &&
	    (hits->reported_us || !tenant_has_campaign(contact->normal)))
		dormant_hits_report_many(hits, contact, nats, threshold, per_hour, ret);
}

static bool dormant_hits_is_unused(const struct contact *contact)
{
	return contact->state == ACCOUNT_DORMANT || contact->state == ACCOUNT_CANCELLED;
}

static void dormant_hits_add(struct dormant_hits *state, const struct detector_input *input,
			     const struct contact *contact, struct finding_list *ret)
{
	if (!dormant_hits_is_unused(contact) || !contact->is_unused_vote || !contact->normal)
		return;
	rate_add(&state->rate, input->now_us, 1);
	if (!input->is_learning)
		dormant_hits_evaluate(state, input, contact, ret);
}

/* Where there are several tenants, all are one: a list is tried at all of them. */
static void dormant_hits_observe(void *state_pointer, const struct detector_input *input,
				 struct finding_list *ret)
{
	bool is_one = input->n_of_host == 0;
	const struct contact *contacts = is_one ? input->contacts : input->of_host;
	struct dormant_hits *state = state_pointer;

	for (size_t i = 0; i < input->n_contacts; i++)
		if (dormant_hits_is_unused(&input->contacts[i]) && input->contacts[i].is_success &&
		    input->contacts[i].is_strange && !input->is_learning)
			dormant_hits_report_one(&input->contacts[i], ret);
	for (size_t i = 0; i < (is_one ? input->n_contacts : input->n_of_host); i++)
		dormant_hits_add(state, input, &contacts[i], ret);
}

static void hits_serialize(struct serializer *serializer, void *value)
{
	struct hits *hits = value;

	serializer_text(serializer, &hits->subject);
	suspects_serialize(&hits->suspects, serializer);
}

static void dormant_hits_serialize(void *state_pointer, struct serializer *serializer)
{
	struct dormant_hits *state = state_pointer;

	serializer_member(serializer, &state->rate, sizeof(state->rate));
	serializer_table(serializer, state->tenants, sizeof(uint64_t), sizeof(struct hits),
			 hits_serialize);
}

static void dormant_hits_free(void *state_pointer)
{
	struct dormant_hits *state = state_pointer;

	table_free(state->tenants);
	free(state);
}

const struct detector dormant_hits_detector = {
	.name = "dormant_hits",
	.help = "mailboxes that nobody uses are tried or opened",
	.keys = keys,
	.shares_alarms = true,
	.learns_first = true, /* but for what is no more than a notice */
	.new = dormant_hits_new,
	.observe = dormant_hits_observe,
	.serialize = dormant_hits_serialize,
	.free = dormant_hits_free,
};
