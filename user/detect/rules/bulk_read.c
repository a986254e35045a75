/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mailboxes are emptied: an address reads very much of mailboxes that it opened for the first time
 * less than a day ago. One such mailbox is a new phone; several are weighed against how rarely a
 * newly opened mailbox is read so far, here and by this network. A network that guessed before,
 * or a mailbox that was dormant, needs one.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/stats/read_depth.h"
#include "detect/state/bulk_sources.h"
#include "detect/text/alert_text.h"

enum { PLAIN, MESSAGES, MESSAGES_AFTER_TAKEOVER, MAILBOXES };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0,
		   "1: count mailboxes of many messages instead of weighing evidence"},
	[MESSAGES] = {"messages", 10, 10000000, 1000,
		      "messages of one mailbox read by a new network within a day: a notice"},
	[MESSAGES_AFTER_TAKEOVER] = {"messages_after_takeover", 1, 10000000, 20,
				     "the same, when the network was guessing: critical"},
	[MAILBOXES] = {"mailboxes", 2, 100000, 3,
		       "plain: mailboxes read so by one network from which it is a warning"},
	{0},
};

#define BOXES 98304
#define TELL_AGAIN_US (10 * US_PER_SECOND)

/* One mailbox as one network reads it within a day of first first_access it. */
struct box {
	uint64_t messages;
	int64_t first_us, last_us;
	float nats; /* already added to the network's */
	bool is_counted, is_told;
};

struct bulk_read {
	struct table *boxes, *readers;
	struct read_depth read_depth; /* of all */
	struct rate updates;
	bool is_plain;
	uint64_t messages, messages_after_takeover, mailboxes;
};

static void *bulk_read_new(const double *settings)
{
	struct bulk_read *state = xcalloc(1, sizeof(*state));

	state->boxes = table_new(sizeof(uint64_t), sizeof(struct box), BOXES, NULL, NULL);
	state->readers = bulk_sources_new();
	state->is_plain = settings[PLAIN] != 0;
	state->messages = (uint64_t)settings[MESSAGES];
	state->messages_after_takeover = (uint64_t)settings[MESSAGES_AFTER_TAKEOVER];
	state->mailboxes = (uint64_t)settings[MAILBOXES];
	return state;
}

static double network_share(const struct bulk_read *state, const struct bulk_source *reader, int step)
{
	double own = reader->past_read / (reader->past_new + 5);

	return fmin(fmax(read_depth_share(&state->read_depth, step), own), READ_DEPTH_OF_THIEVES);
}

/* Most mailboxes that are opened for the first time are not read far. */
static void note_opened(struct bulk_read *state, const struct contact *contact)
{
	int64_t now_us = contact->row->last_us;
	struct bulk_source *reader;
	double share;

	read_depth_note_opened(&state->read_depth, now_us);
	rate_add(&state->updates, now_us, 1);
	if (!table_find(state->readers, &contact->client_prefix))
		return;
	reader = bulk_sources_touch(state->readers, contact->client_prefix, now_us);
	share = network_share(state, reader, 2);
	reader->new += 1;
	reader->nats = (float)fmax(reader->nats + log((1 - READ_DEPTH_OF_THIEVES) / (1 - share)), 0);
}

static void weigh(struct bulk_read *state, struct bulk_source *reader, struct box *box,
		  const struct read_row *row, bool is_learning)
{
	int step = read_depth_step(box->messages);
	double nats;

	if (step < 0)
		return;
	if (box->nats < EVIDENCE_FLOOR)
		read_depth_note_read(&state->read_depth, box->messages - row->messages, box->messages);
	/* What was held against the network when it opened the mailbox is given back. */
	nats = log(READ_DEPTH_OF_THIEVES / network_share(state, reader, step)) + M_LN2;
	if (nats <= box->nats)
		return;
	if (!box->is_counted) {
		if (reader->nats <= 0)
			bulk_source_begin(reader, box->first_us);
		reader->mailboxes++;
		reader->read++;
		reader->messages += box->messages;
		bulk_source_name(reader, row->account);
		box->is_counted = true;
	}
	if (!is_learning)
		reader->nats += (float)(nats - box->nats);
	box->nats = (float)nats;
}

