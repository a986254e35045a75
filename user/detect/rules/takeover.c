/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guess that hit: a network's first success on an account, when that network had just failed on
 * others, or others had just failed on that account, or the tenant is being worked through. What
 * is not enough by itself waits: for the network to give itself away, for an alarm about the
 * tenant, and above all for the mailbox to be read as an owner's new device seldom reads.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/state/attacked.h"
#include "detect/text/takeover_text.h"

enum { PLAIN, ACCOUNTS, FAILURES };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: judge by the two numbers below instead of evidence"},
	[ACCOUNTS] = {"accounts", 1, 100000, 4,
		      "plain: other accounts on which the source failed at first contact"},
	[FAILURES] = {"failures", 3, 1000000, 10,
		      "plain: failures on the account from networks that never opened it"},
	{0},
};

#define TOOK_PART 9.0	 /* odds, when the network failed on others meanwhile */
#define NEXT_ODDS 9.0	 /* that a stranger who reads far comes from where the last thief did */
#define LEAST_FAILURES 3 /* other accounts; two may be one family's */
#define DORMANT_NATS 4.79
#define TRY_NATS 0.405 /* a failure repeated by who then succeeds: people give up, or find out */
#define TRIES_NATS 6.0
#define ONE_OTHER_NATS 2.5 /* one other mailbox failed: who mistypes his name does that, too */
#define OTHERS_NATS 4.0 /* of another network's failures on the account: 1 in 1500 has them */

struct takeover {
	struct attacked attacked;
	struct rate opened; /* by strange networks */
	bool is_plain;
	double accounts, failures;
};

static void *takeover_new(const double *settings)
{
	struct takeover *state = xcalloc(1, sizeof(*state));

	attacked_init(&state->attacked);
	state->is_plain = settings[PLAIN] != 0;
	state->accounts = settings[ACCOUNTS];
	state->failures = settings[FAILURES];
	return state;
}

static double source_level(const struct detector_input *input)
{
	return detector_level(input, rate_per_day(&input->sources->contacts, input->now_us));
}

static bool speaks_against_source(const struct takeover *state, const struct detector_input *input,
				  const struct contact *contact)
{
	double failed = (double)contact->failures_before - contact->was_tried;

	if (state->is_plain)
		return failed >= state->accounts;
	return failed >= LEAST_FAILURES && failed > (double)contact->opened_before &&
	       contact->nats_before >= source_level(input);
}

/* Who mistypes does so where he then succeeds, and a telephone with an old password is on the
 * road; of others' failures fewer will do for a network that nobody here uses. */
static bool speaks_against_account(const struct takeover *state, const struct contact *contact,
				   const struct attacked_account *account)
{
	bool is_owner =
		!contact->is_strange || (account->is_alone && account->network == contact->network);

	if (state->is_plain)
		return (double)account->failures >= state->failures;
	return account->nats >= (is_owner ? attacked_level(account) : ATTACKED_NATS / 2) ||
	       account->networks >= ATTACKED_NETWORKS;
}

/* The network failed on other mailboxes during the campaign, and opened none of them later: in a
 * café somebody mistypes, too. */
static bool took_part(const struct contact *contact, int64_t since_us)
{
	const struct source_score *score = contact->score;

	return score && score->is_strange && score->first_us >= since_us &&
	       contact->opened_before == 0 &&
	       score->counts[CONTACT_BAD] + score->counts[CONTACT_CANCELLED] >=
		       2 + contact->was_tried;
}

/* Odds that a success from a strange network is the running attack's. */
static double siege_odds(const struct contact *contact)
{
	const struct tenant *tenant = contact->normal;

	if (!tenant || !contact->network || !tenant_siege_since(tenant))
		return 0;
	if (took_part(contact, tenant_siege_since(tenant)))
		return TOOK_PART;
	return contact->is_newcomer ? tenant_siege_odds(tenant, contact->class) : 0;
}

/* Failures of others on the account, or of the same network before it succeeded. */
static double account_nats(const struct contact *contact, const struct attacked_account *account)
{
	double others, own = 0;

	if (!account)
		return 0;
	others = account->networks;
	if (contact->was_tried) {
		others -= 1;
		own = fmin(TRY_NATS * (double)account->failures, TRIES_NATS);
	}
	return fmax(others, 0) * OTHERS_NATS + (account->is_alone ? own : 0);
}

