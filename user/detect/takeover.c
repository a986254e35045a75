/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guess that hit: a network's first success on an account, when that network had just failed on
 * others, or others had just failed on that account. A network whose guessing shows only later
 * took over what it opened shortly before; that is told as soon as it shows.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/attacked.h"
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

#define RECENT 16384
#define CERTAIN 19.0
#define LEAST_FAILURES 3 /* other accounts; two may be one family's */

/* First successes that nothing spoke against yet, newest last. */
struct opened {
	uint64_t network, machine;
	int64_t time_us;
	char *account, *source; /* owned */
};

struct takeover {
	struct attacked attacked;
	struct opened recent[RECENT];
	uint64_t n_recent;
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

static void opened_done(struct opened *opened)
{
	free(opened->account);
	free(opened->source);
	*opened = (struct opened){0};
}

static void remember(struct takeover *state, const struct contact *contact)
{
	struct opened *opened = &state->recent[state->n_recent++ % RECENT];

	opened_done(opened);
	*opened = (struct opened){
		.network = contact->network,
		.machine = contact->machine,
		.time_us = contact->row->last_us,
		.account = xstrdup(contact->row->account),
		.source = xstrdup(contact->row->source),
	};
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

/*
 * Odds that a success from a strange network is the running campaign's: its share there, times
 * how much commoner such a success is in it. A network that failed during the campaign took part.
 */
static double campaign_odds(const struct contact *contact)
{
	const struct tenant *tenant = contact->normal;
	double share, ratio;

	if (!tenant || !tenant->campaign_since_us || !contact->network)
		return 0;
	share = tenant->campaign_share;
	ratio = evidence_share(tenant->campaign_is_own ? LIST_OWN : LIST_OUTSIDE, contact->class) /
		tenant_share(tenant, STRATUM_STRANGE, contact->class);
	if (took_part(contact, tenant->campaign_since_us))
		return CERTAIN;
	return contact->is_strange ? share / (1 - share) * ratio : 0;
}

static void tell_of_campaign(const struct contact *contact, double odds, struct finding_list *ret)
{
	const struct attempt_row *row = contact->row;
	int64_t since_us = contact->normal->campaign_since_us;
	char age[PHRASE_BYTES];
	struct finding *finding;

	phrase_duration(row->last_us - since_us, age);
	finding = finding_add(ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			      row->account,
			      "%s was opened for the first time by %s, a network never seen here, "
			      "amid a campaign against its tenant that has lasted %s; of such "
			      "logins %.0f in 100 belong to the campaign.",
			      row->account, row->source, age, 100 * odds / (1 + odds));
	finish(finding, row->account, row->source, since_us, row->last_us);
	evidence_tell(finding->evidence, log(odds), log(CERTAIN));
	evidence_contribute(finding->evidence, "odds that the login is the campaign's", 1,
			    log(odds));
}

static void judge(struct takeover *state, const struct moment *moment,
		  const struct contact *contact, struct finding_list *ret)
{
	const struct attacked_account *account = attacked_find(&state->attacked, contact->account);

	if (speaks_against_source(state, moment, contact)) {
		tell_of_source(contact, source_level(moment), ret);
	} else if (contact->failures_before < LEAST_FAILURES && account &&
		   speaks_against_account(state, contact, account)) {
		tell_of_account(contact, account, ret);
	} else if (!state->is_plain && campaign_odds(contact) >= CERTAIN) {
		tell_of_campaign(contact, campaign_odds(contact), ret);
	} else if (contact->network && (contact->is_strange || contact->score)) {
		remember(state, contact);
	}
	if (account)
		attacked_forget(&state->attacked, contact->account);
}

static void tell_of_past(struct opened *opened, const struct contact *contact,
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

/* The address itself, or several of a strange network. */
static bool is_certain(const struct contact *contact, const struct moment *moment)
{
	const struct source_score *score =
		sources_find(moment->sources, contact->machine, moment->now_us);

	if (!score)
		return false;
	if (contact->score->is_strange &&
	    (contact->score->addresses & (contact->score->addresses - 1)))
		score = contact->score;
	return source_nats(score) >= source_level(moment) &&
	       source_failures(score) >= LEAST_FAILURES &&
	       source_failures(score) > score->counts[CONTACT_ACTIVE];
}

static void look_back(struct takeover *state, const struct contact *contact,
		      const struct moment *moment, struct finding_list *ret)
{
	for (size_t i = 0; i < RECENT; i++) {
		struct opened *opened = &state->recent[i];

		/* In a known network only the same address is meant. */
		if (!opened->account ||
		    (opened->machine != contact->machine &&
		     (opened->network != contact->network || !contact->score->is_strange)))
			continue;
		if (contact->row->last_us - opened->time_us <= US_PER_DAY)
			tell_of_past(opened, contact, moment, ret);
		opened_done(opened);
	}
}

static void takeover_observe(void *state_pointer, const struct moment *moment,
			     struct finding_list *ret)
{
	struct takeover *state = state_pointer;

	for (size_t i = 0; i < moment->n_contacts; i++) {
		const struct contact *contact = &moment->contacts[i];

		(void)attacked_add(&state->attacked, contact);
		if (contact->is_success)
			judge(state, moment, contact, ret);
		if (contact->has_crossed && !state->is_plain && !moment->is_learning &&
		    is_certain(contact, moment))
			look_back(state, contact, moment, ret);
	}
}

static void takeover_keep(void *state_pointer, struct archive *archive)
{
	struct takeover *state = state_pointer;

	attacked_keep(&state->attacked, archive);
	archive_member(archive, &state->n_recent, sizeof(state->n_recent));
	for (size_t i = 0; i < RECENT; i++) {
		struct opened *opened = &state->recent[i];

		archive_member(archive, &opened->network, sizeof(opened->network));
		archive_member(archive, &opened->machine, sizeof(opened->machine));
		archive_member(archive, &opened->time_us, sizeof(opened->time_us));
		archive_text(archive, &opened->account);
		archive_text(archive, &opened->source);
	}
}

static void takeover_free(void *state_pointer)
{
	struct takeover *state = state_pointer;

	for (size_t i = 0; i < RECENT; i++)
		opened_done(&state->recent[i]);
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
