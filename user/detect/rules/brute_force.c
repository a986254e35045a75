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

static void brute_force_report(const struct contact *contact,
			       const struct attacked_account *account, struct finding_list *ret)
{
	char failures[ALERT_TEXT_BYTES], networks[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_count(account->failures, "failed login", "failed logins", failures);
	alert_text_count(account->distinct, "network", "networks", networks);
	alert_text_duration(account->last_us - account->first_us, age);
	finding = finding_add(
		ret, brute_force_detector.name, SEVERITY_WARNING, SUBJECT_ACCOUNT,
		contact->row->account,
		"%s had %s in %s from %s that never opened it. Normal: people who mistype succeed "
		"or give up sooner, and a device with an old password opened it before.",
		contact->row->account, failures, age, networks);
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
	if (account->networks >= ATTACKED_NETWORKS) {
		evidence_report(finding->evidence, EVIDENCE_NETWORKS, account->networks,
				ATTACKED_NETWORKS);
		evidence_contribute(finding->evidence, "networks that never opened it",
				    account->distinct, account->networks);
		return;
	}
	evidence_report(finding->evidence, EVIDENCE_RATIO, account->nats,
			attacked_threshold(account));
	evidence_contribute(finding->evidence, "failures, less what the time between allows",
			    (double)account->failures, account->nats);
}

static bool brute_force_is_attack(const struct brute_force *state,
				  const struct attacked_account *account)
{
	if (state->is_plain)
		return (double)account->failures >= state->failures;
	return account->nats >= attacked_threshold(account) ||
	       account->networks >= ATTACKED_NETWORKS;
}

static void brute_force_observe(void *state_pointer, const struct detector_input *input,
				struct finding_list *ret)
{
	struct brute_force *state = state_pointer;

	for (size_t i = 0; i < input->n_contacts; i++) {
		const struct contact *contact = &input->contacts[i];
		const struct attacked_account *account = attacked_add(&state->attacked, contact);

		if (contact->is_success)
			attacked_forget(&state->attacked, contact->account);
		else if (account && brute_force_is_attack(state, account))
			brute_force_report(contact, account, ret);
	}
}

static void brute_force_stand(void *state_pointer, const struct detector_input *input,
			      const struct standing_subject *subject, json_t *ret_sums)
{
	struct brute_force *state = state_pointer;
	const struct attacked_account *account;
	double nats, networks;
	char needs[120];
	json_t *sum;

	if (subject->kind != SUBJECT_ACCOUNT)
		return;
	account = attacked_find(&state->attacked, subject->hash);
	if (!account || input->now_us - account->last_us > US_PER_DAY)
		return;
	attacked_fade(account, input->now_us, &nats, &networks);
	(void)snprintf(needs, sizeof(needs), "failed logins within a minute: %.0f more",
		       ceil(fmax(attacked_threshold(account) - nats, 0) / ATTACKED_FAILURE_NATS));
	sum = standing_add(ret_sums, brute_force_detector.name, EVIDENCE_RATIO, nats,
			   attacked_threshold(account), needs);
	evidence_contribute(sum, "failed logins", (double)account->failures,
			    (double)account->failures * ATTACKED_FAILURE_NATS);
	standing_settle(sum);
	(void)snprintf(needs, sizeof(needs), "networks that never opened it: %.0f more",
		       ceil(fmax(ATTACKED_NETWORKS - networks, 0)));
	sum = standing_add(ret_sums, brute_force_detector.name, EVIDENCE_NETWORKS, networks,
			   ATTACKED_NETWORKS, needs);
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
