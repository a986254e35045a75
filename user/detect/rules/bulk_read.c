/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: mailboxes are emptied by whoever took them over.
 *
 * Idea: an address reads far in mailboxes that its network opened for the first time less than a
 * day ago. One such mailbox is a new telephone. Several are a likelihood ratio each: half of all
 * thieves read as far (read_depth.h), and of other newly opened mailboxes as many as was learnt,
 * here and for this address. The sum of an address halves within twelve hours (bulk_sources.h).
 * From an address that is flagged for guessing, one mailbox is enough.
 */
#include "detect/detector.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/state/bulk_sources.h"
#include "detect/stats/read_depth.h"
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

#define NEW_MAILBOXES 98304
#define LEAST_MAILBOXES 3 /* fewer may be one household's */
#define REPORT_INTERVAL_US (10 * US_PER_SECOND)

/* A mailbox as one network reads it, within a day of opening it for the first time. */
struct new_mailbox {
	uint64_t messages;
	int64_t first_us, last_us;
	float nats; /* that the source's sum has for it */
	bool is_counted, is_reported;
};

struct bulk_read {
	struct table *new_mailboxes;  /* by network and account */
	struct table *sources;	      /* by address */
	struct read_depth read_depth; /* of all networks */
	struct rate updates;
	bool is_plain;
	uint64_t messages, messages_after_takeover, mailboxes;
};

static void *bulk_read_new(const double *settings)
{
	struct bulk_read *state = xcalloc(1, sizeof(*state));

	state->new_mailboxes =
		table_new(sizeof(uint64_t), sizeof(struct new_mailbox), NEW_MAILBOXES, NULL, NULL);
	state->sources = bulk_sources_new();
	state->is_plain = settings[PLAIN] != 0;
	state->messages = (uint64_t)settings[MESSAGES];
	state->messages_after_takeover = (uint64_t)settings[MESSAGES_AFTER_TAKEOVER];
	state->mailboxes = (uint64_t)settings[MAILBOXES];
	return state;
}

/* How many of the mailboxes that are newly opened are read as far as this step: here, or by this
 * source, whichever are more. */
static double bulk_read_usual_share(const struct bulk_read *state, const struct bulk_source *source,
				    int step)
{
	double own = source->past_read / (source->past_new + 5);

	return fmin(fmax(read_depth_share(&state->read_depth, step), own), READ_DEPTH_OF_THIEVES);
}

/* A newly opened mailbox speaks for its source until it is read: most are not read far. */
static void bulk_read_add_opened(struct bulk_read *state, const struct contact *contact)
{
	int64_t now_us = contact->row->last_us;
	struct bulk_source *source;
	double share;

	read_depth_note_opened(&state->read_depth, now_us);
	rate_add(&state->updates, now_us, 1);
	if (!table_find(state->sources, &contact->client_prefix))
		return;
	source = bulk_sources_touch(state->sources, contact->client_prefix, now_us);
	share = bulk_read_usual_share(state, source, 2);
	source->new += 1;
	source->nats =
		(float)fmax(source->nats + log((1 - READ_DEPTH_OF_THIEVES) / (1 - share)), 0);
}

static void bulk_read_add_reading(struct bulk_read *state, struct bulk_source *source,
				  struct new_mailbox *mailbox, const struct read_row *row,
				  bool is_learning)
{
	int step = read_depth_step(mailbox->messages);
	double nats;

	if (step < 0)
		return;
	if (mailbox->nats < EVIDENCE_FLOOR)
		read_depth_note_read(&state->read_depth, mailbox->messages - row->messages,
				     mailbox->messages);
	/* M_LN2 gives back what bulk_read_add_opened() took away. */
	nats = log(READ_DEPTH_OF_THIEVES / bulk_read_usual_share(state, source, step)) + M_LN2;
	if (nats <= mailbox->nats)
		return;
	if (!mailbox->is_counted) {
		if (source->nats <= 0)
			bulk_source_begin(source, mailbox->first_us);
		source->mailboxes++;
		source->read++;
		source->messages += mailbox->messages;
		bulk_source_add_account(source, row->account, row->last_us);
		mailbox->is_counted = true;
	}
	if (!is_learning)
		source->nats += (float)(nats - mailbox->nats);
	mailbox->nats = (float)nats;
}

