/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tenant is worked through with a list, each network trying one or two mailboxes: no counter
 * per source or account rises. What changes is the mixture of first contacts, so each contact is
 * weighed against the tenant's own mixture at this hour of the day, under the assumption that a
 * share of 2, 8 or 30 % comes from a list; once for all networks, and once for those that the
 * tenant never saw, where a few attempts an hour already stand out.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/phrase.h"
#include "detect/suspects.h"
#include "model/account.h"

enum { PLAIN, UNKNOWN_PER_HOUR };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: judge by the number below instead of evidence"},
	[UNKNOWN_PER_HOUR] = {"unknown_per_hour", 5, 1000000, 20,
			      "plain: new names that do not exist, within one hour"},
	{0},
};

#define TENANTS 1024
#define SHARES 3
#define CELLS_LEVEL 2.08 /* ln 8: twelve sums run, but they rise together */
#define TELL_AGAIN_US (30 * US_PER_SECOND)

static const double attack_shares[SHARES] = {.02, .08, .3};

struct sums {
	float nats[STRATUM_MAX][LIST_MAX][SHARES];
};

struct target {
	struct sums sums;
	int64_t since_us; /* the strongest sum last began to grow */
	int64_t told_us;
	bool is_alarmed;
	uint32_t counts[CONTACT_MAX]; /* votes since since_us */
	uint32_t unknown_now; /* plain: in the running hour */
	int64_t hour;
	struct suspects suspects;
};

struct campaign {
	struct table *targets;
	struct rate votes;
	bool is_plain;
	double unknown_per_hour;
};

static void release_target(void *context, const void *key, void *value)
{
	(void)context;
	(void)key;
	suspects_clear(&((struct target *)value)->suspects);
}

static void *campaign_new(const double *settings)
{
	struct campaign *state = xcalloc(1, sizeof(*state));

	state->targets = table_new(sizeof(uint64_t), sizeof(struct target), TENANTS,
				   release_target, NULL);
	state->is_plain = settings[PLAIN] != 0;
	state->unknown_per_hour = settings[UNKNOWN_PER_HOUR];
	return state;
}

static void weigh_stratum(struct target *target, const struct contact *contact,
			  enum stratum stratum, double most)
{
	double usual = tenant_share(contact->normal, stratum, contact->class);

	for (int list = 0; list < LIST_MAX; list++)
		for (int i = 0; i < SHARES; i++) {
			double ratio = evidence_share(list, contact->class) / usual;
			float *nats = &target->sums.nats[stratum][list][i];

			*nats = (float)fmin(
				fmax(*nats + log1p(attack_shares[i] * (ratio - 1)), 0), most);
		}
}

static double strongest(const struct target *target, enum list_kind *ret_list)
{
	const float *all = &target->sums.nats[0][0][0];
	double best = 0;

	for (int i = 0; i < STRATUM_MAX * LIST_MAX * SHARES; i++)
		if (all[i] > best) {
			best = all[i];
			*ret_list = i / SHARES % LIST_MAX;
		}
	return best;
}

static void begin(struct target *target, int64_t now_us)
{
	target->since_us = now_us;
	for (int c = 0; c < CONTACT_MAX; c++)
		target->counts[c] = 0;
	suspects_clear(&target->suspects);
}

static double hours_since(const struct target *target, int64_t now_us)
{
	return (double)(now_us - target->since_us + US_PER_SECOND) / US_PER_HOUR;
}

static struct finding *add_finding(const struct target *target, const struct contact *contact,
				   enum list_kind list, struct finding_list *ret)
{
	const char *tenant = account_tenant(contact->row->account);
	int64_t now_us = contact->row->last_us;
	double usual = tenant_per_hour(contact->normal, STRATUM_ALL, CONTACT_UNKNOWN) *
		       hours_since(target, now_us);
	double bad = tenant_per_hour(contact->normal, STRATUM_ALL, CONTACT_BAD) *
		     hours_since(target, now_us);
	char networks[PHRASE_BYTES], age[PHRASE_BYTES];

	phrase_count(suspects_count(&target->suspects), "network", "networks", networks);
	phrase_duration(now_us - target->since_us, age);
	return finding_add(
		ret, campaign_detector.name,
		list == LIST_OWN ? SEVERITY_CRITICAL : SEVERITY_WARNING, SUBJECT_TENANT, tenant,
		"Tenant %s: %s tried a mailbox or two each that they never opened before in %s, "
		"%u names that never existed (normal: %.1f), %u wrong passwords (normal: %.1f), "
		"%u cancelled and %u long unused mailboxes; this is how %s is worked through.",
		tenant, networks, age, target->counts[CONTACT_UNKNOWN],
		isfinite(usual) ? usual : 0.0, target->counts[CONTACT_BAD],
		isfinite(bad) ? bad : 0.0, target->counts[CONTACT_CANCELLED],
		target->counts[CONTACT_DORMANT],
		list == LIST_OWN ? "a list stolen from here" : "a list from elsewhere");
}

