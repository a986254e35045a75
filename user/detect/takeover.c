/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guess that hit: a network's first success on an account, when that network had just failed on
 * others, or others had just failed on that account, or the tenant is being worked through. What
 * is not enough by itself waits: for the network to give itself away, for an alarm about the
 * tenant, and above all for the mailbox to be read as an owner's new device seldom reads.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/attacked.h"
#include "detect/openings.h"
#include "detect/phrase.h"

enum { PLAIN, ACCOUNTS, FAILURES };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: judge by the two numbers below instead of evidence"},
	[ACCOUNTS] = {"accounts", 1, 100000, 4,
		      "plain: other accounts on which the source failed at first contact"},
	[FAILURES] = {"failures", 3, 1000000, 10,
		      "plain: failures on the account from networks that never opened it"},
	{0},
};

#define LIKELY 4.0  /* odds at which a login is told before anything is read */
#define READ_ODDS 9.0 /* and with what was read: here thieves and owners are weighed in full */
#define LEAST_FAILURES 3 /* other accounts; two may be one family's */
#define DORMANT_NATS 4.79
#define TRY_NATS 0.405 /* a failure repeated by who then succeeds: people give up, or find out */
#define TRIES_NATS 6.0
#define OTHERS_NATS 4.0 /* of another network's failures on the account: 1 in 1500 has them */

struct takeover {
	struct attacked attacked;
	struct openings openings;
	struct rate opened; /* by strange networks */
	bool is_plain;
	double accounts, failures;
};

static void *takeover_new(const double *settings)
{
	struct takeover *state = xcalloc(1, sizeof(*state));

	attacked_init(&state->attacked);
	openings_init(&state->openings);
	state->is_plain = settings[PLAIN] != 0;
	state->accounts = settings[ACCOUNTS];
	state->failures = settings[FAILURES];
	return state;
}

static void finish(struct finding *finding, const char *account, const char *source,
		   int64_t first_us, int64_t last_us)
{
	finding->first_us = first_us < last_us ? first_us : last_us;
	finding->last_us = last_us;
	finding_add_account(finding, account);
	json_object_set_new(finding->evidence, "source", json_string(source));
	json_object_set_new(
		finding->evidence, "seconds",
		json_real((double)(last_us - finding->first_us) / US_PER_SECOND));
}

static void tell_of_source(const struct contact *contact, double level, struct finding_list *ret)
{
	const struct attempt_row *row = contact->row;
	int64_t first_us = contact->score ? contact->score->first_us : row->first_us;
	char mailboxes[PHRASE_BYTES], age[PHRASE_BYTES];
	struct finding *finding;

	phrase_count(contact->failures_before, "other mailbox", "other mailboxes", mailboxes);
	phrase_duration(row->last_us - first_us, age);
	finding = finding_add(ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			      row->account,
			      "%s was opened for the first time by %s, which had failed on %s in "
			      "the last %s; an owner's new device or network does not try other "
			      "people's mailboxes first.",
			      row->account, row->source, mailboxes, age);
	finish(finding, row->account, row->source, first_us, row->last_us);
	json_object_set_new(finding->evidence, "other_accounts_failed",
			    json_integer((json_int_t)contact->failures_before));
	evidence_tell(finding->evidence, contact->nats_before, level);
	evidence_contribute(finding->evidence, "mailboxes on which the source failed before",
			    (double)contact->failures_before, contact->nats_before);
}

static void tell_of_account(const struct contact *contact, const struct attacked_account *account,
			    struct finding_list *ret)
{
	const struct attempt_row *row = contact->row;
	char failures[PHRASE_BYTES], age[PHRASE_BYTES];
	struct finding *finding;

