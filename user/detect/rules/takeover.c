/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: a guessed or stolen password is right.
 *
 * Idea: each first success of a network on an account is compared with what speaks against it:
 *
 *	1. its source failed on other accounts before, or
 *	2. others failed on the account before, or
 *	3. the tenant is under attack (campaign, new_network_success) and most such logins are the
 *	   attack's.
 *
 * After 2. a network that is new where the owner's provider is may be his new home. It is critical
 * when he is seen in the old one.
 *
 * A login for which none of these is enough waits for a day (first_accesses.h). Then it raises the
 * alert
 *
 *	4. when its source is flagged for guessing later,
 *	5. when an attack on the tenant becomes known that began before it, or
 *	6. when the mailbox is read further than an owner's new device reads it: during an attack,
 *	   after a suspicious login, or soon after another takeover at the tenant.
 *
 * All of it is likelihood ratios, added as logarithms (evidence.h); the odds during an attack are
 * the successes per hour of the attack over those that are usual.
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
	[PLAIN] = {"plain", 0, 1, 0, "1: use the two numbers below instead of evidence"},
	[ACCOUNTS] = {"accounts", 1, 100000, 4,
		      "plain: other accounts on which the source failed at first contact"},
	[FAILURES] = {"failures", 3, 1000000, 10,
		      "plain: failures on the account from networks that never opened it"},
	{0},
};

#define LEAST_FAILURES 3   /* on other accounts; two may be one family's */
#define PATIENCE_US (6 * US_PER_HOUR) /* so fast the suspicion against a later success halves */
#define FLOOR_FAILURES 10  /* of a new address within a day; no background changes it */
#define SHARED_HITS .05	   /* of the accounts that a guesser tries, roughly, he opens */
#define SHARED_ODDS 2	   /* of the guesser against somebody new behind the same address */
#define TOOK_PART_ODDS 9.0 /* of a login whose network failed on others during the attack */
#define NEXT_ODDS 9.0	   /* least, that who reads far is the attacker of the last takeover */
/* Nats that something adds to the suspicion against a login. */
#define DORMANT_NATS 4.79
#define TRY_NATS 0.405 /* each own failure before it: most people give up sooner */
#define TRIES_NATS 6.0 /* all of them together, at the most */
#define ONE_OTHER_NATS                                                                             \
	2.5		/* at the most, when one other mailbox failed: a mistyped name does so     \
			 */
#define OTHERS_NATS 4.0 /* each other network that failed on the account: 1 in 1500 has any */