/* What speaks against a login that is not yet told, compared with others from strange networks. */
static double doubts(const struct contact *contact, const struct attacked_account *account)
{
	uint64_t others = contact->failures_before - contact->was_tried;
	double nats = account_nats(contact, account);

	if (contact->failures_before <= contact->was_tried)
		return nats;
	return nats + (others == 1 ? fmin(contact->nats_before, ONE_OTHER_NATS)
				   : contact->nats_before);
}

static bool judge_amid_siege(const struct contact *contact, struct finding_list *ret)
{
	const struct attempt_row *row = contact->row;
	double odds = siege_odds(contact);

	if (odds < TAKEOVER_ODDS)
		return false;
	takeover_tell_of_siege(&(struct loss){.account = row->account,
					      .source = row->source,
					      .first_us = row->first_us,
					      .last_us = row->last_us,
					      .odds = odds},
			       tenant_siege_since(contact->normal), ret);
	return true;
}

static void judge(struct takeover *state, const struct detector_input *input,
		  const struct contact *contact, struct finding_list *ret)
{
	const struct attacked_account *account = attacked_find(&state->attacked, contact->account);
	struct first_access *first_access = first_accesses_find(input->first_accesses, contact);
	bool is_told = true;

	if (contact->is_strange)
		rate_add(&state->opened, contact->row->last_us, 1);
	if (speaks_against_source(state, input, contact))
		takeover_tell_of_source(contact, source_level(input), ret);
	else if (contact->failures_before < LEAST_FAILURES && account &&
		 speaks_against_account(state, contact, account))
		takeover_tell_of_account(contact, account, ret);
	else
		is_told = !state->is_plain && judge_amid_siege(contact, ret);
	if (first_access) {
		first_access->is_waiting = !is_told;
		first_access->nats = (float)doubts(contact, account);
	}
	if (account)
		attacked_forget(&state->attacked, contact->account);
}

static double read_nats(const struct detector_input *input, const struct first_access *first_access)
{
	static const struct read_depth guess;

	return read_depth_nats(first_access->is_newcomers ? &input->first_accesses->read_depth : &guess,
			     first_access->messages);
}

/* The class of the login is in the odds already. */
static void judge_in_siege(const struct detector_input *input, struct first_access *first_access,
			   const struct tenant *tenant, int64_t now_us, struct finding_list *ret)
{
	double nats = read_nats(input, first_access), odds;

	if (!first_access->is_waiting || !first_access->is_newcomers ||
	    first_access->time_us < tenant_siege_since(tenant))
		return;
	odds = tenant_siege_odds(tenant, first_access->class);
	if (log(odds) + first_access->nats + nats < log(nats > 0 ? READ_ODDS : TAKEOVER_ODDS))
		return;
	takeover_tell_of_siege(&(struct loss){first_access->account, first_access->source, first_access->time_us,
					      now_us, first_access->messages, odds, first_access->nats, nats},
			       tenant_siege_since(tenant), ret);
	first_access->is_waiting = false;
}

/* Thieves come in numbers. One mailbox in so many minutes speaks of as many an hour, against
 * strangers who by chance read as far. */
static void judge_next(const struct detector_input *input, const struct first_access_reading *reading,
		       struct tenant *tenant, struct finding_list *ret)
{
	struct first_access *first_access = reading->first_access;
	int64_t now_us = reading->row->last_us, since_us = now_us - tenant->last_takeover_us;
	int step = read_depth_step(first_access->messages);
	double usual, odds;

	if (!first_access->is_waiting || !first_access->is_newcomers || step < 0 || !tenant->last_takeover_us ||
	    since_us > US_PER_HOUR)
		return;
	usual = tenant_rate(tenant, STRATUM_STRANGE, first_access->class) *
		read_depth_share(&input->first_accesses->read_depth, step);
	odds = US_PER_HOUR / fmax((double)since_us, US_PER_MINUTE) / usual;
	if (odds < NEXT_ODDS)
		return;
	takeover_tell_of_next(first_access, reading->row, since_us, odds, NEXT_ODDS, ret);
	first_access->is_waiting = false;
	tenant->last_takeover_us = now_us;
}

static void judge_alone(const struct takeover *state, const struct detector_input *input,
			const struct first_access_reading *reading, struct tenant *tenant,
			struct finding_list *ret)
{
	struct first_access *first_access = reading->first_access;
	double nats = read_nats(input, first_access), login = first_access->nats;
	double level = detector_level(input, rate_per_day(&state->opened, input->now_us));