static void finish(struct finding *finding, const struct read_row *row, int64_t first_us,
		   uint64_t messages)
{
	finding->first_us = first_us < row->last_us ? first_us : row->last_us;
	finding->last_us = row->last_us;
	finding_add_account(finding, row->account);
	json_object_set_new(finding->evidence, "source", json_string(row->source));
	json_object_set_new(finding->evidence, "messages", json_integer((json_int_t)messages));
	json_object_set_new(finding->evidence, "seconds",
			    json_real((double)(row->last_us - finding->first_us) / US_PER_SECOND));
}

static void tell_of_network(struct bulk_source *reader, const struct read_row *row, double level,
			    bool is_guesser, struct finding_list *ret)
{
	char messages[PHRASE_BYTES], mailboxes[PHRASE_BYTES], age[PHRASE_BYTES];
	struct finding *finding;

	alert_text_count(reader->messages, "message", "messages", messages);
	alert_text_count(reader->mailboxes, "mailbox", "mailboxes", mailboxes);
	alert_text_duration(row->last_us - reader->first_us, age);
	finding = finding_add(
		ret, bulk_read_detector.name, is_guesser ? SEVERITY_CRITICAL : SEVERITY_WARNING,
		SUBJECT_SOURCE, row->source,
		"%s read %s from %s in %s, none of which it had opened before that day; a "
		"household does this only for its own few mailboxes, on the day it sets up a new "
		"device.",
		row->source, messages, mailboxes, age);
	finish(finding, row, reader->first_us, reader->messages);
	for (uint32_t i = 0; i < reader->n_accounts; i++)
		finding_add_account(finding, reader->accounts[i]);
	json_object_set_new(finding->evidence, "mailboxes", json_integer(reader->mailboxes));
	evidence_tell(finding->evidence, reader->nats, level);
	evidence_contribute(finding->evidence, "mailboxes newly opened and read far",
			    reader->mailboxes, reader->nats);
	reader->told_us = row->last_us;
}

static void tell_of_box(const struct box *box, const struct read_row *row, uint64_t guesses,
			struct finding_list *ret)
{
	char messages[PHRASE_BYTES], mailboxes[PHRASE_BYTES], age[PHRASE_BYTES];
	struct finding *finding;

	alert_text_count(box->messages, "message", "messages", messages);
	alert_text_count(guesses, "mailbox", "mailboxes", mailboxes);
	alert_text_duration(row->last_us - box->first_us, age);
	if (guesses)
		finding = finding_add(
			ret, bulk_read_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			row->account,
			"%s lost %s to %s in %s, a source that also failed on %s it never opened "
			"within 24 h; an owner does not try other people's mailboxes.",
			row->account, messages, row->source, age, mailboxes);
	else
		finding = finding_add(
			ret, bulk_read_detector.name, SEVERITY_NOTICE, SUBJECT_ACCOUNT,
			row->account,
			"%s had %s read by %s in %s, from a network that first opened it that day; "
			"a mail program reads so many only when it copies the whole mailbox to a "
			"new device.",
			row->account, messages, *row->source ? row->source : "an unknown source",
			age);
	finish(finding, row, box->first_us, box->messages);
	json_object_set_new(finding->evidence, "accounts_failed",
			    json_integer((json_int_t)guesses));
}

/* Mailboxes on which the address failed, when it is no doubt guessing. */
static uint64_t guesses_of(const struct detector_input *input, const struct address *address)
{
	const struct source_score *score = sources_find(
		input->sources, contact_client_prefix(input->history, address), input->now_us);
	uint64_t failures;

	if (!score || !score->is_flagged)
		return 0;
	failures = source_failures(score);
	return failures >= 3 && failures > score->counts[CONTACT_ACTIVE] ? failures : 0;
}

static void judge(struct bulk_read *state, const struct detector_input *input, struct bulk_source *reader,
		  struct box *box, const struct read_row *row, uint64_t guesses,
		  struct finding_list *ret)
{
	double level = detector_level(input, rate_per_day(&state->updates, input->now_us));
	bool is_bulk = state->is_plain ? box->messages >= state->messages &&
						 reader->mailboxes >= state->mailboxes
				       : reader->nats >= level && reader->mailboxes >= 3 &&
						 box->is_counted;