struct takeover {
	struct attacked attacked;
	struct rate opened; /* first successes of strange networks */
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

static double takeover_source_threshold(const struct detector_input *input)
{
	return detector_threshold(input, rate_per_day(&input->sources->contacts, input->now_us));
}

/* A colleague who is new behind an address that many share, and one of them guesses. */
static bool takeover_is_colleague(const struct contact *contact, double failed)
{
	int64_t span_us;

	if (contact->users < SOURCE_SHARED_BY || !contact->score)
		return false;
	span_us = contact->row->last_us - contact->score->first_us;
	if (span_us < US_PER_HOUR)
		span_us = US_PER_HOUR;
	return SHARED_HITS * failed <
	       SHARED_ODDS * sources_usual_opened(contact->score, contact->users, span_us);
}

/* A new address that tried ten others: whatever else is going on. */
static bool takeover_is_certain_guess(const struct contact *contact)
{
	double tried = (double)contact->tried_before - contact->was_tried;

	return tried >= FLOOR_FAILURES + 2 * contact->users;
}

/* 1. */
static bool takeover_source_guesses(const struct takeover *state,
				    const struct detector_input *input,
				    const struct contact *contact)
{
	double failed = (double)contact->failures_before - contact->was_tried;

	if (state->is_plain)
		return failed >= state->accounts;
	if (takeover_is_certain_guess(contact))
		return true;
	return !input->is_first_day && failed >= LEAST_FAILURES &&
	       failed > (double)contact->opened_before &&
	       !takeover_is_colleague(contact, failed) &&
	       contact->nats_before >= takeover_source_threshold(input);
}

/* Sum at which a first success is the guesser's. Owners mistype from the network from which they
 * then succeed, and a telephone with an old password moves about in networks that are known here.
 * From other networks fewer failures are enough. */
static double takeover_least_nats(const struct contact *contact,
				  const struct attacked_account *account)
{
	bool is_same = account->is_alone && account->network == contact->network;

	if (is_same)
		return attacked_threshold(account);
	/* The owner came by, where his provider is; others failed. */
	if (contact->is_near && !contact->was_tried)
		return INFINITY;
	return contact->is_strange && !contact->is_near ? ATTACKED_NATS / 2
						      : attacked_threshold(account);
}

static bool takeover_is_besieged(const struct takeover *state,
				 const struct attacked_account *account, uint64_t accounts)
{
	return account->networks >= attacked_most_networks(&state->attacked, account, accounts);
}

/* 2. A guesser opens it soon after his last failure, or never. */
static bool takeover_account_is_attacked(const struct takeover *state,
					 const struct contact *contact,
					 const struct attacked_account *account,
					 uint64_t accounts)
{
	int64_t since_us = contact->row->last_us - account->last_us;

	if (state->is_plain)
		return (double)account->failures >= state->failures;
	if (takeover_is_besieged(state, account, accounts))
		return true;
	return account->nats * exp2(-(double)since_us / PATIENCE_US) >=
	       takeover_least_nats(contact, account);
}

/* One network failed and then opened it, new here, where the owner's provider is: he has moved, or
 * somebody wants to look like that. Likewise where many networks fail on the account every day. */
static bool takeover_may_have_moved(const struct takeover *state, const struct contact *contact,
				    const struct attacked_account *account, uint64_t accounts)
{
	bool is_his_own = account->is_alone && account->network == contact->network;

	if (state->is_plain || !contact->is_near)
		return false;
	return is_his_own ? contact->is_strange
			  : !contact->was_tried && takeover_is_besieged(state, account, accounts);
}

/* 3. The network is new, failed on other mailboxes during the attack, and opened none: in a café
 * somebody mistypes, too. */
static bool takeover_source_took_part(const struct contact *contact, int64_t since_us)
{
	const struct source_score *score = contact->score;

	return score && score->is_strange && score->first_us >= since_us &&
	       contact->opened_before == 0 &&
	       score->counts[CONTACT_BAD] + score->counts[CONTACT_CANCELLED] >=
		       2 + contact->was_tried;
}

/* 3. Returns whether the alert was raised. */
static bool takeover_evaluate_in_attack(const struct contact *contact, struct finding_list *ret)
{
	const struct attempt_row *row = contact->row;
	const struct tenant *tenant = contact->normal;
	struct login_in_attack login = {.account = row->account,
					.source = row->source,
					.first_us = row->first_us,
					.last_us = row->last_us};

	if (!tenant || !contact->network || contact->is_first_use || !tenant_attack_since(tenant))
		return false;
	if (takeover_source_took_part(contact, tenant_attack_since(tenant)))
		login.odds = TOOK_PART_ODDS;
	else if (contact->is_newcomer)
		login.odds = tenant_attack_odds(tenant, contact->class,
						contact->is_newcomer_to_all,
						contact->is_far);
	if (login.odds < TAKEOVER_LOGIN_ODDS)
		return false;
	takeover_report_in_attack(&login, tenant_attack_since(tenant), ret);
	return true;
}

/* What speaks against a login that raised no alert, compared with other logins from strange
 * networks: failures of its source on other accounts; failures of others, or of the same network
 * alone, on this account. weight: less than 1 where bots try all accounts. */
static double takeover_suspicion_nats(const struct contact *contact,
				      const struct attacked_account *account, double weight)
{
	uint64_t others = contact->failures_before - contact->was_tried;
	double nats = 0;

	if (account) {
		double networks = account->networks - contact->was_tried;

		nats = fmax(networks, 0) * OTHERS_NATS * weight;
		if (contact->was_tried && account->is_alone)
			nats += fmin(TRY_NATS * (double)account->failures, TRIES_NATS);
	}
	if (contact->failures_before <= contact->was_tried)
		return nats;
	return nats +
	       (others == 1 ? fmin(contact->nats_before, ONE_OTHER_NATS) : contact->nats_before);
}

static void takeover_evaluate_login(struct takeover *state, const struct detector_input *input,
				    const struct contact *contact, struct finding_list *ret)
{
	const struct attacked_account *account = attacked_find(&state->attacked, contact->account);
	struct first_access *first_access = first_accesses_find(input->first_accesses, contact);
	uint64_t accounts = history_accounts(input->history);
	bool is_reported = true;

	if (contact->is_strange)
		rate_add(&state->opened, contact->row->last_us, 1);
	if (takeover_source_guesses(state, input, contact))
		takeover_report_source(contact, takeover_source_threshold(input), ret);
	else if (contact->failures_before < LEAST_FAILURES && account &&
		 takeover_account_is_attacked(state, contact, account, accounts)) {
		bool is_moved = takeover_may_have_moved(state, contact, account, accounts);

		takeover_report_account(contact, account,
					is_moved ? SEVERITY_NOTICE : SEVERITY_CRITICAL, ret);
		if (is_moved)
			first_accesses_note_moved(input->first_accesses, contact,
						  account->failures, account->first_us);
		/* what is read afterwards may show that it was not the owner */
		is_reported = !is_moved;
	}
	else
		is_reported = !state->is_plain && takeover_evaluate_in_attack(contact, ret);
	if (first_access) {
		first_access->is_waiting = !is_reported;
		first_access->nats = (float)takeover_suspicion_nats(
			contact, account,
			account ? ATTACKED_NETWORKS / attacked_most_networks(&state->attacked,
									     account, accounts)
				: 1);
	}
	if (account)
		attacked_forget(&state->attacked, contact->account);
}

static double takeover_read_nats(const struct detector_input *input,
				 const struct first_access *first_access)
{
	static const struct read_depth guess;

	return read_depth_nats(first_access->is_newcomer ? &input->first_accesses->read_depth
							 : &guess,
			       first_access->messages);
}

/* 5. and 6. A login that waits, during an attack. Its class is in the odds already. */
static void takeover_evaluate_waiting(const struct detector_input *input,
				      struct first_access *first_access,
				      const struct tenant *tenant, int64_t now_us,
				      struct finding_list *ret)
{
	struct login_in_attack login = {.account = first_access->account,
					.source = first_access->source,
					.first_us = first_access->time_us,
					.last_us = now_us,
					.messages = first_access->messages,
					.suspicion_nats = first_access->nats};
	double least;