	phrase_count(account->failures, "failed login", "failed logins", failures);
	phrase_duration(row->last_us - account->first_us, age);
	finding = finding_add(
		ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, row->account,
		"%s was opened for the first time by %s, after %s in the last %s from "
		"networks that had never opened it; an owner's new device or network "
		"succeeds at once or after a few typing errors.",
		row->account, *row->source ? row->source : "an unknown source", failures, age);
	finish(finding, row->account, row->source, account->first_us, row->last_us);
	json_object_set_new(finding->evidence, "failures_on_account",
			    json_integer((json_int_t)account->failures));
	evidence_tell(finding->evidence, account->nats, ATTACKED_NATS / 2);
	evidence_contribute(finding->evidence, "failures on the account",
			    (double)account->failures, account->nats);
}

static double source_level(const struct moment *moment)
{
	return detector_level(moment, rate_per_day(&moment->sources->contacts, moment->now_us));
}

static bool speaks_against_source(const struct takeover *state, const struct moment *moment,
				  const struct contact *contact)
{
	double failed = (double)contact->failures_before - contact->was_tried;

	if (state->is_plain)
		return failed >= state->accounts;
	return failed >= LEAST_FAILURES && failed > (double)contact->opened_before &&
	       contact->nats_before >= source_level(moment);
}

/* Who mistypes does so where he then succeeds, and a telephone with an old password is on the
 * road; of others' failures fewer will do for a network that nobody here uses. */
static bool speaks_against_account(const struct takeover *state, const struct contact *contact,
				   const struct attacked_account *account)
{
	bool is_owner = !contact->is_strange ||
			(account->is_alone && account->network == contact->network);

	if (state->is_plain)
		return (double)account->failures >= state->failures;
	return account->nats >= ATTACKED_NATS / (is_owner ? 1 : 2) ||
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
		return READ_ODDS;
	return contact->is_newcomer ? tenant_siege_odds(tenant, contact->class) : 0;
}

#define READ_BYTES (PHRASE_BYTES + 32)

/* "and lost 120 messages to it, " */
static void phrase_read(uint64_t messages, char *ret_text)
{
	char count[PHRASE_BYTES];

	phrase_count(messages, "message", "messages", count);
	ret_text[0] = '\0';
	if (messages)
		(void)snprintf(ret_text, READ_BYTES, "and lost %s to it, ", count);
}

struct loss {
	const char *account, *source;
	int64_t first_us, last_us;
	uint64_t messages;
	double odds, doubts, read_nats; /* odds of the login amid the attack */
};

static void tell_of_siege(const struct loss *loss, int64_t since_us, struct finding_list *ret)
{
	double odds = loss->odds * exp(loss->doubts + loss->read_nats);
	double least = loss->messages ? READ_ODDS : LIKELY;
	char age[PHRASE_BYTES], read[READ_BYTES];
	struct finding *finding;

	phrase_duration(loss->last_us - since_us, age);
	phrase_read(loss->messages, read);
	finding = finding_add(ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			      loss->account,
			      "%s was opened for the first time by %s %samid an attack on its tenant "
			      "that has lasted %s; of such logins from networks never seen here "
			      "%.0f in 100 belong to the attack.",
			      loss->account, loss->source, read, age,
			      fmin(100 * odds / (1 + odds), 99));
	finish(finding, loss->account, loss->source, since_us, loss->last_us);
	evidence_tell(finding->evidence, log(odds), log(least));
	evidence_contribute(finding->evidence, "odds that the login is the attack's", 1,
			    log(loss->odds));
	if (loss->doubts > 0)
		evidence_contribute(finding->evidence, "what else spoke against the login", 1,
				    loss->doubts);
	evidence_contribute(finding->evidence, "messages read", (double)loss->messages,
			    loss->read_nats);
}

static void tell_of_reading(const struct opening *opening, const struct read_row *row,
			    double read_nats, double level, struct finding_list *ret)
{
	char messages[PHRASE_BYTES];
	struct finding *finding;

	phrase_count(opening->messages, "message", "messages", messages);
	finding = finding_add(ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			      opening->account,
			      "%s was opened for the first time by %s and lost %s to it, after "
			      "failures that spoke of guessing; an owner's new device seldom reads so "
			      "many and hardly ever after such failures.",
			      opening->account, opening->source, messages);
	finish(finding, opening->account, opening->source, opening->time_us, row->last_us);
	evidence_tell(finding->evidence, opening->nats + read_nats, level);
	evidence_contribute(finding->evidence, "what spoke against the login", 1, opening->nats);
	evidence_contribute(finding->evidence, "messages read", (double)opening->messages,
			    read_nats);
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
	double nats = account_nats(contact, account);

	if (contact->failures_before > contact->was_tried)
		nats += contact->nats_before;
	if (contact->is_strange && contact->class == CONTACT_DORMANT)
		nats += DORMANT_NATS;
	return nats;
}

