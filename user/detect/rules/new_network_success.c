/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: a stolen list whose passwords are right and whose accounts are in use, each tried from
 * another network. Nothing fails.
 *
 * Idea: too many networks that are new to the tenant open a mailbox at the first try. Their number
 * is compared with a Poisson rate, learnt for each tenant and hour of the day (tenants.h), by
 * CUSUMs for 1.5, 3 and 10 times as many (rate_cusum.h).
 */
#include "detect/detector.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/text/alert_text.h"
#include "detect/stats/rate_cusum.h"
#include "detect/state/suspects.h"
#include "model/account.h"

enum { PLAIN, NETWORKS_PER_HOUR };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: use the number below instead of evidence"},
	[NETWORKS_PER_HOUR] = {"networks_per_hour", 2, 1000000, 300,
			       "plain: new networks that open mailboxes of one tenant"},
	{0},
};

#define TENANTS 1024
#define LEAST_PER_HOUR 0.5
#define REPORT_INTERVAL_US (30 * US_PER_SECOND)

struct new_networks {
	struct rate_cusum rate_cusum;
	int64_t reported_us, hour;
	uint32_t now; /* plain: in the running hour */
	bool is_alarmed;
	struct suspects suspects;
};

struct new_network_success {
	struct table *tenants;
	struct rate rate;
	bool is_plain;
	double networks_per_hour;
};

static void new_networks_release(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	suspects_clear(&((struct new_networks *)value)->suspects);
}

static void *new_network_success_new(const double *settings)
{
	struct new_network_success *state = xcalloc(1, sizeof(*state));

	state->tenants = table_new(sizeof(uint64_t), sizeof(struct new_networks), TENANTS,
				   new_networks_release, NULL);
	state->is_plain = settings[PLAIN] != 0;
	state->networks_per_hour = settings[NETWORKS_PER_HOUR];
	return state;
}

static void new_networks_report(struct new_networks *new_networks, const struct contact *contact,
				double nats, double threshold, double per_hour,
				struct finding_list *ret)
{
	const char *tenant = account_tenant(contact->row->account);
	int64_t span_us = contact->row->last_us - new_networks->rate_cusum.since_us;
	char mailboxes[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_count(new_networks->rate_cusum.events, "mailbox was", "mailboxes were",
			 mailboxes);
	alert_text_duration(span_us, age);
	finding = finding_add(
		ret, new_network_success_detector.name, SEVERITY_CRITICAL, SUBJECT_TENANT, tenant,
		"Tenant %s: %s opened at the first try in %s, each from a network that "
		"never opened one here. Normal in that time: %.1f.",
		tenant, mailboxes, age, per_hour * (double)span_us / US_PER_HOUR);
	finding->first_us = new_networks->rate_cusum.since_us;
	finding->last_us = new_networks->reported_us = contact->row->last_us;
	suspects_report(&new_networks->suspects, finding);
	evidence_report(finding->evidence, EVIDENCE_RATIO, nats, threshold);
	evidence_contribute(finding->evidence, "new networks that succeeded",
			    new_networks->rate_cusum.events, nats);
}

/* The rule of plain = 1; counts in any case. */
static bool new_networks_count(const struct new_network_success *state,
			       struct new_networks *new_networks, int64_t now_us)
{
	if (new_networks->hour != now_us / US_PER_HOUR)
		new_networks->now = 0;
	new_networks->hour = now_us / US_PER_HOUR;
	return ++new_networks->now > state->networks_per_hour;
}

static double new_networks_usual_per_hour(const struct contact *contact)
{
	double per_hour = tenant_per_hour(contact->normal, STRATUM_STRANGE, CONTACT_ACTIVE) +
			  tenant_per_hour(contact->normal, STRATUM_STRANGE, CONTACT_DORMANT);

	return per_hour < LEAST_PER_HOUR ? LEAST_PER_HOUR : per_hour;
}

/* For takeover: how many successes per hour are more than usual. */
static void new_networks_estimate_attack(const struct new_networks *new_networks,
					 const struct contact *contact, double per_hour)
{
	double hours =
		(double)(contact->row->last_us - new_networks->rate_cusum.since_us) / US_PER_HOUR;
	double more = (new_networks->rate_cusum.events - 1.0) / fmax(hours, 1.0 / 120) - per_hour;
	struct attack_estimate *attack = &contact->normal->new_networks;

	*attack = (struct attack_estimate){0};
	if (!new_networks->is_alarmed)
		return;
	attack->since_us = new_networks->rate_cusum.since_us;
	attack->successes_per_hour[CONTACT_ACTIVE] = fmax(more, 0);
}

static void new_networks_evaluate(struct new_network_success *state,
				  const struct detector_input *input, const struct contact *contact,
				  struct finding_list *ret)
{
	struct new_networks *new_networks = table_touch(state->tenants, &contact->tenant, NULL);
	double threshold = detector_threshold(input, rate_per_day(&state->rate, input->now_us)) +
			   TENANT_MARGIN / 2;
	double per_hour = new_networks_usual_per_hour(contact), nats;
	int64_t now_us = contact->row->last_us;
	bool is_high, is_alarm;