static void tell(struct target *target, const struct contact *contact, enum list_kind list,
		 double nats, double level, struct finding_list *ret)
{
	struct finding *finding = add_finding(target, contact, list, ret);

	finding->first_us = target->since_us;
	finding->last_us = target->told_us = contact->row->last_us;
	suspects_tell(&target->suspects, finding);
	json_object_set_new(finding->evidence, "list",
			    json_string(list == LIST_OWN ? "own" : "outside"));
	evidence_tell(finding->evidence, nats, level);
	for (int c = 0; c < CONTACT_MAX; c++) {
		double ratio = evidence_share(list, c) /
			       tenant_share(contact->normal, STRATUM_STRANGE, c);

		evidence_contribute(finding->evidence, contact_class_words(c), target->counts[c],
				    target->counts[c] * log1p(.08 * (ratio - 1)));
	}
}

static bool plainly(const struct campaign *state, struct target *target,
		    const struct contact *contact)
{
	int64_t hour = contact->row->last_us / US_PER_HOUR;

	if (target->hour != hour)
		target->unknown_now = 0;
	target->hour = hour;
	target->unknown_now += contact->class == CONTACT_UNKNOWN;
	return target->unknown_now > state->unknown_per_hour &&
	       target->unknown_now >
		       5 * tenant_per_hour(contact->normal, STRATUM_ALL, CONTACT_UNKNOWN);
}

static void settle(struct campaign *state, struct target *target, const struct contact *contact,
		   double level, struct finding_list *ret)
{
	int64_t now_us = contact->row->last_us;
	enum list_kind list = LIST_OUTSIDE;
	double nats = strongest(target, &list);
	bool is_plain_alarm = plainly(state, target, contact);
	bool is_alarm = state->is_plain ? is_plain_alarm : nats >= level;
	bool has_begun = is_alarm && !target->is_alarmed;

	if (nats > level / 2)
		tenant_suspect(contact->normal, now_us);
	if (nats < level / 2 && !is_alarm)
		target->is_alarmed = false;
	target->is_alarmed |= is_alarm;
	if (target->is_alarmed && (has_begun || now_us - target->told_us >= TELL_AGAIN_US))
		tell(target, contact, list, nats, level, ret);
}

static void weigh(struct campaign *state, const struct moment *moment,
		  const struct contact *contact, struct finding_list *ret)
{
	struct target *target = table_touch(state->targets, &contact->tenant, NULL);
	double level = detector_level(moment, rate_per_day(&state->votes, moment->now_us)) +
		       CELLS_LEVEL;
	enum list_kind list;

	if (strongest(target, &list) <= 0)
		begin(target, contact->row->last_us);
	weigh_stratum(target, contact, STRATUM_ALL, 2 * level);
	if (contact->is_strange)
		weigh_stratum(target, contact, STRATUM_STRANGE, 2 * level);
	target->counts[contact->class]++;
	if (contact->class != CONTACT_ACTIVE)
		suspects_add(&target->suspects, &contact->address, contact->row->account,
			     contact->row->last_us);
	settle(state, target, contact, level, ret);
}

/* A network that gave itself away by its own score belongs to the running campaign, too. */
static void add_flagged(struct campaign *state, const struct contact *contact)
{
	struct target *target = table_find(state->targets, &contact->tenant);

	if (target && target->is_alarmed)
		suspects_add(&target->suspects, &contact->address, contact->row->account,
			     contact->row->last_us);
}

static void campaign_observe(void *state_pointer, const struct moment *moment,
			     struct finding_list *ret)
{
	struct campaign *state = state_pointer;

	for (size_t i = 0; i < moment->n_contacts; i++) {
		const struct contact *contact = &moment->contacts[i];

		if (!contact->normal)
			continue;
		if (contact->was_flagged && contact->is_first)
			add_flagged(state, contact);
		if (!contact->is_vote)
			continue;
		rate_add(&state->votes, moment->now_us, 1);
		if (!moment->is_learning)
			weigh(state, moment, contact, ret);
	}
}

static void keep_target(struct archive *archive, void *value)
{
	struct target *target = value;

	suspects_keep(&target->suspects, archive);
}

static void campaign_keep(void *state_pointer, struct archive *archive)
{
	struct campaign *state = state_pointer;

	archive_member(archive, &state->votes, sizeof(state->votes));
	archive_table(archive, state->targets, sizeof(uint64_t), sizeof(struct target),
		      keep_target);
}

static void campaign_free(void *state_pointer)
{
	struct campaign *state = state_pointer;

	table_free(state->targets);
	free(state);
}

const struct detector campaign_detector = {
	.name = "campaign",
	.help = "many networks work through a list against one tenant, a try or two each",
	.keys = keys,
	.shares_alarms = true,
	.new = campaign_new,
	.observe = campaign_observe,
	.keep = campaign_keep,
	.free = campaign_free,
};
