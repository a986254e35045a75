/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tenant is worked through with a list, each network trying one or two mailboxes: no counter
 * per source or account rises. What changes is the mixture of first contacts, so each contact is
 * weighed against the tenant's own mixture at this hour of the day, under the assumption that a
 * share of 2, 8 or 30 % comes from a list; and again for networks that the tenant never saw, of 8,
 * 30 or 70 %, where a few attempts an hour already stand out. Of those their number is weighed,
 * too (detect/arrival_cusum.h).
 */
#include "detect/detector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/state/list_sums.h"
#include "detect/text/alert_text.h"
#include "detect/state/suspects.h"
#include "model/account.h"

enum { PLAIN, UNKNOWN_PER_HOUR };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: judge by the number below instead of evidence"},
	[UNKNOWN_PER_HOUR] = {"unknown_per_hour", 5, 1000000, 20,
			      "plain: new names that do not exist, within one hour"},
	{0},
};

#define TENANTS 1024
#define LEAST_SUSPECTS 3 /* beside opened mailboxes in use; fewer are no campaign */
#define TELL_AGAIN_US (30 * US_PER_SECOND)

struct target {
	struct list_sums sums;
	int64_t since_us; /* of the running alarm */
	int64_t told_us;
	bool is_alarmed;
	double lately; /* votes from strange networks, without mailboxes in use; fading */
	double lately_read[CONTACT_MAX]; /* mailboxes opened by such that were then read far */
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

/* What happened just now, to whom. */
struct event_context {
	struct tenant *normal;
	const char *account;
	int64_t time_us;
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

	state->targets =
		table_new(sizeof(uint64_t), sizeof(struct target), TENANTS, release_target, NULL);
	state->is_plain = settings[PLAIN] != 0;
	state->unknown_per_hour = settings[UNKNOWN_PER_HOUR];
	return state;
}

static double normal_since(const struct target *target, const struct event_context *now,
			   enum stratum stratum, int class)
{
	double hours = (double)(now->time_us - target->since_us) / US_PER_HOUR;
	double per_hour = tenant_per_hour(now->normal, stratum, class);

	return isfinite(per_hour) ? per_hour * hours : 0;
}

/* What the sums that fade stand for; half a minute at the least. */
static double lately_hours(const struct target *target, const struct event_context *now)
{
	double hours = (double)(now->time_us - target->since_us) / US_PER_HOUR;

	return fmax(1 - exp(-hours), 1.0 / 120);
}

/* Attempts per hour: what of the last hour is neither normal nor an opened mailbox in use, and
 * of the latter as many as the list has. */
static double estimate_speed(const struct target *target, const struct event_context *now,
			     enum list_kind list)
{
	double normal = 0, seen = target->lately / lately_hours(target, now);

