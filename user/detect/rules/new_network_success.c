/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mailboxes of a tenant are opened at first try, each from a network that never opened any of
 * them: a stolen list whose passwords are right and whose accounts are in use. Nothing fails, so
 * only the number of new networks per hour tells.
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
	[PLAIN] = {"plain", 0, 1, 0, "1: judge by the number below instead of evidence"},
	[NETWORKS_PER_HOUR] = {"networks_per_hour", 2, 1000000, 300,
			       "plain: new networks that open mailboxes of one tenant"},
	{0},
};

#define TENANTS 1024
#define LEAST_PER_HOUR 0.5
#define TELL_AGAIN_US (30 * US_PER_SECOND)

struct arrivals {
	struct rate_cusum rate_cusum;
	int64_t told_us, hour;
	uint32_t now;
	bool is_alarmed;
	struct suspects suspects;
};

struct new_network_success {
	struct table *tenants;
	struct rate rate;
	bool is_plain;
	double networks_per_hour;
};

static void release_arrivals(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	suspects_clear(&((struct arrivals *)value)->suspects);
}

static void *new_network_success_new(const double *settings)
{
	struct new_network_success *state = xcalloc(1, sizeof(*state));

	state->tenants = table_new(sizeof(uint64_t), sizeof(struct arrivals), TENANTS,
				   release_arrivals, NULL);
	state->is_plain = settings[PLAIN] != 0;
	state->networks_per_hour = settings[NETWORKS_PER_HOUR];
	return state;
}

static void tell(struct arrivals *arrivals, const struct contact *contact, double nats,
		 double level, double per_hour, struct finding_list *ret)
{
	const char *tenant = account_tenant(contact->row->account);
	int64_t span_us = contact->row->last_us - arrivals->rate_cusum.since_us;
	char mailboxes[PHRASE_BYTES], age[PHRASE_BYTES];
	struct finding *finding;

	alert_text_count(arrivals->rate_cusum.events, "mailbox was", "mailboxes were", mailboxes);
	alert_text_duration(span_us, age);
	finding = finding_add(ret, new_network_success_detector.name, SEVERITY_CRITICAL,
			      SUBJECT_TENANT, tenant,
			      "Tenant %s: %s opened at first try in %s, each from a network that "
			      "never opened one here; normal in that time is %.1f.",
			      tenant, mailboxes, age,
			      per_hour * (double)span_us / US_PER_HOUR);
	finding->first_us = arrivals->rate_cusum.since_us;
	finding->last_us = arrivals->told_us = contact->row->last_us;
	suspects_tell(&arrivals->suspects, finding);
	evidence_tell(finding->evidence, nats, level);
	evidence_contribute(finding->evidence, "new networks that succeeded",
			    arrivals->rate_cusum.events, nats);
}

static bool plainly(const struct new_network_success *state, struct arrivals *arrivals,
		    int64_t now_us)
{
	if (arrivals->hour != now_us / US_PER_HOUR)
		arrivals->now = 0;
	arrivals->hour = now_us / US_PER_HOUR;
	return ++arrivals->now > state->networks_per_hour;
}

static double expected_per_hour(const struct contact *contact)
{
	double per_hour = tenant_per_hour(contact->normal, STRATUM_STRANGE, CONTACT_ACTIVE) +
			  tenant_per_hour(contact->normal, STRATUM_STRANGE, CONTACT_DORMANT);

	return per_hour < LEAST_PER_HOUR ? LEAST_PER_HOUR : per_hour;
}

static void tell_tenant(const struct arrivals *arrivals, const struct contact *contact,
			double per_hour)
{
	double hours = (double)(contact->row->last_us - arrivals->rate_cusum.since_us) / US_PER_HOUR;
	double more = (arrivals->rate_cusum.events - 1.0) / fmax(hours, 1.0 / 120) - per_hour;
	struct campaign_span *campaign_span = &contact->normal->arrivals;

	*campaign_span = (struct campaign_span){0};
	if (!arrivals->is_alarmed)
		return;
	campaign_span->since_us = arrivals->rate_cusum.since_us;
	campaign_span->opens[CONTACT_ACTIVE] = fmax(more, 0);
}

static void judge(struct new_network_success *state, const struct detector_input *input,
		  const struct contact *contact, struct finding_list *ret)
{
	struct arrivals *arrivals = table_touch(state->tenants, &contact->tenant, NULL);
	double level = detector_level(input, rate_per_day(&state->rate, input->now_us)) +
		       TENANT_MARGIN / 2;
	double per_hour = expected_per_hour(contact), nats;
	int64_t now_us = contact->row->last_us;
	bool is_alarm;

	if (per_hour > 1e9)
		return; /* nothing is known of this hour */
	nats = rate_cusum_add(&arrivals->rate_cusum, per_hour, 2 * level, now_us);
	if (arrivals->rate_cusum.events == 1)
		suspects_clear(&arrivals->suspects);
	suspects_add(&arrivals->suspects, &contact->address, contact->row->account,
		     contact->class, now_us);
	is_alarm = plainly(state, arrivals, now_us);
	is_alarm = state->is_plain ? is_alarm : nats >= level;
	if (nats > level / 2)
		tenant_suspect(contact->normal, now_us);
	else if (!is_alarm)
		arrivals->is_alarmed = false;
	if (is_alarm && !arrivals->is_alarmed)
		arrivals->told_us = 0;
	arrivals->is_alarmed |= is_alarm;
	tell_tenant(arrivals, contact, per_hour);
	if (arrivals->is_alarmed && now_us - arrivals->told_us >= TELL_AGAIN_US)
		tell(arrivals, contact, nats, level, per_hour, ret);
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
			judge(state, input, contact, ret);
	}
}

static void keep_arrivals(struct serializer *serializer, void *value)
{
	suspects_serialize(&((struct arrivals *)value)->suspects, serializer);
}

static void new_network_success_serialize(void *state_pointer, struct serializer *serializer)
{
	struct new_network_success *state = state_pointer;

	serializer_member(serializer, &state->rate, sizeof(state->rate));
	serializer_table(serializer, state->tenants, sizeof(uint64_t), sizeof(struct arrivals),
		      keep_arrivals);
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