static void judge(struct takeover *state, const struct moment *moment,
		  const struct contact *contact, struct finding_list *ret)
{
	const struct attacked_account *account = attacked_find(&state->attacked, contact->account);
	double odds = siege_odds(contact);

	if (contact->is_strange)
		rate_add(&state->opened, contact->row->last_us, 1);
	if (speaks_against_source(state, moment, contact)) {
		tell_of_source(contact, source_level(moment), ret);
	} else if (contact->failures_before < LEAST_FAILURES && account &&
		   speaks_against_account(state, contact, account)) {
		tell_of_account(contact, account, ret);
	} else if (!state->is_plain && odds >= LIKELY) {
		const struct attempt_row *row = contact->row;

		tell_of_siege(&(struct loss){row->account, row->source, row->first_us,
					     row->last_us, 0, odds, 0, 0},
			      tenant_siege_since(contact->normal), ret);
	} else if (contact->network && (contact->is_newcomer || contact->score)) {
		openings_add(&state->openings, contact, doubts(contact, account));
	}
	if (account)
		attacked_forget(&state->attacked, contact->account);
}

static double read_nats(const struct takeover *state, const struct opening *opening)
{
	static const struct appetite guess;

	return appetite_nats(opening->is_newcomers ? &state->openings.appetite : &guess,
			     opening->messages);
}

/* Whether the mailbox was told of, amid an attack. */
static bool judge_in_siege(const struct takeover *state, const struct opening *opening,
			   const struct tenant *tenant, int64_t now_us, struct finding_list *ret)
{
	double nats = read_nats(state, opening), odds;

	if (!opening->is_newcomers || opening->time_us < tenant_siege_since(tenant))
		return false;
	odds = tenant_siege_odds(tenant, opening->class);
	if (odds < LIKELY && (!opening->messages || log(odds) + opening->nats + nats < log(READ_ODDS)))
		return false;
	tell_of_siege(&(struct loss){opening->account, opening->source, opening->time_us, now_us,
				     opening->messages, odds, opening->nats, nats},
		      tenant_siege_since(tenant), ret);
	return true;
}

static void judge_reading(struct takeover *state, const struct moment *moment,
			  const struct read_row *row, struct finding_list *ret)
{
	struct opening *opening = openings_read(&state->openings, moment->memory, row);
	struct tenant *tenant;
	double nats, level;

	if (!opening || state->is_plain || moment->is_learning)
		return;
	tenant = tenants_touch(moment->tenants, opening->tenant, row->last_us);
	nats = read_nats(state, opening);
	level = detector_level(moment, rate_per_day(&state->opened, moment->now_us));
	if (tenant_siege_since(tenant) &&
	    judge_in_siege(state, opening, tenant, row->last_us, ret)) {
		openings_remove(&state->openings, opening);
	} else if (opening->is_newcomers && opening->nats > 0 && nats > 0 &&
		   opening->nats + nats >= level) {
		tell_of_reading(opening, row, nats, level, ret);
		openings_remove(&state->openings, opening);
	}
}

/* When an alarm about a tenant begins, what was opened since the attack began is looked at. */
static void look_back_on_siege(struct takeover *state, const struct contact *contact,
			       struct finding_list *ret)
{
	struct tenant *tenant = contact->normal;
	struct opening *next;