	for (int c = 0; c < CONTACT_MAX; c++)
		normal += c == CONTACT_ACTIVE ? 0 : tenant_rate(now->normal, STRATUM_STRANGE, c);
	return fmax(seen - normal, 0) / (1 - evidence_share(list, CONTACT_ACTIVE));
}

static struct finding *add_finding(const struct target *target, const struct event_context *now,
				   const struct list_verdict *verdict, struct finding_list *ret)
{
	const char *tenant = account_tenant(now->account);
	const struct suspects *suspects = &target->suspects;
	enum stratum stratum = verdict->stratum;
	char networks[PHRASE_BYTES], age[PHRASE_BYTES], read[PHRASE_BYTES] = "";
	uint32_t n_read = suspects_count(suspects, CONTACT_ACTIVE);

	if (n_read)
		(void)snprintf(read, sizeof(read), ", %u in use opened and copied", n_read);
	alert_text_count(suspects->count, "network", "networks", networks);
	alert_text_duration(now->time_us - target->since_us, age);
	return finding_add(
		ret, campaign_detector.name,
		verdict->list == LIST_OWN ? SEVERITY_CRITICAL : SEVERITY_WARNING, SUBJECT_TENANT,
		tenant,
		"Tenant %s: %s%s tried a mailbox or two each in %s, with %u names that never "
		"existed (normal: %.1f), %u wrong passwords (normal: %.1f), %u cancelled mailboxes "
		"and %u opened that nobody had used for 90 days%s; so %s is worked through.",
		tenant, networks, stratum == STRATUM_STRANGE ? " never seen before" : "", age,
		suspects_count(suspects, CONTACT_UNKNOWN),
		normal_since(target, now, stratum, CONTACT_UNKNOWN),
		suspects_count(suspects, CONTACT_BAD),
		normal_since(target, now, stratum, CONTACT_BAD),
		suspects_count(suspects, CONTACT_CANCELLED),
		suspects_count(suspects, CONTACT_DORMANT), read,
		verdict->list == LIST_OWN ? "a list stolen from here" : "a list from elsewhere");
}

static void tell(struct target *target, const struct event_context *now,
		 const struct list_verdict *verdict, struct finding_list *ret)
{
	struct finding *finding = add_finding(target, now, verdict, ret);

	finding->first_us = target->since_us;
	finding->last_us = target->told_us = now->time_us;
	suspects_tell(&target->suspects, finding);
	json_object_set_new(finding->evidence, "list",
			    json_string(verdict->list == LIST_OWN ? "own" : "outside"));
	json_object_set_new(finding->evidence, "attempts_per_hour",
			    json_real(round(estimate_speed(target, now, verdict->list))));
	evidence_tell(finding->evidence, verdict->nats, verdict->level);
	for (int c = 0; c < CONTACT_MAX; c++) {
		uint32_t count = suspects_count(&target->suspects, c);

		evidence_contribute(finding->evidence, contact_class_words(c), count,
				    count * list_sums_weight(now->normal, verdict, c));
	}
}

static void count_unknown(struct target *target, const struct contact *contact)
{
	int64_t hour = contact->row->last_us / US_PER_HOUR;

	if (target->hour != hour)
		target->unknown_now = 0;
	target->hour = hour;
	target->unknown_now += contact->class == CONTACT_UNKNOWN;
}

static bool plainly(const struct campaign *state, const struct target *target,
		    const struct event_context *now)
{
	return target->hour == now->time_us / US_PER_HOUR &&
	       target->unknown_now > state->unknown_per_hour &&
	       target->unknown_now > 5 * tenant_per_hour(now->normal, STRATUM_ALL, CONTACT_UNKNOWN);
}

/* Successes per hour beyond the normal: as many as the list should have at its speed, or as many as
 * what is read far speaks of. */
static double estimate_opens(const struct target *target, const struct event_context *now,
			     const struct read_depth *read_depth, double speed, enum list_kind list,
			     int class)
{
	double normal =
		tenant_rate(now->normal, STRATUM_STRANGE, class) * read_depth_share(read_depth, 0);
	double read = (target->lately_read[class] / lately_hours(target, now) - normal) /
		      READ_DEPTH_OF_THIEVES;

	return fmax(speed * evidence_share(list, class), isfinite(read) ? read : 0);
}

static void tell_tenant(const struct target *target, const struct event_context *now,
			const struct read_depth *read_depth, enum list_kind list)
{
	struct campaign_span *campaign_span = &now->normal->campaign;
	double speed = estimate_speed(target, now, list);

	campaign_span->since_us = target->since_us;
	for (int c = CONTACT_ACTIVE; c <= CONTACT_DORMANT; c++)
		campaign_span->opens[c] = estimate_opens(target, now, read_depth, speed, list, c);
}

/* Sums over the last hour, which fade. */
static void fade_lately(struct target *target, int64_t time_us)
{
	double hours = (double)(time_us - target->lately_us) / US_PER_HOUR;

	target->lately *= exp(-fmax(hours, 0));
	for (int c = 0; c < CONTACT_MAX; c++)
		target->lately_read[c] *= exp(-fmax(hours, 0));
	target->lately_us = time_us;
}

static void begin(struct target *target, const struct event_context *now,
		  const struct list_verdict *verdict)
{
	target->is_alarmed = true;
	target->told_us = 0;
	target->since_us = verdict->since_us ? verdict->since_us : now->time_us;
	suspects_trim(&target->suspects, target->since_us);
}

static void end(struct target *target, const struct event_context *now)
{
	target->is_alarmed = false;
	now->normal->campaign = (struct campaign_span){0};
}

/* Sums that stand at their cap tell no longer which list it is; what was tried does. */
static enum list_kind likelier_list(const struct suspects *suspects, enum list_kind otherwise)
{
	double nats = 0;

