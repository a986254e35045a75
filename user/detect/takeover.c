/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guess that hit: the first success of a source on an account, when that source had just
 * failed on others, or others had just failed on that account.
 */
#include "detect/detector.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/contacts.h"
#include "detect/phrase.h"

enum { ACCOUNTS, FAILURES, WINDOW_HOURS, KNOWN_PAIRS };

static const struct detector_key keys[] = {
	[ACCOUNTS] = {"accounts", 1, 100000, 4,
		      "other accounts on which the source failed at first contact"},
	[FAILURES] = {"failures", 3, 1000000, 10,
		      "failures on the account from sources that never opened it"},
	[WINDOW_HOURS] = {"window_hours", 1, 168, 24, "time over which is counted"},
	[KNOWN_PAIRS] = {"known_pairs", 1024, 16777216, 262144,
			 "pairs of source and account that are remembered as good"},
	{0},
};

struct takeover {
	struct contacts *contacts;
	uint64_t accounts, failures;
};

static void *takeover_new(const double *settings)
{
	struct takeover *state = xcalloc(1, sizeof(*state));

	state->contacts = contacts_new((int64_t)(settings[WINDOW_HOURS] * US_PER_HOUR),
				       (uint64_t)settings[KNOWN_PAIRS]);
	state->accounts = (uint64_t)settings[ACCOUNTS];
	state->failures = (uint64_t)settings[FAILURES];
	return state;
}

/* What spoke against this success, and since when. */
struct suspicion {
	uint64_t other_accounts; /* on which the source failed */
	uint64_t failures;	 /* on the account, by sources that never opened it */
	int64_t source_age_us, account_age_us;
};

static struct suspicion weigh(const struct contacts *contacts, const struct attempt_row *row,
			      int64_t now_us)
{
	const struct source_record *source = contacts_find_source(contacts, row->source);
	const struct account_record *account = contacts_find_account(contacts, row->account);
	struct suspicion found = {0};

	if (source && *row->source) {
		found.other_accounts = contacts_guesses(contacts, row->source, now_us);
		if (found.other_accounts && contacts_has_tried(contacts, row->source, row->account))
			found.other_accounts--;
		found.source_age_us = window_age(&source->failed, contacts->span_us, now_us);
	}
	if (account) {
		found.failures = window_sum(&account->failures, contacts->span_us, now_us);
		found.account_age_us = window_age(&account->failures, contacts->span_us, now_us);
	}
	return found;
}

static struct finding *tell_of_source(const struct attempt_row *row, const struct suspicion *found,
				      struct finding_list *ret)
{
	char mailboxes[PHRASE_BYTES], age[PHRASE_BYTES];

	phrase_count(found->other_accounts, "other mailbox", "other mailboxes", mailboxes);
	phrase_duration(found->source_age_us, age);
	return finding_add(ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			   row->account,
			   "%s was opened for the first time by %s, which had failed on %s in the "
			   "last %s; an owner's new device or network does not try other people's "
			   "mailboxes first.",
			   row->account, row->source, mailboxes, age);
}

static struct finding *tell_of_account(const struct attempt_row *row, const struct suspicion *found,
				       struct finding_list *ret)
{
	char failures[PHRASE_BYTES], age[PHRASE_BYTES];

	phrase_count(found->failures, "failed login", "failed logins", failures);
	phrase_duration(found->account_age_us, age);
	return finding_add(
		ret, takeover_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT, row->account,
		"%s was opened for the first time by %s, after %s in the last %s from "
		"sources that had never opened it; an owner's new device or network "
		"succeeds at once or after a few typing errors.",
		row->account, *row->source ? row->source : "an unknown source", failures, age);
}

static void judge(const struct takeover *state, const struct attempt_row *row, int64_t now_us,
		  struct finding_list *ret)
{
	struct suspicion found = weigh(state->contacts, row, now_us);
	struct finding *finding;
	int64_t age_us;

	if (found.other_accounts >= state->accounts) {
		finding = tell_of_source(row, &found, ret);
		age_us = found.source_age_us;
	} else if (found.failures >= state->failures) {
		finding = tell_of_account(row, &found, ret);
		age_us = found.account_age_us;
	} else {
		return;
	}
	finding->first_us = now_us - age_us;
	finding->last_us = row->last_us;
	finding_add_account(finding, row->account);
	json_object_set_new(finding->evidence, "source", json_string(row->source));
	json_object_set_new(finding->evidence, "service", json_string(row->service));
	json_object_set_new(finding->evidence, "other_accounts_failed",
			    json_integer((json_int_t)found.other_accounts));
	json_object_set_new(finding->evidence, "failures_on_account",
			    json_integer((json_int_t)found.failures));
	json_object_set_new(finding->evidence, "seconds",
			    json_real((double)age_us / US_PER_SECOND));
}

static void takeover_observe(void *state_pointer, const struct snapshot *snapshot,
			     struct finding_list *ret)
{
	struct takeover *state = state_pointer;

	contacts_begin(state->contacts);
	contacts_add_failures(state->contacts, snapshot);
	for (size_t i = 0; i < snapshot->n_attempts; i++) {
		const struct attempt_row *row = &snapshot->attempts[i];

		if (!row->count[OUTCOME_SUCCESS] || !*row->account)
			continue;
		if (!contacts_find_good(state->contacts, row->source, row->account))
			judge(state, row, snapshot->until_us, ret);
		contacts_add_success(state->contacts, row);
	}
}

static void takeover_free(void *state_pointer)
{
	struct takeover *state = state_pointer;

	contacts_free(state->contacts);
	free(state);
}

const struct detector takeover_detector = {
	.name = "takeover",
	.help = "the first success of a source that was guessing, or on an account under attack",
	.keys = keys,
	.new = takeover_new,
	.observe = takeover_observe,
	.free = takeover_free,
};
