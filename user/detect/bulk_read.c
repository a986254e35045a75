/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mailbox is emptied: one source reads very many messages of an account, or a source that was
 * guessing passwords reads more than a few. Several mailboxes emptied by one source are one alert.
 */
#include "detect/detector.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/contacts.h"
#include "detect/emptied.h"
#include "detect/phrase.h"

enum { MESSAGES, MESSAGES_AFTER_TAKEOVER, MAILBOXES, KNOWN_PAIRS };

static const struct detector_key keys[] = {
	[MESSAGES] = {"messages", 10, 10000000, 1000,
		      "messages of one account read by one source within 24 hours"},
	[MESSAGES_AFTER_TAKEOVER] = {"messages_after_takeover", 1, 10000000, 20,
				     "the same, when the source failed on 4 other accounts"},
	[MAILBOXES] = {"mailboxes", 2, 100000, 3,
		       "mailboxes read so by one source from which the notice is a warning"},
	[KNOWN_PAIRS] = {"known_pairs", 1024, 16777216, 262144,
			 "pairs of source and account that are remembered as good"},
	{0},
};

/* As many as make a takeover. */
#define GUESSES 4

struct bulk_read {
	struct contacts *contacts;
	struct emptied *emptied;
	uint64_t messages, messages_after_takeover, mailboxes;
};

static void *bulk_read_new(const double *settings)
{
	struct bulk_read *state = xcalloc(1, sizeof(*state));

	state->contacts = contacts_new(US_PER_DAY, (uint64_t)settings[KNOWN_PAIRS]);
	state->emptied = emptied_new(US_PER_DAY);
	state->messages = (uint64_t)settings[MESSAGES];
	state->messages_after_takeover = (uint64_t)settings[MESSAGES_AFTER_TAKEOVER];
	state->mailboxes = (uint64_t)settings[MAILBOXES];
	return state;
}

/* Accounts on which the source failed, when it came to this account only lately: the owner does
 * not become a thief because somebody behind the same address guesses. */
static uint64_t guesses_before(const struct contacts *contacts, const struct read_row *row,
			       int64_t now_us)
{
	const struct good_pair *pair = contacts_find_good(contacts, row->source, row->account);
	uint64_t guesses;

	if (!*row->source || (pair && pair->since_us < now_us - contacts->span_us))
		return 0;
	guesses = contacts_guesses(contacts, row->source, now_us);
	return guesses >= GUESSES ? guesses : 0;
}

static struct finding *tell_of_account(const struct read_row *row, const struct emptied_box *box,
				       uint64_t guesses, struct finding_list *ret)
{
	const char *source = *row->source ? row->source : "an unknown source";
	char messages[PHRASE_BYTES], mailboxes[PHRASE_BYTES], age[PHRASE_BYTES];

	phrase_count(box->messages, "message", "messages", messages);
	phrase_count(guesses, "mailbox", "mailboxes", mailboxes);
	phrase_duration(box->age_us, age);
	if (guesses)
		return finding_add(ret, bulk_read_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
				   row->account,
				   "%s lost %s to %s in %s, a source that also failed on %s it "
				   "never opened within 24 h; an owner does not try other people's "
				   "mailboxes.",
				   row->account, messages, source, age, mailboxes);
	return finding_add(ret, bulk_read_detector.name, SEVERITY_NOTICE, SUBJECT_ACCOUNT,
			   row->account,
			   "%s had %s read by %s in %s; a mail program reads so many only when it "
			   "copies the whole mailbox to a new device.",
			   row->account, messages, source, age);
}

static struct finding *tell_of_source(const struct bulk_read *state, const struct read_row *row,
				      const struct emptied_source *source, uint64_t guesses,
				      struct finding_list *ret)
{
	enum severity severity = guesses ? SEVERITY_CRITICAL : SEVERITY_NOTICE;
	char messages[PHRASE_BYTES], mailboxes[PHRASE_BYTES], age[PHRASE_BYTES];
	struct finding *finding;

	if (!guesses && source->mailboxes >= state->mailboxes)
		severity = SEVERITY_WARNING;
	phrase_count(source->messages, "message", "messages", messages);
	phrase_count(source->mailboxes, "mailbox", "mailboxes", mailboxes);
	phrase_duration(source->age_us, age);
	finding = finding_add(ret, bulk_read_detector.name, severity, SUBJECT_SOURCE, row->source,
			      "%s read %s from %s in %s, many from each; a household does this "
			      "only for its own few mailboxes, on the day it sets up a new device.",
			      row->source, messages, mailboxes, age);
	for (size_t i = 0; i < source->n_accounts; i++)
		finding_add_account(finding, source->accounts[i]);
	json_object_set_new(finding->evidence, "mailboxes",
			    json_integer((json_int_t)source->mailboxes));
	json_object_set_new(finding->evidence, "messages_of_all",
			    json_integer((json_int_t)source->messages));
	return finding;
}

static void judge(struct bulk_read *state, const struct read_row *row, int64_t now_us,
		  struct finding_list *ret)
{
	uint64_t guesses = guesses_before(state->contacts, row, now_us);
	uint64_t limit = guesses ? state->messages_after_takeover : state->messages;
	struct emptied_box box = emptied_add(state->emptied, row, limit, now_us);
	struct emptied_source source;
	struct finding *finding;

	if (box.messages < limit)
		return;
	source = emptied_find_source(state->emptied, row->source, now_us);
	if (*row->source && source.mailboxes >= 2)
		finding = tell_of_source(state, row, &source, guesses, ret);
	else
		finding = tell_of_account(row, &box, guesses, ret);
	finding->first_us = now_us - (source.mailboxes >= 2 ? source.age_us : box.age_us);
	finding->last_us = row->last_us;
	finding_add_account(finding, row->account);
	json_object_set_new(finding->evidence, "source", json_string(row->source));
	json_object_set_new(finding->evidence, "messages", json_integer((json_int_t)box.messages));
	json_object_set_new(finding->evidence, "accounts_failed",
			    json_integer((json_int_t)guesses));
	json_object_set_new(finding->evidence, "seconds",
			    json_real((double)box.age_us / US_PER_SECOND));
}

static void bulk_read_observe(void *state_pointer, const struct snapshot *snapshot,
			      struct finding_list *ret)
{
	struct bulk_read *state = state_pointer;

	contacts_observe(state->contacts, snapshot);
	for (size_t i = 0; i < snapshot->n_reads; i++) {
		const struct read_row *row = &snapshot->reads[i];

		if (row->reader == READER_SESSION && row->messages && *row->account)
			judge(state, row, snapshot->until_us, ret);
	}
}

static void bulk_read_free(void *state_pointer)
{
	struct bulk_read *state = state_pointer;

	contacts_free(state->contacts);
	emptied_free(state->emptied);
	free(state);
}

const struct detector bulk_read_detector = {
	.name = "bulk_read",
	.help = "one source reads very many messages of an account",
	.keys = keys,
	.new = bulk_read_new,
	.observe = bulk_read_observe,
	.free = bulk_read_free,
};
