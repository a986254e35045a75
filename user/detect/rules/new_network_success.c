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
#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/text/alert_text.h"
#include "detect/stats/last_hour.h"
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

#define LEAST_PER_HOUR 0.5
#define LEAST_ACCOUNTS 16 /* fewer may be people who travel together */
#define FAR_ACCOUNTS 1024
#define FAR_REACH 100	  /* networks that one account is opened from within a week or two */
#define ALL_TENANTS "all tenants"
#define END_INTERVAL_US US_PER_MINUTE
#define PAUSE_US (20 * US_PER_MINUTE)
#define REPORT_INTERVAL_US (30 * US_PER_SECOND)

struct new_networks {
	struct rate_cusum rate_cusum;
	int64_t reported_us, hour;
	uint32_t now; /* plain: in the running hour */
	bool is_alarmed;
	int64_t alarmed_us;
	struct last_hour last_hour; /* such successes */
	double per_hour;	    /* usual, when the last one came */
	struct suspects suspects;
};

struct new_network_success {
	struct table *tenants;
	struct table *far; /* accounts opened from very many networks: of how many was told */
	size_t n_alarmed;
	int64_t ended_us;
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

	state->tenants = table_new(sizeof(uint64_t), sizeof(struct new_networks), MOST_TENANTS,
				   new_networks_release, NULL);
	state->far = table_new(sizeof(uint64_t), sizeof(double), FAR_ACCOUNTS, NULL, NULL);
	state->is_plain = settings[PLAIN] != 0;
	state->networks_per_hour = settings[NETWORKS_PER_HOUR];
	return state;
}

