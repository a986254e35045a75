/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: many passwords are tried on one account.
 *
 * Idea: failures count only from networks that never opened the account, so a device that keeps
 * sending an old password does not. They raise an alert when they come in quick succession, or from
 * more networks than an owner can be in (state/attacked.h).
 */
#include "detect/detector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/state/attacked.h"
#include "detect/text/alert_text.h"

enum { PLAIN, FAILURES };

#define BURST 3 /* times the threshold, within one second */

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: use the number below instead of evidence"},
	[FAILURES] = {"failures", 3, 1000000, 20,
		      "plain: failures on one account from networks that never opened it"},
	{0},
};

struct brute_force {
	struct attacked attacked;
	bool is_plain;
	double failures;
};

static void *brute_force_new(const double *settings)
{
	struct brute_force *state = xcalloc(1, sizeof(*state));

	attacked_init(&state->attacked);
	state->is_plain = settings[PLAIN] != 0;
	state->failures = settings[FAILURES];
	return state;
}

/* Whether it is quick, or from too many networks; the rest is slow. */
static bool brute_force_is_urgent(const struct brute_force *state,
				  const struct attacked_account *account, uint64_t accounts)
{
	if (state->is_plain)
		return (double)account->failures >= state->failures;
	/* What fails so often within a second and then stops is a client with many connections; they are not
	 * that many. */
	return (account->nats >= attacked_threshold(account) && account->ticks > 1) ||
	       account->nats >= BURST * attacked_threshold(account) ||
	       account->networks >= attacked_most_networks(&state->attacked, account, accounts);
}

/* A device with an old password in a home that was given another address: a notice, and takeover
 * looks whether the owner did move. */
static bool brute_force_may_be_owner(const struct attacked_account *account)
{
	return account->is_alone && account->is_near && account->networks < ATTACKED_NETWORKS;
}

/* Role names, such as contact@ or scan@, are tried from many networks every day, wherever there is a mail
 * server. One that was never opened and that no list has is a warning only when it is tried quickly. */
static enum severity brute_force_severity(const struct brute_force *state,
					  const struct attacked_account *account, bool is_urgent)
{
	if (!is_urgent)
		return SEVERITY_NOTICE;
	if (state->is_plain)
		return SEVERITY_WARNING;
	if (account->is_unseen && account->nats < attacked_threshold(account))
		return SEVERITY_NOTICE;
	return brute_force_may_be_owner(account) ? SEVERITY_NOTICE : SEVERITY_WARNING;
}

static void brute_force_report_sum(const struct brute_force *state,
				   const struct attacked_account *account, uint64_t accounts,
				   bool is_urgent, json_t *evidence)
{
	double most = attacked_most_networks(&state->attacked, account, accounts);

	if (!is_urgent) {
		evidence_report(evidence, EVIDENCE_FAILURES, account->slow,
				account->distinct >= ATTACKED_SLOW_NETWORKS ? ATTACKED_SLOW
									    : ATTACKED_SLOW_ALONE);
		evidence_contribute(evidence, "failed logins", (double)account->failures,
				    (double)account->failures);
		evidence_settle(evidence, account->slow);
		return;
	}
	if (account->networks >= most) {
		evidence_report(evidence, EVIDENCE_NETWORKS, account->networks, most);
		evidence_contribute(evidence, "networks that never opened it", account->distinct,
				    account->networks);
		return;
	}
	evidence_report(evidence, EVIDENCE_RATIO, account->nats, attacked_threshold(account));
	evidence_contribute(evidence, "failures, less what the time between allows",
			    (double)account->failures, account->nats);
}