	if (is_bulk && !input->is_learning) {
		if (row->last_us - reader->told_us >= TELL_AGAIN_US || !box->is_told)
			tell_of_network(reader, row, level, guesses > 0, ret);
		box->is_told = true;
	} else if (guesses && box->messages >= state->messages_after_takeover) {
		tell_of_box(box, row, guesses, ret);
	} else if (!box->is_told && box->messages >= state->messages) {
		tell_of_box(box, row, 0, ret);
		box->is_told = true;
	}
}

static struct box *touch_box(struct bulk_read *state, uint64_t pair, const struct read_row *row)
{
	struct box *box = table_touch(state->boxes, &pair, NULL);

	if (row->last_us - box->last_us > US_PER_DAY)
		*box = (struct box){.first_us = row->first_us};
	box->last_us = row->last_us;
	box->messages += row->messages;
	return box;
}

/* Without an address nothing tells that two mailboxes are read by one. */
static void read_by_nobody(struct bulk_read *state, struct box *box, const struct read_row *row,
			   struct finding_list *ret)
{
	if (box->messages < state->messages || box->is_told)
		return;
	tell_of_box(box, row, 0, ret);
	box->is_told = true;
}

static void read_one(struct bulk_read *state, const struct detector_input *input,
		     const struct read_row *row, struct finding_list *ret)
{
	struct address address = address_parse(row->source), network = network_of(&address);
	uint64_t account = history_name(input->history, row->account), pair;
	bool is_known = address_is_known(&network);
	struct bulk_source *reader;
	enum pair_state since;
	struct box *box;

	pair = history_join(is_known ? history_hash(input->history, &network, sizeof(network)) : 0,
			   account);
	since = history_pair(input->history, pair);
	if (since == PAIR_KNOWN)
		return;
	if (since == PAIR_NEW) /* the login was not seen; from tomorrow on it is no news */
		history_note_success(input->history, pair, account);
	box = touch_box(state, pair, row);
	if (!is_known) {
		read_by_nobody(state, box, row, ret);
		return;
	}
	reader = bulk_sources_touch(state->readers, contact_client_prefix(input->history, &address), row->last_us);
	if (box->is_counted)
		reader->messages += row->messages;
	weigh(state, reader, box, row, input->is_learning);
	judge(state, input, reader, box, row, guesses_of(input, &address), ret);
}

static void bulk_read_observe(void *state_pointer, const struct detector_input *input,
			      struct finding_list *ret)
{
	struct bulk_read *state = state_pointer;

	for (size_t i = 0; i < input->n_contacts; i++)
		if (input->contacts[i].is_success && input->contacts[i].network)
			note_opened(state, &input->contacts[i]);
	for (size_t i = 0; i < input->snapshot->n_reads; i++) {
		const struct read_row *row = &input->snapshot->reads[i];

		if (row->reader == READER_SESSION && row->messages && *row->account)
			read_one(state, input, row, ret);
	}
}

static void bulk_read_serialize(void *state_pointer, struct serializer *serializer)
{
	struct bulk_read *state = state_pointer;

	serializer_member(serializer, &state->read_depth, sizeof(state->read_depth));
	serializer_member(serializer, &state->updates, sizeof(state->updates));
	serializer_table(serializer, state->boxes, sizeof(uint64_t), sizeof(struct box), NULL);
	bulk_sources_serialize(state->readers, serializer);
}

static void bulk_read_free(void *state_pointer)
{
	struct bulk_read *state = state_pointer;

	table_free(state->boxes);
	table_free(state->readers);
	free(state);
}

const struct detector bulk_read_detector = {
	.name = "bulk_read",
	.help = "one network empties mailboxes that it opened for the first time",
	.keys = keys,
	.shares_alarms = true,
	.learns_first = true, /* but for what is no more than a notice */
	.new = bulk_read_new,
	.observe = bulk_read_observe,
	.serialize = bulk_read_serialize,
	.free = bulk_read_free,
};
