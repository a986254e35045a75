/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: one network tries mailboxes that it never opened: password spraying, credential stuffing
 * from few sources, enumeration of names, at any speed.
 *
 * Idea: it fails as somebody fails who tries the entries of a list. Each first contact adds ln(q/p)
 * of its class to a CUSUM of the network and one of the address, which halve within a day
 * (state/sources.h). On the Internet guessing never stops, so an alert is a notice and a row of the
 * block list, and a warning only where guessing is rare.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/state/suspects.h"
#include "detect/text/alert_text.h"

enum { PLAIN, ACCOUNTS, SHARE };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: use the two numbers below instead of evidence"},
	[ACCOUNTS] = {"accounts", 2, 100000, 8,
		      "plain: accounts on which a source must fail at first contact"},
	[SHARE] = {"failed_share", 0.1, 0.99, 0.8,
		   "plain: share of its first contacts that must fail"},
	{0},
};

#define REPORT_INTERVAL_US (10 * US_PER_SECOND)
#define NEWS_US US_PER_HOUR /* a source that goes on for longer is no news, if it pauses */

struct source_guessing {
	bool is_plain;
	double accounts, share;
	struct suspects tried; /* by all networks, flagged or not: an alert names what came before */
};

static void *source_guessing_new(const double *settings)
{
	struct source_guessing *state = xcalloc(1, sizeof(*state));

	state->is_plain = settings[PLAIN] != 0;
	state->accounts = settings[ACCOUNTS];
	state->share = settings[SHARE];
	return state;
}

/* "names that never existed: 4, wrong passwords: 2" */
static void source_guessing_format_classes(const struct source_score *score, char *ret_text,
					   size_t size)
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (int c = CONTACT_MAX - 1; c >= 0; c--)
		if (score->counts[c] && used < size)
			used += (size_t)snprintf(ret_text + used, size - used, "%s%s: %u",
						 used ? ", " : "", contact_class_text(c),
						 score->counts[c]);
}

/* One address, or all of a network of which many take part. */
static bool source_guessing_is_its(const struct history *history, const struct contact *contact,
				   const struct address *address)
{
	struct address network;

	if (!contact->is_network_score)
		return contact_client_prefix(history, address) == contact->client_prefix;
	network = network_of(address);
	return history_hash(history, &network, sizeof(network)) == contact->network;
}

/* What it tried since the last report. */
static void source_guessing_name_accounts(const struct source_guessing *state,
					  const struct detector_input *input,
					  const struct contact *contact, struct finding *finding)
{
	const struct source_score *score = contact->score;
	int64_t since_us = score->reported_us > score->first_us ? score->reported_us + 1
								: score->first_us;
	const struct suspect *tried;

	for (size_t i = 0; (tried = suspects_newest(&state->tried, i)); i++) {
		if (tried->time_us < since_us)
			break;
		if (source_guessing_is_its(input->history, contact, &tried->address))
			finding_add_account(finding, tried->account,
					    tried->class == CONTACT_UNKNOWN ? HARM_NONEXISTENT
									    : HARM_TRIED,
					    tried->time_us);
	}
}

static void source_guessing_report(const struct source_guessing *state,
				   const struct detector_input *input,
				   const struct contact *contact, struct finding_list *ret)
{
	struct source_score *score = contact->score;
	uint64_t tried = source_contacts(score);
	double nats = source_nats(score);
	char mailboxes[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES], classes[400],
		odds[ALERT_TEXT_BYTES];
	enum list_kind list = score->nats[LIST_OWN] > score->nats[LIST_OUTSIDE];
	char source[NETWORK_TEXT_BYTES];
	struct finding *finding;

	/* One alert for a network of which many addresses take part. */
	if (contact->is_network_score && source_is_many(score))
		network_format(&contact->address, source);
	else
		(void)snprintf(source, sizeof(source), "%s", contact->row->source);
	alert_text_count(tried, "mailbox", "mailboxes", mailboxes);
	alert_text_duration(score->last_us - score->first_us, age);
	alert_text_odds(nats, odds);
	source_guessing_format_classes(score, classes, sizeof(classes));
	finding = finding_add(
		ret, source_guessing_detector.name,
		score->is_rare && !input->is_learning &&
				input->now_us - score->crossed_us < NEWS_US
			? SEVERITY_WARNING : SEVERITY_NOTICE,
		SUBJECT_SOURCE, source,
		"%s tried %s that it never opened before, in %s: %s. Normal: about 1 in 20 of such "
		"logins fails. Such logins are %s times more likely from somebody who tries a list "
		"of accounts than from users of this host.",
		source, mailboxes, age, classes, odds);
	finding->first_us = score->first_us;
	finding->last_us = score->last_us;
	json_object_set_new(finding->evidence, "accounts_failed",
			    json_integer((json_int_t)source_failures(score)));
	json_object_set_new(finding->evidence, "accounts_opened",
			    json_integer((json_int_t)(tried - source_failures(score))));
	json_object_set_new(finding->evidence, "seconds",
			    json_real((double)(score->last_us - score->first_us) / US_PER_SECOND));
	evidence_report(finding->evidence, EVIDENCE_RATIO, nats, input->sources->threshold);
	for (int c = 0; c < CONTACT_MAX; c++)
		evidence_contribute(finding->evidence, contact_class_text(c), score->counts[c],
				    score->counts[c] * input->evidence->weights[list][c]);
	evidence_settle(finding->evidence, nats);
	source_guessing_name_accounts(state, input, contact, finding);
	score->reported_us = input->now_us;
}