	for (int c = CONTACT_DORMANT; c < CONTACT_MAX; c++)
		nats += suspects_count(suspects, (uint32_t)c) *
			log(evidence_share(LIST_OWN, c) / evidence_share(LIST_OUTSIDE, c));
	if (fabs(nats) < 1)
		return otherwise;
	return nats > 0 ? LIST_OWN : LIST_OUTSIDE;
}

static void settle(struct campaign *state, const struct detector_input *input, struct target *target,
		   const struct event_context *now, const double *levels, struct finding_list *ret)
{
	struct list_verdict verdict = list_sums_strongest(&target->sums, levels);
	bool is_plain_alarm = plainly(state, target, now);
	bool is_alarm = state->is_plain
				? is_plain_alarm
				: verdict.nats >= verdict.level &&
					  suspects_since(&target->suspects, verdict.earliest_us) >=
						  LEAST_SUSPECTS;

	if (verdict.nats > verdict.level / 2)
		tenant_suspect(now->normal, now->time_us);
	if (target->is_alarmed && verdict.nats < verdict.level / 2 && !is_alarm)
		end(target, now);
	if (is_alarm && !target->is_alarmed)
		begin(target, now, &verdict);
	if (!target->is_alarmed)
		return;
	verdict.list = likelier_list(&target->suspects, verdict.list);
	tell_tenant(target, now, &input->first_accesses->read_depth, verdict.list);
	if (now->time_us - target->told_us >= TELL_AGAIN_US)
		tell(target, now, &verdict, ret);
}

static void look_up_levels(const struct campaign *state, const struct detector_input *input,
			   double ret_levels[STRATUM_MAX])
{
	for (int s = 0; s < STRATUM_MAX; s++)
		ret_levels[s] =
			detector_level(input, rate_per_day(&state->votes[s], input->now_us)) +
			TENANT_MARGIN / 2;
}

static void weigh(struct campaign *state, const struct detector_input *input,
		  const struct contact *contact, struct finding_list *ret)
{
	struct target *target = table_touch(state->targets, &contact->tenant, NULL);
	const struct event_context now = {contact->normal, contact->row->account, contact->row->last_us};
	double levels[STRATUM_MAX];
	struct list_verdict before;

	look_up_levels(state, input, levels);
	before = list_sums_strongest(&target->sums, levels);
	list_sums_add(&target->sums, contact, &input->first_accesses->read_depth, levels);
	if (before.nats <= 0 && !target->is_alarmed)
		suspects_clear(&target->suspects);
	fade_lately(target, now.time_us);
	target->lately += contact->is_strange_vote && contact->class != CONTACT_ACTIVE;
	count_unknown(target, contact);
	/* People who mistype at home are in every such list, unless only homes are. */
	if (contact->class != CONTACT_ACTIVE &&
	    (contact->is_strange_vote || before.stratum == STRATUM_ALL))
		suspects_add(&target->suspects, &contact->address, contact->row->account,
			     contact->class, contact->row->last_us);
	settle(state, input, target, &now, levels, ret);
}

/* A mailbox in use that a stranger opened says little; that he copies it says more. */
static void weigh_reading(struct campaign *state, const struct detector_input *input,
			  const struct first_access_reading *reading, struct finding_list *ret)
{
	const struct first_access *first_access = reading->first_access;
	const struct read_row *row = reading->row;
	struct target *target = table_find(state->targets, &first_access->tenant);
	struct event_context now = {NULL, row->account, row->last_us};
	double levels[STRATUM_MAX];
	int step = read_depth_step(reading->before + row->messages);

	if (!target || step == read_depth_step(reading->before))
		return;
	now.normal = tenants_touch(input->tenants, first_access->tenant, now.time_us);
	look_up_levels(state, input, levels);
	list_sums_read(&target->sums, now.normal, reading, &input->first_accesses->read_depth, levels);
	if (read_depth_step(reading->before) < 0) {
		struct address address = address_parse(row->source);

		fade_lately(target, now.time_us);
		target->lately_read[first_access->class]++;
		if (first_access->class == CONTACT_ACTIVE)
			suspects_add(&target->suspects, &address, row->account, CONTACT_ACTIVE,
				     now.time_us);
	}
	settle(state, input, target, &now, levels, ret);
}

/* A network that gave itself away by its own score belongs to the running campaign, too. */
static void add_flagged(struct campaign *state, const struct contact *contact)
{
	struct target *target = table_find(state->targets, &contact->tenant);

	if (target && target->is_alarmed)
		suspects_add(&target->suspects, &contact->address, contact->row->account,
			     contact->class, contact->row->last_us);
}

static void campaign_observe(void *state_pointer, const struct detector_input *input,
			     struct finding_list *ret)
{
	struct campaign *state = state_pointer;

	for (size_t i = 0; i < input->n_contacts; i++) {
		const struct contact *contact = &input->contacts[i];

		if (!contact->normal)
			continue;
		if (contact->was_flagged && contact->is_first)
			add_flagged(state, contact);
		if (!contact->is_vote)
			continue;
		rate_add(&state->votes[STRATUM_ALL], input->now_us, 1);
		if (contact->is_strange_vote)
			rate_add(&state->votes[STRATUM_STRANGE], input->now_us, 1);
		if (!input->is_learning)
			weigh(state, input, contact, ret);
	}
	for (size_t i = 0; i < input->first_accesses->n_readings && !input->is_learning; i++)
		if (input->first_accesses->readings[i].first_access->is_strange_vote)
			weigh_reading(state, input, &input->first_accesses->readings[i], ret);
}

static void keep_target(struct serializer *serializer, void *value)
{
	struct target *target = value;

	suspects_serialize(&target->suspects, serializer);
}

static void campaign_serialize(void *state_pointer, struct serializer *serializer)
{
	struct campaign *state = state_pointer;

	serializer_member(serializer, state->votes, sizeof(state->votes));
	serializer_table(serializer, state->targets, sizeof(uint64_t), sizeof(struct target),
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
	.serialize = campaign_serialize,
	.free = campaign_free,
};
