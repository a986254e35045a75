/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One source tries many accounts it never opened, and fails on nearly all of them: password
 * spraying, stuffing from few sources, enumeration. Counts accounts, never attempts.
 */
#include "detect/detector.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/contacts.h"
#include "detect/phrase.h"

enum { ACCOUNTS, SHARE, WINDOW_HOURS, KNOWN_PAIRS };

static const struct detector_key keys[] = {
	[ACCOUNTS] = {"accounts", 2, 100000, 8,
		      "accounts on which a source must fail at first contact"},
	[SHARE] = {"failed_share", 0.1, 0.99, 0.8, "share of its first contacts that must fail"},
	[WINDOW_HOURS] = {"window_hours", 1, 168, 24, "time over which is counted"},
	[KNOWN_PAIRS] = {"known_pairs", 1024, 16777216, 262144,
			 "pairs of source and account that are remembered as good"},
	{0},
};

struct source_guessing {
	struct contacts *contacts;
	uint64_t accounts;
	double share;
};

static void *source_guessing_new(const double *settings)
{
	struct source_guessing *state = xcalloc(1, sizeof(*state));

	state->contacts = contacts_new((int64_t)(settings[WINDOW_HOURS] * US_PER_HOUR),
				       (uint64_t)settings[KNOWN_PAIRS]);
	state->accounts = (uint64_t)settings[ACCOUNTS];
	state->share = settings[SHARE];
	return state;
}

static void report(const struct source_guessing *state, const char *source,
		   const struct source_record *record, int64_t now_us, struct finding_list *ret)
{
	const int64_t span_us = state->contacts->span_us;
	uint64_t failed = window_sum(&record->failed, span_us, now_us);
	uint64_t opened = window_sum(&record->opened, span_us, now_us);
	int64_t age_us = window_age(&record->failed, span_us, now_us);
	char tried_text[PHRASE_BYTES], age_text[PHRASE_BYTES], failed_text[PHRASE_BYTES];
	struct finding *finding;

	phrase_count(failed + opened, "mailbox", "mailboxes", tried_text);
	phrase_duration(age_us, age_text);
	if (opened)
		(void)snprintf(failed_text, sizeof(failed_text), "%" PRIu64, failed);
	else
		(void)snprintf(failed_text, sizeof(failed_text), "all");
	finding = finding_add(
		ret, source_guessing_detector.name, SEVERITY_WARNING, SUBJECT_SOURCE, source,
		"%s tried %s it never opened before in %s and failed on %s of them; of the "
		"mailboxes that a household or an office opens for the first time, about 1 in 20 "
		"fails.",
		source, tried_text, age_text, failed_text);
	finding->first_us = now_us - age_us;
	finding->last_us = now_us;
	json_object_set_new(finding->evidence, "accounts_failed", json_integer((json_int_t)failed));
	json_object_set_new(finding->evidence, "accounts_opened", json_integer((json_int_t)opened));
	json_object_set_new(finding->evidence, "failures",
			    json_integer((json_int_t)record->failures));
	json_object_set_new(finding->evidence, "seconds",
			    json_real((double)age_us / US_PER_SECOND));
}

static bool is_guessing(const struct source_guessing *state, const struct source_record *record,
			int64_t now_us)
{
	uint64_t failed = window_sum(&record->failed, state->contacts->span_us, now_us);
	uint64_t opened = window_sum(&record->opened, state->contacts->span_us, now_us);

	return failed >= state->accounts &&
	       (double)failed > state->share * (double)(failed + opened);
}

static void source_guessing_observe(void *state_pointer, const struct snapshot *snapshot,
				    struct finding_list *ret)
{
	struct source_guessing *state = state_pointer;
	struct contacts *contacts = state->contacts;

	contacts_observe(contacts, snapshot);
	for (size_t i = 0; i < snapshot->n_attempts; i++) {
		const char *source = snapshot->attempts[i].source;
		struct source_record *record = contacts_find_source(contacts, source);

		if (!record || record->news != contacts->turn || record->judged == contacts->turn)
			continue;
		record->judged = contacts->turn;
		if (is_guessing(state, record, snapshot->until_us))
			report(state, source, record, snapshot->until_us, ret);
	}
}

static void source_guessing_free(void *state_pointer)
{
	struct source_guessing *state = state_pointer;

	contacts_free(state->contacts);
	free(state);
}

const struct detector source_guessing_detector = {
	.name = "source_guessing",
	.help = "one source fails on many accounts that it never opened",
	.keys = keys,
	.new = source_guessing_new,
	.observe = source_guessing_observe,
	.free = source_guessing_free,
};
