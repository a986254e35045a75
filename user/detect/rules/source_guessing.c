/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One network tries mailboxes it never opened and fails as somebody with a list fails: password
 * spraying, stuffing from few sources, enumeration, at any speed. Guessing is always there; it is
 * for the block list, and for people only where it is rare.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/text/alert_text.h"

enum { PLAIN, ACCOUNTS, SHARE };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: judge by the two numbers below instead of evidence"},
	[ACCOUNTS] = {"accounts", 2, 100000, 8,
		      "plain: accounts on which a source must fail at first contact"},
	[SHARE] = {"failed_share", 0.1, 0.99, 0.8,
		   "plain: share of its first contacts that must fail"},
	{0},
};

#define TELL_AGAIN_US (10 * US_PER_SECOND)

struct source_guessing {
	bool is_plain;
	double accounts, share;
};

static void *source_guessing_new(const double *settings)
{
	struct source_guessing *state = xcalloc(1, sizeof(*state));

	state->is_plain = settings[PLAIN] != 0;
	state->accounts = settings[ACCOUNTS];
	state->share = settings[SHARE];
	return state;
}

/* "4 names that never existed, 2 wrong passwords" */
static void list_classes(const struct source_score *score, char *ret_text, size_t size)
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (int c = CONTACT_MAX - 1; c >= 0; c--)
		if (score->counts[c] && used < size)
			used += (size_t)snprintf(ret_text + used, size - used, "%s%u %s",
						 used ? ", " : "", score->counts[c],
						 contact_class_words(c));
}

static void tell(const struct detector_input *input, const struct contact *contact,
		 struct finding_list *ret)
{
	struct source_score *score = contact->score;
	uint64_t tried = source_contacts(score);
	double nats = source_nats(score);
	char mailboxes[PHRASE_BYTES], age[PHRASE_BYTES], classes[400], odds[PHRASE_BYTES];
	enum list_kind list = score->nats[LIST_OWN] > score->nats[LIST_OUTSIDE];
	struct finding *finding;

	alert_text_count(tried, "mailbox", "mailboxes", mailboxes);
	alert_text_duration(score->last_us - score->first_us, age);
	alert_text_odds(nats, odds);
	list_classes(score, classes, sizeof(classes));
	finding = finding_add(
		ret, source_guessing_detector.name,
		score->is_rare && !input->is_learning ? SEVERITY_WARNING : SEVERITY_NOTICE,
		SUBJECT_SOURCE, contact->row->source,
		"%s tried %s it never opened before in %s: %s; of the mailboxes that a household "
		"or an office opens for the first time about 1 in 20 fails, so this is %s times "
		"likelier a list being worked through.",
		contact->row->source, mailboxes, age, classes, odds);
	finding->first_us = score->first_us;
	finding->last_us = score->last_us;
	json_object_set_new(finding->evidence, "accounts_failed",
			    json_integer((json_int_t)source_failures(score)));
	json_object_set_new(finding->evidence, "accounts_opened",
			    json_integer((json_int_t)(tried - source_failures(score))));
	json_object_set_new(finding->evidence, "seconds",
			    json_real((double)(score->last_us - score->first_us) / US_PER_SECOND));
	evidence_tell(finding->evidence, nats, input->sources->level);
	for (int c = 0; c < CONTACT_MAX; c++)
		evidence_contribute(finding->evidence, contact_class_words(c), score->counts[c],
				    score->counts[c] * input->evidence->weights[list][c]);
	score->told_us = input->now_us;
}

static bool is_guessing(const struct source_guessing *state, const struct source_score *score)
{
	double failed = (double)source_failures(score);

	if (!state->is_plain)
		return score->is_flagged;
	return failed >= state->accounts &&
	       failed > state->share * (double)source_contacts(score);
}

static void source_guessing_observe(void *state_pointer, const struct detector_input *input,
				    struct finding_list *ret)
{
	const struct source_guessing *state = state_pointer;

	/* Backwards: the last contact of a network in a tick knows all of them. */
	for (size_t i = input->n_contacts; i-- > 0;) {
		const struct contact *contact = &input->contacts[i];
		struct source_score *score = contact->score;

		if (!score || !contact->is_first || contact->is_success || !is_guessing(state, score))
			continue;
		if (score->told_us != input->now_us &&
		    (contact->has_crossed || input->now_us - score->told_us >= TELL_AGAIN_US))
			tell(input, contact, ret);
	}
}

const struct detector source_guessing_detector = {
	.name = "source_guessing",
	.help = "one source tries mailboxes it never opened, and fails as with a list",
	.keys = keys,
	.new = source_guessing_new,
	.observe = source_guessing_observe,
	.free = free,
};