static void bulk_read_complete(struct finding *finding, const struct read_row *row,
			       int64_t first_us, uint64_t messages)
{
	finding->first_us = first_us < row->last_us ? first_us : row->last_us;
	finding->last_us = row->last_us;
	finding_add_account(finding, row->account, HARM_OPENED, row->last_us);
	json_object_set_new(finding->evidence, "source", json_string(row->source));
	json_object_set_new(finding->evidence, "messages", json_integer((json_int_t)messages));
	json_object_set_new(finding->evidence, "seconds",
			    json_real((double)(row->last_us - finding->first_us) / US_PER_SECOND));
}

static void bulk_read_report_source(struct bulk_source *source, const struct read_row *row,
				    double threshold, bool is_guesser, struct finding_list *ret)
{
	char messages[ALERT_TEXT_BYTES], mailboxes[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_count(source->messages, "message", "messages", messages);
	alert_text_count(source->mailboxes, "mailbox", "mailboxes", mailboxes);
	alert_text_duration(row->last_us - source->first_us, age);
	finding = finding_add(
		ret, bulk_read_detector.name, is_guesser ? SEVERITY_CRITICAL : SEVERITY_WARNING,
		SUBJECT_SOURCE, row->source,
		"%s read %s from %s in %s, and had opened none of these mailboxes before that day. "
		"Normal: one household opens only its own few mailboxes from a new device.",
		row->source, messages, mailboxes, age);
	bulk_read_complete(finding, row, source->first_us, source->messages);
	for (uint32_t i = 0; i < source->n_accounts; i++)
		finding_add_account(finding, source->accounts[i].name, HARM_OPENED,
				    source->accounts[i].time_us);
	json_object_set_new(finding->evidence, "mailboxes", json_integer(source->mailboxes));
	evidence_report(finding->evidence, EVIDENCE_RATIO, source->nats, threshold);
	evidence_contribute(finding->evidence, "mailboxes newly opened and read far",
			    source->mailboxes, source->nats);
	source->reported_us = row->last_us;
}

static void bulk_read_report_mailbox(const struct new_mailbox *mailbox, const struct read_row *row,
				     uint64_t guesses, struct finding_list *ret)
{
	char messages[ALERT_TEXT_BYTES], mailboxes[ALERT_TEXT_BYTES], age[ALERT_TEXT_BYTES];
	const char *source = *row->source ? row->source : "an unknown source";
	struct finding *finding;

	alert_text_count(mailbox->messages, "message", "messages", messages);
	alert_text_count(guesses, "mailbox", "mailboxes", mailboxes);
	alert_text_duration(row->last_us - mailbox->first_us, age);
	if (guesses)
		finding = finding_add(
			ret, bulk_read_detector.name, SEVERITY_CRITICAL, SUBJECT_ACCOUNT,
			row->account,
			"%s had %s read by %s in %s; within 24 h this source also failed on %s "
			"that it never opened. Normal: an owner does not try other people's "
			"mailboxes.",
			row->account, messages, source, age, mailboxes);
	else
		finding = finding_add(
			ret, bulk_read_detector.name, SEVERITY_NOTICE, SUBJECT_ACCOUNT,
			row->account,
			"%s had %s read by %s in %s, from a network that first opened it that day. "
			"Normal: a mail program reads so many only when it copies the whole "
			"mailbox to a new device.",
			row->account, messages, source, age);
	bulk_read_complete(finding, row, mailbox->first_us, mailbox->messages);
	json_object_set_new(finding->evidence, "accounts_failed",
			    json_integer((json_int_t)guesses));
}

/* On how many mailboxes the address failed, when it is flagged for guessing; else 0. */
static uint64_t bulk_read_guesses_of(const struct detector_input *input,
				     const struct address *address)
{
	const struct source_score *score = sources_find(
		input->sources, contact_client_prefix(input->history, address), input->now_us);
	uint64_t failures;

	if (!score || !score->is_flagged)
		return 0;
	failures = source_failures(score);
	return failures >= 3 && failures > score->counts[CONTACT_ACTIVE] ? failures : 0;
}

static void bulk_read_evaluate(struct bulk_read *state, const struct detector_input *input,
			       struct bulk_source *source, struct new_mailbox *mailbox,
			       const struct read_row *row, uint64_t guesses,
			       struct finding_list *ret)
{
	double threshold = detector_threshold(input, rate_per_day(&state->updates, input->now_us));
	bool is_bulk = state->is_plain ? mailbox->messages >= state->messages &&
						 source->mailboxes >= state->mailboxes
				       : source->nats >= threshold &&
						 source->mailboxes >= LEAST_MAILBOXES &&
						 mailbox->is_counted;

	if (is_bulk && !input->is_learning) {
		if (row->last_us - source->reported_us >= REPORT_INTERVAL_US ||
		    !mailbox->is_reported)
			bulk_read_report_source(source, row, threshold, guesses > 0, ret);
		mailbox->is_reported = true;
	} else if (guesses && mailbox->messages >= state->messages_after_takeover) {
		bulk_read_report_mailbox(mailbox, row, guesses, ret);
	} else if (!mailbox->is_reported && mailbox->messages >= state->messages) {
		bulk_read_report_mailbox(mailbox, row, 0, ret);
		mailbox->is_reported = true;
	}
}

static void bulk_read_observe_row(struct bulk_read *state, const struct detector_input *input,
				  const struct read_row *row, struct finding_list *ret)
{
	struct address address = address_parse(row->source), network = network_of(&address);
	uint64_t account = history_name(input->history, row->account), pair;
	bool is_known = address_is_known(&network), is_source;
	struct new_mailbox *mailbox;
	struct bulk_source *source;
	enum pair_state since;

	pair = history_join(is_known ? history_hash(input->history, &network, sizeof(network)) : 0,
			    account);
	since = history_pair(input->history, pair);
	if (since == PAIR_KNOWN)
		return;
	if (since == PAIR_NEW) /* the login was not seen; from tomorrow on the pair is known */
		history_note_success(input->history, pair, account);
	mailbox = table_touch(state->new_mailboxes, &pair, NULL);
	if (row->last_us - mailbox->last_us > US_PER_DAY)
		*mailbox = (struct new_mailbox){.first_us = row->first_us};
	mailbox->last_us = row->last_us;
	mailbox->messages += row->messages;
	/* Behind a trusted address are many people: each mailbox has its own reader. */
	is_source = is_known && !network_list_has(input->trusted, &address);
	if (is_source) {
		source = bulk_sources_touch(state->sources,
					    contact_client_prefix(input->history, &address),
					    row->last_us);
		if (mailbox->is_counted)
			source->messages += row->messages;
		bulk_read_add_reading(state, source, mailbox, row, input->is_learning);
		bulk_read_evaluate(state, input, source, mailbox, row,
				   bulk_read_guesses_of(input, &address), ret);
	} else if (mailbox->messages >= state->messages && !mailbox->is_reported) {
		/* Without an address nothing says that two mailboxes have one reader. */
		bulk_read_report_mailbox(mailbox, row, 0, ret);
		mailbox->is_reported = true;
	}
}

static void bulk_read_observe(void *state_pointer, const struct detector_input *input,
			      struct finding_list *ret)
{
	struct bulk_read *state = state_pointer;

	for (size_t i = 0; i < input->n_contacts; i++)
		if (input->contacts[i].is_success && input->contacts[i].network &&
		    !input->contacts[i].is_trusted)
			bulk_read_add_opened(state, &input->contacts[i]);
	for (size_t i = 0; i < input->snapshot->n_reads; i++) {
		const struct read_row *row = &input->snapshot->reads[i];

		if (row->reader == READER_SESSION && row->messages && *row->account)
			bulk_read_observe_row(state, input, row, ret);
	}
}

static void bulk_read_serialize(void *state_pointer, struct serializer *serializer)
{
	struct bulk_read *state = state_pointer;

	serializer_member(serializer, &state->read_depth, sizeof(state->read_depth));
	serializer_member(serializer, &state->updates, sizeof(state->updates));
	serializer_table(serializer, state->new_mailboxes, sizeof(uint64_t),
			 sizeof(struct new_mailbox), NULL);
	bulk_sources_serialize(state->sources, serializer);
}

static void bulk_read_free(void *state_pointer)
{
	struct bulk_read *state = state_pointer;

	table_free(state->new_mailboxes);
	table_free(state->sources);
	free(state);
}

const struct detector bulk_read_detector = {
	.name = "bulk_read",
	.help = "one network empties mailboxes that it opened for the first time",
	.keys = keys,
	.shares_alarms = true,
	.learns_first = true, /* except for notices */
	.new = bulk_read_new,
	.observe = bulk_read_observe,
	.serialize = bulk_read_serialize,
	.free = bulk_read_free,
};