	if (first_access->class == CONTACT_DORMANT)
		login += DORMANT_NATS;
	if (!first_access->is_waiting || !first_access->is_newcomers || login <= 0 || nats <= 0 ||
	    login + nats < level)
		return;
	takeover_tell_of_reading(first_access, reading->row, login, nats, level, ret);
	first_access->is_waiting = false;
	tenant->last_takeover_us = reading->row->last_us;
}

/* When an alarm about a tenant begins, what was opened since the attack began is looked at. */
static void look_back_on_siege(const struct detector_input *input, uint64_t key, struct tenant *tenant,
			       int64_t now_us, struct finding_list *ret)
{
	if (tenant->looked_back_us == tenant_siege_since(tenant))
		return;
	tenant->looked_back_us = tenant_siege_since(tenant);
	for (struct first_access *first_access = first_accesses_next(input->first_accesses, NULL);
	     first_access && tenant->looked_back_us; first_access = first_accesses_next(input->first_accesses, first_access))
		if (first_access->tenant == key)
			judge_in_siege(input, first_access, tenant, now_us, ret);
}

static void judge_reading(struct takeover *state, const struct detector_input *input,
			  const struct first_access_reading *reading, struct finding_list *ret)
{
	struct first_access *first_access = reading->first_access;
	int64_t now_us = reading->row->last_us;
	struct tenant *tenant;

	if (state->is_plain || input->is_learning)
		return;
	tenant = tenants_touch(input->tenants, first_access->tenant, now_us);
	look_back_on_siege(input, first_access->tenant, tenant, now_us, ret);
	if (tenant_siege_since(tenant))
		judge_in_siege(input, first_access, tenant, now_us, ret);
	judge_alone(state, input, reading, tenant, ret);
	judge_next(input, reading, tenant, ret);
}

/* The address itself, or a strange network of which several fail. */
static bool is_certain(const struct contact *contact, const struct detector_input *input)
{
	const struct source_score *score =
		sources_find(input->sources, contact->client_prefix, input->now_us);

	if (!score)
		return false;
	if (contact->score->is_strange && source_is_many(contact->score))
		score = contact->score;
	return source_nats(score) >= source_level(input) &&
	       source_failures(score) >= LEAST_FAILURES &&
	       source_failures(score) > score->counts[CONTACT_ACTIVE];
}

static void look_back(const struct contact *contact, const struct detector_input *input,
		      struct finding_list *ret)
{
	for (struct first_access *opened = first_accesses_next(input->first_accesses, NULL); opened;
	     opened = first_accesses_next(input->first_accesses, opened)) {
		/* Neighbours are meant only in a strange network of which several fail. */
		if (opened->client_prefix != contact->client_prefix &&
		    (opened->network != contact->network || !contact->score->is_strange ||
		     !source_is_many(contact->score)))
			continue;
		if (opened->is_waiting && contact->row->last_us - opened->time_us <= US_PER_DAY)
			takeover_tell_of_past(opened, contact, input, ret);
		opened->is_waiting = false;
	}
}

static void takeover_observe(void *state_pointer, const struct detector_input *input,
			     struct finding_list *ret)
{
	struct takeover *state = state_pointer;

	for (size_t i = 0; i < input->n_contacts; i++) {
		const struct contact *contact = &input->contacts[i];

		(void)attacked_add(&state->attacked, contact);
		if (contact->is_success)
			judge(state, input, contact, ret);
		if (contact->has_crossed && !state->is_plain && !input->is_learning &&
		    is_certain(contact, input))
			look_back(contact, input, ret);
		if (contact->normal && !state->is_plain)
			look_back_on_siege(input, contact->tenant, contact->normal,
					   contact->row->last_us, ret);
	}
	for (size_t i = 0; i < input->first_accesses->n_readings; i++)
		judge_reading(state, input, &input->first_accesses->readings[i], ret);
}

static void takeover_serialize(void *state_pointer, struct serializer *serializer)
{
	struct takeover *state = state_pointer;

	attacked_serialize(&state->attacked, serializer);
	serializer_member(serializer, &state->opened, sizeof(state->opened));
}

static void takeover_free(void *state_pointer)
{
	struct takeover *state = state_pointer;

	attacked_done(&state->attacked);
	free(state);
}

const struct detector takeover_detector = {
	.name = "takeover",
	.help = "the first success of a source that guesses, or on an account under attack",
	.keys = keys,
	.shares_alarms = true,
	.new = takeover_new,
	.observe = takeover_observe,
	.serialize = takeover_serialize,
	.free = takeover_free,
};