	if (!first_access->is_waiting || !first_access->is_newcomer ||
	    first_access->time_us < tenant_attack_since(tenant))
		return;
	login.odds = tenant_attack_odds(tenant, first_access->class,
					first_access->is_newcomer_to_all, first_access->is_far);
	login.read_nats = takeover_read_nats(input, first_access);
	least = login.read_nats > 0 ? TAKEOVER_READ_ODDS : TAKEOVER_LOGIN_ODDS;
	if (log(login.odds) + login.suspicion_nats + login.read_nats < log(least))
		return;
	takeover_report_in_attack(&login, tenant_attack_since(tenant), ret);
	first_access->is_waiting = false;
}

/* 5. Once for each attack: what was opened since it began. */
static void takeover_look_back_on_attack(const struct detector_input *input, uint64_t key,
					 struct tenant *tenant, int64_t now_us,
					 struct finding_list *ret)
{
	struct first_accesses *all = input->first_accesses;

	if (tenant->looked_back_us == tenant_attack_since(tenant))
		return;
	tenant->looked_back_us = tenant_attack_since(tenant);
	if (!tenant->looked_back_us)
		return;
	for (struct first_access *each = first_accesses_next(all, NULL); each;
	     each = first_accesses_next(all, each))
		if (each->tenant == key)
			takeover_evaluate_waiting(input, each, tenant, now_us, ret);
}

/* 6. A suspicious login whose mailbox is then read far. */
static void takeover_evaluate_suspicious(const struct takeover *state,
					 const struct detector_input *input,
					 const struct first_access_reading *reading,
					 struct tenant *tenant, struct finding_list *ret)
{
	struct first_access *first_access = reading->first_access;
	double nats = takeover_read_nats(input, first_access), login = first_access->nats;
	double threshold = detector_threshold(input, rate_per_day(&state->opened, input->now_us)) +
			   TENANT_MARGIN / 2;

	/* Who comes back after months has forgotten the password: one explains the other. */
	if (first_access->class == CONTACT_DORMANT)
		login = fmax(login, DORMANT_NATS);
	if (!first_access->is_waiting || !first_access->is_newcomer || login <= 0 || nats <= 0 ||
	    login + nats < threshold)
		return;
	takeover_report_reading(first_access, reading->row, login, nats, threshold, ret);
	first_access->is_waiting = false;
	tenant->last_takeover_us = reading->row->last_us;
}

/* 6. Takeovers come in numbers: one mailbox in so many minutes means so many an hour, compared with
 * the strangers who by chance read as far. */
static void takeover_evaluate_next(const struct detector_input *input,
				   const struct first_access_reading *reading,
				   struct tenant *tenant, struct finding_list *ret)
{
	struct first_access *first_access = reading->first_access;
	int64_t now_us = reading->row->last_us, since_us = now_us - tenant->last_takeover_us;
	int step = read_depth_step(first_access->messages);
	double usual, odds;

