/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tenant is worked through with a list, each network trying one or two mailboxes: no counter
 * per source or account rises. What changes is the mixture of first contacts, so each contact is
 * weighed against the tenant's own mixture at this hour of the day, under the assumption that a
 * share of 2, 8 or 30 % comes from a list; and again for networks that the tenant never saw, of 8,
 * 30 or 70 %, where a few attempts an hour already stand out. Of those their number is weighed,
 * too (detect/influx.h).
 */
#include "detect/detector.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/influx.h"
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
#define LEAST_SUSPECTS 3 /* beside opened mailboxes in use; fewer are no campaign */
#define TELL_AGAIN_US (30 * US_PER_SECOND)

/* Among strange networks a campaign is soon the greater part. */
static const double attack_shares[STRATUM_MAX][SHARES] = {{.02, .08, .3}, {.08, .3, .7}};

#define CELLS (STRATUM_MAX * LIST_MAX * SHARES)

struct cell {
	float nats;
	int64_t since_us; /* it last began to grow */
};

struct target {
	struct cell cells[STRATUM_MAX][LIST_MAX][SHARES];
	struct influx influx;
	int64_t since_us; /* of the running alarm */
	int64_t told_us;
	bool is_alarmed;
	double lately;	  /* votes from strange networks, without mailboxes in use; fading */
	int64_t lately_us;
	uint32_t unknown_now; /* plain: in the running hour */
	int64_t hour;
	struct suspects suspects;
};

struct campaign {
	struct table *targets;
	struct rate votes[STRATUM_MAX];
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

static void weigh_cell(struct cell *cell, double nats, double most, int64_t now_us)
{
	if (cell->nats <= 0)
		cell->since_us = now_us;
	cell->nats = (float)fmin(fmax(cell->nats + nats, 0), most);
}

static void weigh_stratum(struct target *target, const struct contact *contact,
			  enum stratum stratum, double most)
{
	double usual = tenant_share(contact->normal, stratum, contact->class);

	if (contact->class == CONTACT_BAD && !contact->is_strange_vote)
		usual = tenant_recent_bad(contact->normal);
	for (int list = 0; list < LIST_MAX; list++)
		for (int i = 0; i < SHARES; i++) {
			double ratio = evidence_share(list, contact->class) / usual;

			weigh_cell(&target->cells[stratum][list][i],
				   log1p(attack_shares[stratum][i] * (ratio - 1)), most,
				   contact->row->last_us);
		}
}

static void weigh_influx(struct target *target, const struct contact *contact, double most)
{
	double per_hour[CONTACT_MAX];

	for (int c = 0; c < CONTACT_MAX; c++)
		per_hour[c] = tenant_rate(contact->normal, STRATUM_STRANGE, c);
	influx_add(&target->influx, per_hour, contact->class, most, contact->row->last_us);
}

struct verdict {
	double nats, level; /* nats of the sum that is nearest to its level */
	enum list_kind list;
	enum stratum stratum;
	int64_t since_us;
};

static struct verdict strongest(const struct target *target, const double *levels)
{
	const struct cell *all = &target->cells[0][0][0];
	struct verdict best = {.level = levels[STRATUM_ALL]};
	const struct influx_cell *flood;
	enum list_kind list;

	for (int i = 0; i < CELLS; i++) {
		enum stratum stratum = i / SHARES / LIST_MAX;

		if (all[i].nats / levels[stratum] > best.nats / best.level)
			best = (struct verdict){all[i].nats, levels[stratum],
						i / SHARES % LIST_MAX, stratum, all[i].since_us};
	}
	flood = influx_strongest(&target->influx, &list);
	if (flood->nats / levels[STRATUM_STRANGE] > best.nats / best.level)
		best = (struct verdict){flood->nats, levels[STRATUM_STRANGE], list,
					STRATUM_STRANGE, flood->since_us};
	return best;
}

static double normal_since(const struct target *target, const struct contact *contact,
			   enum stratum stratum, int class)
{
	double hours = (double)(contact->row->last_us - target->since_us) / US_PER_HOUR;
	double per_hour = tenant_per_hour(contact->normal, stratum, class);