	if (per_hour > 1e9)
		return; /* nothing is known of this hour */
	nats = rate_cusum_add(&new_networks->rate_cusum, per_hour, 2 * threshold, now_us);
	if (new_networks->rate_cusum.events == 1)
		suspects_clear(&new_networks->suspects);
	suspects_add(&new_networks->suspects, &contact->address, contact->row->account,
		     contact->class, now_us);
	is_high = new_networks_count(state, new_networks, now_us);
	is_alarm = state->is_plain ? is_high : nats >= threshold;
	if (nats > threshold / 2)
		tenant_suspect(contact->normal, now_us);
	else if (!is_alarm)
		new_networks->is_alarmed = false;
	if (is_alarm && !new_networks->is_alarmed)
		new_networks->reported_us = 0;
	new_networks->is_alarmed |= is_alarm;
	new_networks_estimate_attack(new_networks, contact, per_hour);
	if (new_networks->is_alarmed && now_us - new_networks->reported_us >= REPORT_INTERVAL_US)
		new_networks_report(new_networks, contact, nats, threshold, per_hour, ret);
}

static void new_network_success_observe(void *state_pointer, const struct detector_input *input,
					struct finding_list *ret)
{
	struct new_network_success *state = state_pointer;

	for (size_t i = 0; i < input->n_contacts; i++) {
		const struct contact *contact = &input->contacts[i];

		if (!contact->is_success || !contact->is_strange || contact->was_flagged)
			continue;
		rate_add(&state->rate, input->now_us, 1);
		if (!input->is_learning)
			new_networks_evaluate(state, input, contact, ret);
	}
}

static void new_networks_serialize(struct serializer *serializer, void *value)
{
	suspects_serialize(&((struct new_networks *)value)->suspects, serializer);
}

static void new_network_success_serialize(void *state_pointer, struct serializer *serializer)
{
	struct new_network_success *state = state_pointer;

	serializer_member(serializer, &state->rate, sizeof(state->rate));
	serializer_table(serializer, state->tenants, sizeof(uint64_t), sizeof(struct new_networks),
			 new_networks_serialize);
}

static void new_network_success_free(void *state_pointer)
{
	struct new_network_success *state = state_pointer;

	table_free(state->tenants);
	free(state);
}

const struct detector new_network_success_detector = {
	.name = "new_network_success",
	.help = "a tenant's mailboxes are opened from too many networks never seen before",
	.keys = keys,
	.shares_alarms = true,
	.learns_first = true,
	.new = new_network_success_new,
	.observe = new_network_success_observe,
	.serialize = new_network_success_serialize,
	.free = new_network_success_free,
};