	if (!first_access->is_waiting || !first_access->is_newcomer || step < 0 ||
	    !tenant->last_takeover_us || since_us > US_PER_HOUR)
		return;
	usual = tenant_rare_per_hour(tenant, STRATUM_STRANGE, first_access->class) *
		read_depth_share(&input->first_accesses->read_depth, step);
	odds = US_PER_HOUR / fmax((double)since_us, US_PER_MINUTE) / usual;
	if (odds < NEXT_ODDS)
		return;
	takeover_report_next(first_access, reading->row, since_us, odds, NEXT_ODDS, ret);
	first_access->is_waiting = false;
	tenant->last_takeover_us = now_us;
}

static void takeover_evaluate_reading(struct takeover *state, const struct detector_input *input,
				      const struct first_access_reading *reading,
				      struct finding_list *ret)
{
	struct first_access *first_access = reading->first_access;
	int64_t now_us = reading->row->last_us;
	struct tenant *tenant = tenants_touch(input->tenants, first_access->tenant, now_us);

	takeover_look_back_on_attack(input, first_access->tenant, tenant, now_us, ret);
	if (tenant_attack_since(tenant))
		takeover_evaluate_waiting(input, first_access, tenant, now_us, ret);
	takeover_evaluate_suspicious(state, input, reading, tenant, ret);
	takeover_evaluate_next(input, reading, tenant, ret);
}

/* 4. The address itself guesses, or a strange network of which several addresses fail. */
static bool takeover_source_is_certain(const struct contact *contact,
				       const struct detector_input *input)
{
	const struct source_score *score =
		sources_find(input->sources, contact->client_prefix, input->now_us);

	if (!score)
		return false;
	if (contact->score->is_strange && source_is_many(contact->score))
		score = contact->score;
	if (takeover_is_colleague(contact, (double)source_failures(score)))
		return false;
	return source_nats(score) >= takeover_source_threshold(input) &&
	       source_failures(score) >= LEAST_FAILURES &&
	       source_failures(score) > (uint64_t)score->counts[CONTACT_ACTIVE] + score->redeemed;
}

/* 4. What a source opened that has just been flagged. Its neighbours count only in a strange
 * network of which several addresses fail. */
static void takeover_look_back_on_source(const struct contact *contact,
					 const struct detector_input *input,
					 struct finding_list *ret)
{
	bool with_neighbours = contact->score->is_strange && source_is_many(contact->score);
	struct first_accesses *all = input->first_accesses;

	for (struct first_access *each = first_accesses_next(all, NULL); each;
	     each = first_accesses_next(all, each)) {
		if (each->client_prefix != contact->client_prefix &&
		    (!with_neighbours || each->network != contact->network))
			continue;
		if (each->is_waiting && contact->row->last_us - each->time_us <= US_PER_DAY)
			takeover_report_past(each, contact, input, ret);
		each->is_waiting = false;
	}
}

static void takeover_observe(void *state_pointer, const struct detector_input *input,
			     struct finding_list *ret)
{
	struct takeover *state = state_pointer;

	for (size_t i = 0; i < input->first_accesses->n_returns; i++)
		takeover_report_return(input->first_accesses->returns[i].moved,
				       input->first_accesses->returns[i].row, ret);
	for (size_t i = 0; i < input->n_contacts; i++) {
		const struct contact *contact = &input->contacts[i];

		(void)attacked_add(&state->attacked, contact);
		if (contact->is_success)
			takeover_evaluate_login(state, input, contact, ret);
		if (contact->has_crossed && !state->is_plain && !input->is_learning &&
		    takeover_source_is_certain(contact, input))
			takeover_look_back_on_source(contact, input, ret);
		if (contact->normal && !state->is_plain)
			takeover_look_back_on_attack(input, contact->tenant, contact->normal,
						     contact->row->last_us, ret);
	}
	if (state->is_plain || input->is_learning)
		return;
	for (size_t i = 0; i < input->first_accesses->n_readings; i++)
		takeover_evaluate_reading(state, input, &input->first_accesses->readings[i], ret);
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
