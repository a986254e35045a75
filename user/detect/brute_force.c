/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many failures on one account, from sources that never opened it. A device that keeps sending
 * an old password did open it, so it does not count.
 */
#include "detect/detector.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/contacts.h"
#include "detect/phrase.h"

enum { FAILURES, WINDOW_HOURS, KNOWN_PAIRS };

static const struct detector_key keys[] = {
	[FAILURES] = {"failures", 3, 1000000, 20,
		      "failures on one account from sources that never opened it"},
	[WINDOW_HOURS] = {"window_hours", 1, 168, 24, "time over which is counted"},
	[KNOWN_PAIRS] = {"known_pairs", 1024, 16777216, 262144,
			 "pairs of source and account that are remembered as good"},
	{0},
};

struct brute_force {
	struct contacts *contacts;
	uint64_t failures;
};

static void *brute_force_new(const double *settings)
{
	struct brute_force *state = xcalloc(1, sizeof(*state));

	state->contacts = contacts_new((int64_t)(settings[WINDOW_HOURS] * US_PER_HOUR),
				       (uint64_t)settings[KNOWN_PAIRS]);
	state->failures = (uint64_t)settings[FAILURES];
	return state;
}

static void report(const struct brute_force *state, const char *account,
		   const struct account_record *record, int64_t now_us, struct finding_list *ret)
{
	const int64_t span_us = state->contacts->span_us;
	uint64_t failures = window_sum(&record->failures, span_us, now_us);
	uint64_t sources = window_sum(&record->sources, span_us, now_us);
	int64_t age_us = window_age(&record->failures, span_us, now_us);
	char failures_text[PHRASE_BYTES], sources_text[PHRASE_BYTES], age_text[PHRASE_BYTES];
	struct finding *finding;

	phrase_count(failures, "failed login", "failed logins", failures_text);
	phrase_count(sources ? sources : 1, "source", "sources", sources_text);
	phrase_duration(age_us, age_text);
	finding = finding_add(
		ret, brute_force_detector.name, SEVERITY_WARNING, SUBJECT_ACCOUNT, account,
		"%s had %s in %s from %s that never opened it; people who mistype succeed or "
		"give up sooner, and devices with an old password did open it before.",
		account, failures_text, age_text, sources_text);
	finding->first_us = now_us - age_us;
	finding->last_us = now_us;
	json_object_set_new(finding->evidence, "failures", json_integer((json_int_t)failures));
	json_object_set_new(finding->evidence, "sources",
			    json_integer((json_int_t)(sources ? sources : 1)));
	json_object_set_new(finding->evidence, "seconds",
			    json_real((double)age_us / US_PER_SECOND));
}

static void brute_force_observe(void *state_pointer, const struct snapshot *snapshot,
				struct finding_list *ret)
{
	struct brute_force *state = state_pointer;
	struct contacts *contacts = state->contacts;
	const int64_t now_us = snapshot->until_us;

	contacts_observe(contacts, snapshot);
	for (size_t i = 0; i < snapshot->n_attempts; i++) {
		const char *account = snapshot->attempts[i].account;
		struct account_record *record = contacts_find_account(contacts, account);

		if (!record || record->news != contacts->turn || record->judged == contacts->turn)
			continue;
		record->judged = contacts->turn;
		if (window_sum(&record->failures, contacts->span_us, now_us) >= state->failures)
			report(state, account, record, now_us, ret);
	}
}

static void brute_force_free(void *state_pointer)
{
	struct brute_force *state = state_pointer;

	contacts_free(state->contacts);
	free(state);
}

const struct detector brute_force_detector = {
	.name = "brute_force",
	.help = "many failures on one account from sources that never opened it",
	.keys = keys,
	.new = brute_force_new,
	.observe = brute_force_observe,
	.free = brute_force_free,
};