	if (tenant->looked_back_us == tenant_siege_since(tenant))
		return;
	tenant->looked_back_us = tenant_siege_since(tenant);
	for (struct opening *opening = openings_next(&state->openings, NULL);
	     opening && tenant->looked_back_us; opening = next) {
		next = openings_next(&state->openings, opening);
		if (opening->tenant == contact->tenant &&
		    judge_in_siege(state, opening, tenant, contact->row->last_us, ret))
			openings_remove(&state->openings, opening);
	}
}

static void tell_of_past(const struct opening *opened, const struct contact *contact,
			 const struct moment *moment, struct finding_list *ret)
{
	const struct source_score *score = contact->score;
	char tried[PHRASE_BYTES], age[PHRASE_BYTES];
	struct finding *finding;

	phrase_count(source_failures(score), "other mailbox", "other mailboxes", tried);
	phrase_duration(contact->row->last_us - opened->time_us, age);
	finding = finding_add(ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			      opened->account,
			      "%s was opened for the first time by %s, whose network failed on %s "
			      "within %s of it; an owner's new device or network does not try other "
			      "people's mailboxes.",
			      opened->account, opened->source, tried, age);
	finish(finding, opened->account, opened->source, opened->time_us, contact->row->last_us);
	json_object_set_new(finding->evidence, "other_accounts_failed",
			    json_integer((json_int_t)source_failures(score)));
	evidence_tell(finding->evidence, source_nats(score), moment->sources->level);
	evidence_contribute(finding->evidence, "first contacts of the network",
			    (double)source_contacts(score), source_nats(score));
}

/* The address itself, or a strange network of which several fail. */
static bool is_certain(const struct contact *contact, const struct moment *moment)
{
	const struct source_score *score =
		sources_find(moment->sources, contact->machine, moment->now_us);

	if (!score)
		return false;
	if (contact->score->is_strange && source_is_many(contact->score))
		score = contact->score;
	return source_nats(score) >= source_level(moment) &&
	       source_failures(score) >= LEAST_FAILURES &&
	       source_failures(score) > score->counts[CONTACT_ACTIVE];
}

static void look_back(struct takeover *state, const struct contact *contact,
		      const struct moment *moment, struct finding_list *ret)
{
	struct opening *next;

	for (struct opening *opened = openings_next(&state->openings, NULL); opened; opened = next) {
		next = openings_next(&state->openings, opened);
		/* Neighbours are meant only in a strange network of which several fail. */
		if (opened->machine != contact->machine &&
		    (opened->network != contact->network || !contact->score->is_strange ||
		     !source_is_many(contact->score)))
			continue;
		if (contact->row->last_us - opened->time_us <= US_PER_DAY)
			tell_of_past(opened, contact, moment, ret);
		openings_remove(&state->openings, opened);
	}
}

static void takeover_observe(void *state_pointer, const struct moment *moment,
			     struct finding_list *ret)
{
	const struct snapshot *snapshot = moment->snapshot;
	struct takeover *state = state_pointer;

	for (size_t i = 0; i < moment->n_contacts; i++) {
		const struct contact *contact = &moment->contacts[i];

		(void)attacked_add(&state->attacked, contact);
		if (contact->is_success)
			judge(state, moment, contact, ret);
		if (contact->has_crossed && !state->is_plain && !moment->is_learning &&
		    is_certain(contact, moment))
			look_back(state, contact, moment, ret);
		if (contact->normal && !state->is_plain)
			look_back_on_siege(state, contact, ret);
	}
	for (size_t i = 0; i < snapshot->n_reads; i++)
		if (snapshot->reads[i].reader == READER_SESSION && snapshot->reads[i].messages)
			judge_reading(state, moment, &snapshot->reads[i], ret);
}

static void takeover_keep(void *state_pointer, struct archive *archive)
{
	struct takeover *state = state_pointer;

	attacked_keep(&state->attacked, archive);
	openings_keep(&state->openings, archive);
	archive_member(archive, &state->opened, sizeof(state->opened));
}

static void takeover_free(void *state_pointer)
{
	struct takeover *state = state_pointer;

	openings_done(&state->openings);
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
	.keep = takeover_keep,
	.free = takeover_free,
};