static void new_networks_report(struct new_networks *new_networks, const struct contact *contact,
				double nats, double threshold, double per_hour,
				struct finding_list *ret)
{
	const char *tenant = contact->is_whole_host ? ALL_TENANTS
						    : account_tenant(contact->row->account);
	int64_t span_us = contact->row->last_us - new_networks->rate_cusum.since_us;
	char mailboxes[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	size_t n_tenants = 0, of_most = 0;
	const char *most = "";
	struct finding *finding;

	alert_text_count(new_networks->rate_cusum.events, "mailbox was", "mailboxes were",
			 mailboxes);
	alert_text_duration(span_us, age);
	finding = finding_add(
		ret, new_network_success_detector.name, SEVERITY_CRITICAL, SUBJECT_TENANT, tenant,
		"%s%s: %s opened at the first try in %s, each from a network that "
		"never opened one here. Normal in that time: %.1f.",
		contact->is_whole_host ? "" : "Tenant ", tenant, mailboxes, age, per_hour * (double)span_us / US_PER_HOUR);
	finding->first_us = new_networks->rate_cusum.since_us;
	finding->last_us = new_networks->reported_us = contact->row->last_us;
	suspects_report(&new_networks->suspects, finding);
	json_object_set_new(finding->evidence, "tenants",
			    suspects_tenants(&new_networks->suspects, &n_tenants, &most, &of_most));
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
	double per_hour = tenant_per_hour(contact->normal, STRATUM_STRANGE, TENANT_FAR);

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

/* An alert of all tenants tells of each; an alert of one tenant tells of what is its own. */
static bool new_networks_has_voice(const struct new_network_success *state,
				   const struct new_networks *new_networks,
				   const struct contact *contact)
{
	const uint64_t host_key = HISTORY_WHOLE_HOST;
	const struct new_networks *host = table_find(state->tenants, &host_key);
	size_t n_tenants = 0, of_most = 0;
	const char *most = "";

	if (!contact->is_whole_host)
		return !host || !host->is_alarmed || host->reported_us == 0 ||
		       new_networks->reported_us != 0;
	json_decref(suspects_tenants(&new_networks->suspects, &n_tenants, &most, &of_most));
	return (double)of_most < .8 * (double)new_networks->suspects.count;
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
	last_hour_add(&new_networks->last_hour, now_us);
	new_networks->per_hour = per_hour;
	is_high = new_networks_count(state, new_networks, now_us);
	is_alarm = state->is_plain ? is_high
				   : nats >= threshold &&
					     new_networks->rate_cusum.events >= LEAST_ACCOUNTS;
	if (nats > threshold / 2)
		tenant_suspect(contact->normal, now_us);
	if (is_alarm && !new_networks->is_alarmed) {
		new_networks->reported_us = 0;
		new_networks->is_alarmed = true;
		new_networks->alarmed_us = now_us;
		state->n_alarmed++;
	}
	new_networks_estimate_attack(new_networks, contact, per_hour);
	if (new_networks->is_alarmed && now_us - new_networks->reported_us >= REPORT_INTERVAL_US &&
	    (is_alarm || !last_hour_is_calm(&new_networks->last_hour, per_hour, now_us)) &&
	    new_networks_has_voice(state, new_networks, contact))
		new_networks_report(new_networks, contact, nats, threshold, per_hour, ret);
}

/* Over is what was as usual for an hour; what was counted then is forgotten. */
static void new_networks_look_for_ends(struct new_network_success *state,
				       const struct detector_input *input)
{
	struct new_networks *each;

	if (state->n_alarmed == 0 || input->now_us - state->ended_us < END_INTERVAL_US)
		return;
	state->ended_us = input->now_us;
	for (each = table_next(state->tenants, NULL); each;
	     each = table_next(state->tenants, each)) {
		struct tenant *normal;
		uint64_t key;

		if (!each->is_alarmed)
			continue;
		memcpy(&key, table_key(state->tenants, each), sizeof(key));
		normal = tenants_touch(input->tenants, key, input->now_us);
		if (input->now_us - each->alarmed_us > PAUSE_US &&
		    last_hour_is_calm(&each->last_hour, each->per_hour, input->now_us))
			memset(normal->new_networks.successes_per_hour, 0,
			       sizeof(normal->new_networks.successes_per_hour));
		if (input->now_us - each->alarmed_us <= US_PER_HOUR ||
		    !last_hour_is_usual(&each->last_hour, each->per_hour, input->now_us))
			continue;
		normal->new_networks = (struct attack_estimate){0};
		each->is_alarmed = false;
		each->rate_cusum = (struct rate_cusum){0};
		suspects_clear(&each->suspects);
		state->n_alarmed--;
	}
}

/* Whoever has the password of one account can make hundreds of networks look at home here. */
static void new_network_success_look_at_reach(struct new_network_success *state,
					      const struct detector_input *input,
					      const struct contact *contact,
					      struct finding_list *ret)
{
	const char *account = contact->row->account;
	double reach = history_reach(input->history, contact->account);
	struct finding *finding;
	double *told;

	if (reach < FAR_REACH)
		return;
	told = table_touch(state->far, &contact->account, NULL);
	if (reach < 2 * *told)
		return;
	*told = reach;
	finding = finding_add(
		ret, new_network_success_detector.name, SEVERITY_WARNING, SUBJECT_ACCOUNT, account,
		"%s was opened from %.0f networks within two weeks that never opened a mailbox of "
		"its tenant before. Normal: a traveller uses a few dozen. The password is known to "
		"many, or somebody makes these networks look at home here.",
		account, reach);
	finding->first_us = contact->row->first_us;
	finding->last_us = contact->row->last_us;
	finding_add_account(finding, account, HARM_OPENED, contact->row->last_us);
	json_object_set_new(finding->evidence, "networks", json_integer((json_int_t)reach));
	json_object_set_new(finding->evidence, "source", json_string(contact->row->source));
	evidence_report(finding->evidence, EVIDENCE_NETWORKS, reach, FAR_REACH);
	evidence_contribute(finding->evidence, "networks new to the tenant", reach, reach);
}

static void new_network_success_add(struct new_network_success *state,
				    const struct detector_input *input,
				    const struct contact *contact, struct finding_list *ret)
{
	if (!contact->is_success || !contact->is_strange || contact->was_flagged ||
	    contact->is_first_use || !contact->is_vote || !contact->is_far)
		return;
	if (!contact->is_whole_host)
		rate_add(&state->rate, input->now_us, 1);
	if (!input->is_learning)
		new_networks_evaluate(state, input, contact, ret);
}

static void new_network_success_observe(void *state_pointer, const struct detector_input *input,
					struct finding_list *ret)
{
	struct new_network_success *state = state_pointer;

	for (size_t i = 0; i < input->n_of_host; i++)
		new_network_success_add(state, input, &input->of_host[i], ret);
	for (size_t i = 0; i < input->n_contacts; i++) {
		new_network_success_add(state, input, &input->contacts[i], ret);
		if (input->contacts[i].is_success)
			new_network_success_look_at_reach(state, input, &input->contacts[i], ret);
	}
	new_networks_look_for_ends(state, input);
}

static void new_networks_serialize(struct serializer *serializer, void *value)
{
	suspects_serialize(&((struct new_networks *)value)->suspects, serializer);
}

static void new_network_success_serialize(void *state_pointer, struct serializer *serializer)
{
	struct new_network_success *state = state_pointer;

	serializer_member(serializer, &state->rate, sizeof(state->rate));
	serializer_member(serializer, &state->n_alarmed, sizeof(state->n_alarmed));
	serializer_table(serializer, state->far, sizeof(uint64_t), sizeof(double), NULL);
	serializer_table(serializer, state->tenants, sizeof(uint64_t), sizeof(struct new_networks),
			 new_networks_serialize);
}

static void new_network_success_free(void *state_pointer)
{
	struct new_network_success *state = state_pointer;

	table_free(state->tenants);
	table_free(state->far);
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