static void brute_force_report(const struct brute_force *state, const struct contact *contact,
			       const struct attacked_account *account, uint64_t accounts,
			       struct finding_list *ret)
{
	bool is_urgent = brute_force_is_urgent(state, account, accounts);
	char from[2 * ALERT_TEXT_BYTES + 40];
	char failures[ALERT_TEXT_BYTES], networks[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_count(account->failures, "failed login", "failed logins", failures);
	alert_text_count(account->distinct, "network", "networks", networks);
	alert_text_duration(account->last_us - account->first_us, age);
	(void)snprintf(from, sizeof(from), "%s that never opened it%s", networks,
		       account->is_inside ? ", and from an address that many share" : "");
	if (account->is_inside && account->distinct == 0)
		(void)snprintf(from, sizeof(from), "an address that many share");
	finding = finding_add(
		ret, brute_force_detector.name,
		brute_force_severity(state, account, is_urgent), SUBJECT_ACCOUNT, contact->row->account,
		"%s had %s in %s from %s. Normal: people who mistype succeed "
		"or give up sooner, and a device with an old password opened it before.",
		contact->row->account, failures, age, from);
	finding->first_us = account->first_us;
	finding->last_us = account->last_us;
	finding_add_account(finding, contact->row->account, HARM_TRIED, account->last_us);
	json_object_set_new(finding->evidence, "failures",
			    json_integer((json_int_t)account->failures));
	json_object_set_new(finding->evidence, "networks", json_integer(account->distinct));
	json_object_set_new(finding->evidence, "source", json_string(contact->row->source));
	json_object_set_new(
		finding->evidence, "seconds",
		json_real((double)(account->last_us - account->first_us) / US_PER_SECOND));
	brute_force_report_sum(state, account, accounts, is_urgent, finding->evidence);
}

/* What is so slow that its alert ends between two failures is one siege all the same. It is reported again
 * when it has grown twofold, and each day that it goes on. */
static bool brute_force_is_news(struct attacked_account *account, int64_t now_us)
{
	if (account->networks < account->reported / 2)
		account->reported = 0;
	if (account->nats < attacked_threshold(account) && account->reported > 0 &&
	    account->networks < 2 * account->reported &&
	    now_us - account->reported_us > US_PER_HOUR &&
	    now_us - account->reported_us < US_PER_DAY)
		return false;
	if (account->reported <= 0 || account->networks >= 2 * account->reported)
		account->reported = account->networks;
	account->reported_us = now_us;
	return true;
}

static void brute_force_observe(void *state_pointer, const struct detector_input *input,
				struct finding_list *ret)
{
	uint64_t accounts = history_accounts(input->history);
	struct brute_force *state = state_pointer;

	for (size_t i = 0; i < input->n_contacts; i++) {
		const struct contact *contact = &input->contacts[i];
		struct attacked_account *account = attacked_add(&state->attacked, contact);
		bool is_slow = account && !state->is_plain && attacked_is_slow(account);

		if (contact->is_success) {
			attacked_forget(&state->attacked, contact->account);
			continue;
		}
		if (!account || (!is_slow && !brute_force_is_urgent(state, account, accounts)))
			continue;
		if (state->is_plain || is_slow ||
		    brute_force_is_news(account, contact->row->last_us))
			brute_force_report(state, contact, account, accounts, ret);
		if (is_slow && contact->network && !contact->is_known_pair && !contact->is_trusted &&
		    contact->users < SOURCE_SHARED_BY)
			sources_note_stubborn(input->sources, contact->client_prefix,
					      &contact->address, contact->row->last_us);
	}
}

static void brute_force_stand(void *state_pointer, const struct detector_input *input,
			      const struct standing_subject *subject, json_t *ret_sums)
{
	struct brute_force *state = state_pointer;
	const struct attacked_account *account;
	double nats, networks, most;
	char needs[120];
	json_t *sum;

	if (subject->kind != SUBJECT_ACCOUNT)
		return;
	account = attacked_find(&state->attacked, subject->hash);
	if (!account || input->now_us - account->last_us > US_PER_DAY)
		return;
	attacked_fade(account, input->now_us, &nats, &networks);
	most = attacked_most_networks(&state->attacked, account, history_accounts(input->history));
	(void)snprintf(needs, sizeof(needs), "failed logins within a minute: %.0f more",
		       ceil(fmax(attacked_threshold(account) - nats, 0) / ATTACKED_FAILURE_NATS));
	sum = standing_add(ret_sums, brute_force_detector.name, EVIDENCE_RATIO, nats,
			   attacked_threshold(account), needs);
	evidence_contribute(sum, "failed logins", (double)account->failures,
			    (double)account->failures * ATTACKED_FAILURE_NATS);
	standing_settle(sum);
	(void)snprintf(needs, sizeof(needs), "networks that never opened it: %.0f more",
		       ceil(fmax(most - networks, 0)));
	sum = standing_add(ret_sums, brute_force_detector.name, EVIDENCE_NETWORKS, networks, most,
			   needs);
	evidence_contribute(sum, "networks that never opened it", account->distinct,
			    account->distinct);
	standing_settle(sum);
}

static void brute_force_serialize(void *state_pointer, struct serializer *serializer)
{
	attacked_serialize(&((struct brute_force *)state_pointer)->attacked, serializer);
}

static void brute_force_free(void *state_pointer)
{
	struct brute_force *state = state_pointer;

	attacked_done(&state->attacked);
	free(state);
}

const struct detector brute_force_detector = {
	.name = "brute_force",
	.help = "many failures on one account from networks that never opened it",
	.keys = keys,
	.shares_alarms = true,
	.new = brute_force_new,
	.observe = brute_force_observe,
	.stand = brute_force_stand,
	.serialize = brute_force_serialize,
	.free = brute_force_free,
};