	return isfinite(per_hour) ? per_hour * hours : 0;
}

/* Attempts per hour: what of the last hour is neither normal nor an opened mailbox in use, and
 * of the latter as many as the list has. */
static double estimate_speed(const struct target *target, const struct contact *contact,
			     enum list_kind list)
{
	double hours = (double)(contact->row->last_us - target->since_us) / US_PER_HOUR;
	double normal = 0, seen;

	for (int c = 0; c < CONTACT_MAX; c++)
		normal += c == CONTACT_ACTIVE
				  ? 0
				  : tenant_rate(contact->normal, STRATUM_STRANGE, c);
	seen = target->lately / fmax(1 - exp(-hours), 1.0 / 120);
	return fmax(seen - normal, 0) / (1 - evidence_share(list, CONTACT_ACTIVE));
}

static struct finding *add_finding(const struct target *target, const struct contact *contact,
				   const struct verdict *verdict, struct finding_list *ret)
{
	const char *tenant = account_tenant(contact->row->account);
	const struct suspects *suspects = &target->suspects;
	enum stratum stratum = verdict->stratum;
	char networks[PHRASE_BYTES], age[PHRASE_BYTES];

	phrase_count(suspects->count, "network", "networks", networks);
	phrase_duration(contact->row->last_us - target->since_us, age);
	return finding_add(
		ret, campaign_detector.name,
		verdict->list == LIST_OWN ? SEVERITY_CRITICAL : SEVERITY_WARNING, SUBJECT_TENANT,
		tenant,
		"Tenant %s: %s%s tried a mailbox or two each in %s, with %u names that never "
		"existed (normal: %.1f), %u wrong passwords (normal: %.1f), %u cancelled mailboxes "
		"and %u opened that nobody had used for 90 days; so %s is worked through.",
		tenant, networks, stratum == STRATUM_STRANGE ? " never seen before" : "", age,
		suspects_count(suspects, CONTACT_UNKNOWN),
		normal_since(target, contact, stratum, CONTACT_UNKNOWN),
		suspects_count(suspects, CONTACT_BAD),
		normal_since(target, contact, stratum, CONTACT_BAD),
		suspects_count(suspects, CONTACT_CANCELLED),
		suspects_count(suspects, CONTACT_DORMANT),
		verdict->list == LIST_OWN ? "a list stolen from here" : "a list from elsewhere");
}

static void tell(struct target *target, const struct contact *contact,
		 const struct verdict *verdict, struct finding_list *ret)
{
	struct finding *finding = add_finding(target, contact, verdict, ret);

	finding->first_us = target->since_us;
	finding->last_us = target->told_us = contact->row->last_us;
	suspects_tell(&target->suspects, finding);
	json_object_set_new(finding->evidence, "list",
			    json_string(verdict->list == LIST_OWN ? "own" : "outside"));
	json_object_set_new(finding->evidence, "attempts_per_hour",
			    json_real(round(estimate_speed(target, contact, verdict->list))));
	evidence_tell(finding->evidence, verdict->nats, verdict->level);
	for (int c = 0; c < CONTACT_MAX; c++) {
		double ratio = evidence_share(verdict->list, c) /
			       tenant_share(contact->normal, verdict->stratum, c);
		uint32_t count = suspects_count(&target->suspects, c);

		evidence_contribute(finding->evidence, contact_class_words(c), count,
				    count * log1p(attack_shares[verdict->stratum][1] * (ratio - 1)));
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

static void tell_tenant(const struct target *target, const struct contact *contact,
			enum list_kind list)
{
	struct siege *siege = &contact->normal->campaign;
	double speed = estimate_speed(target, contact, list);

	siege->since_us = target->since_us;
	for (int c = CONTACT_ACTIVE; c <= CONTACT_DORMANT; c++)
		siege->opens[c] = speed * evidence_share(list, c);
}

/* A sum over the last hour, which fades. */
static void note_lately(struct target *target, const struct contact *contact)
{
	double hours = (double)(contact->row->last_us - target->lately_us) / US_PER_HOUR;

	target->lately *= exp(-fmax(hours, 0));
	target->lately_us = contact->row->last_us;
	target->lately += contact->is_strange_vote && contact->class != CONTACT_ACTIVE;
}

static void begin(struct target *target, const struct contact *contact,
		  const struct verdict *verdict)
{
	target->is_alarmed = true;
	target->told_us = 0;
	target->since_us = verdict->since_us ? verdict->since_us : contact->row->last_us;
	suspects_trim(&target->suspects, target->since_us);
}

static void end(struct target *target, const struct contact *contact)
{
	target->is_alarmed = false;
	contact->normal->campaign = (struct siege){0};
}

static void settle(struct campaign *state, struct target *target, const struct contact *contact,
		   const double *levels, struct finding_list *ret)
{
	int64_t now_us = contact->row->last_us;
	struct verdict verdict = strongest(target, levels);
	bool is_plain_alarm = plainly(state, target, contact);
	bool is_alarm = state->is_plain ? is_plain_alarm
					: verdict.nats >= verdict.level &&
						  suspects_since(&target->suspects,
								 verdict.since_us) >=
							  LEAST_SUSPECTS;

	if (verdict.nats > verdict.level / 2)
		tenant_suspect(contact->normal, now_us);
	if (target->is_alarmed && verdict.nats < verdict.level / 2 && !is_alarm)
		end(target, contact);
	if (is_alarm && !target->is_alarmed)
		begin(target, contact, &verdict);
	if (!target->is_alarmed)
		return;
	tell_tenant(target, contact, verdict.list);
	if (now_us - target->told_us >= TELL_AGAIN_US)
		tell(target, contact, &verdict, ret);
}

static void weigh(struct campaign *state, const struct moment *moment,
		  const struct contact *contact, struct finding_list *ret)
{
	struct target *target = table_touch(state->targets, &contact->tenant, NULL);
	double levels[STRATUM_MAX];
	struct verdict before;

	for (int s = 0; s < STRATUM_MAX; s++)
		levels[s] = detector_level(moment,
					   rate_per_day(&state->votes[s], moment->now_us)) +
			    TENANT_MARGIN / 2;
	before = strongest(target, levels);
	for (int s = 0; s <= (contact->is_strange_vote ? STRATUM_STRANGE : STRATUM_ALL); s++)
		weigh_stratum(target, contact, s, 2 * levels[s]);
	if (contact->is_strange_vote)
		weigh_influx(target, contact, 2 * levels[STRATUM_STRANGE]);
	if (before.nats <= 0 && !target->is_alarmed)
		suspects_clear(&target->suspects);
	note_lately(target, contact);
	/* People who mistype at home are in every such list, unless only homes are. */
	if (contact->class != CONTACT_ACTIVE &&
	    (contact->is_strange_vote || before.stratum == STRATUM_ALL))
		suspects_add(&target->suspects, &contact->address, contact->row->account,
			     contact->class, contact->row->last_us);
	settle(state, target, contact, levels, ret);
}

/* A network that gave itself away by its own score belongs to the running campaign, too. */
static void add_flagged(struct campaign *state, const struct contact *contact)
{
	struct target *target = table_find(state->targets, &contact->tenant);

	if (target && target->is_alarmed)
		suspects_add(&target->suspects, &contact->address, contact->row->account,
			     contact->class, contact->row->last_us);
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
		rate_add(&state->votes[STRATUM_ALL], moment->now_us, 1);
		if (contact->is_strange_vote)
			rate_add(&state->votes[STRATUM_STRANGE], moment->now_us, 1);
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

	archive_member(archive, state->votes, sizeof(state->votes));
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
	.learns_first = true,
	.new = campaign_new,
	.observe = campaign_observe,
	.keep = campaign_keep,
	.free = campaign_free,
};