static bool source_guessing_is_guessing(const struct source_guessing *state,
					const struct source_score *score)
{
	double failed = (double)source_failures(score);

	if (!state->is_plain)
		return score->is_flagged;
	return failed >= state->accounts && failed > state->share * (double)source_contacts(score);
}

static void source_guessing_observe(void *state_pointer, const struct detector_input *input,
				    struct finding_list *ret)
{
	struct source_guessing *state = state_pointer;

	for (size_t i = 0; i < input->n_contacts; i++) {
		const struct contact *contact = &input->contacts[i];

		if (contact->score && contact->is_first && !contact->is_success)
			suspects_add(&state->tried, &contact->address, contact->row->account,
				     contact->class, contact->row->last_us);
	}
	/* Backwards: the last contact of a network in a tick has the counts of all of them. */
	for (size_t i = input->n_contacts; i-- > 0;) {
		const struct contact *contact = &input->contacts[i];
		struct source_score *score = contact->score;

		if (!score || !contact->is_first || contact->is_success ||
		    !source_guessing_is_guessing(state, score))
			continue;
		if (score->reported_us != input->now_us &&
		    (contact->has_crossed ||
		     input->now_us - score->reported_us >= REPORT_INTERVAL_US))
			source_guessing_report(state, input, contact, ret);
	}
}

static void source_guessing_stand(void *state_pointer, const struct detector_input *input,
				  const struct standing_subject *subject, json_t *ret_sums)
{
	char plain[NETWORK_TEXT_BYTES];
	struct address address;
	const struct source_score *score;
	enum list_kind list;
	char needs[120];
	double missing;
	json_t *sum;

	(void)state_pointer;
	if (subject->kind != SUBJECT_SOURCE)
		return;
	(void)snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(subject->name, "/"),
		       subject->name);
	address = address_parse(plain);
	score = contact_source_score(input->history, input->sources, &address, input->now_us);
	if (!score)
		return;
	list = score->nats[LIST_OWN] > score->nats[LIST_OUTSIDE];
	missing = fmax(input->sources->threshold - source_nats(score), 0) /
		  input->evidence->weights[list][CONTACT_BAD];
	(void)snprintf(needs, sizeof(needs), "wrong passwords on other mailboxes: %.0f more",
		       ceil(missing));
	sum = standing_add(ret_sums, source_guessing_detector.name, EVIDENCE_RATIO,
			   source_nats(score), input->sources->threshold, needs);
	for (int c = 0; c < CONTACT_MAX; c++)
		evidence_contribute(sum, contact_class_text(c), score->counts[c],
				    score->counts[c] * input->evidence->weights[list][c]);
	standing_settle(sum);
}

static void source_guessing_free(void *state_pointer)
{
	struct source_guessing *state = state_pointer;

	suspects_clear(&state->tried);
	free(state);
}

const struct detector source_guessing_detector = {
	.name = "source_guessing",
	.help = "one source tries mailboxes it never opened, and fails as with a list",
	.keys = keys,
	.new = source_guessing_new,
	.observe = source_guessing_observe,
	.stand = source_guessing_stand,
	.free = source_guessing_free,
};
