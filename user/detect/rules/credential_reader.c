/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that is not listed opens a credential store, or reads one that another process opened
 * for it. The event comes at once; should it have been lost, the counts of the tick still tell.
 */
#include "detect/detector.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "detect/text/alert_text.h"

/* Pairs of program and store whose events were told and whose counts are still to come. */
#define PAIRS 4096

struct credential_reader {
	struct table *told;  /* opens told of by events, per pair */
	struct table *known; /* pairs that were told of: what they read later is no news */
};

static void *credential_reader_new(const double *settings)
{
	struct credential_reader *state = xcalloc(1, sizeof(*state));

	(void)settings;
	state->told = table_new(sizeof(uint64_t), sizeof(uint64_t), PAIRS, NULL, NULL);
	state->known = table_new(sizeof(uint64_t), sizeof(uint8_t), PAIRS, NULL, NULL);
	return state;
}

static const char *name_of(const char *actor)
{
	return *actor ? actor : "(unknown)";
}

static uint64_t pair_of(const struct detector_input *input, const char *actor, const char *store)
{
	return history_join(history_name(input->history, actor), history_name(input->history, store));
}

static void report_event(struct credential_reader *state, const struct detector_input *input,
			 const struct event_row *event, struct finding_list *ret)
{
	uint64_t key = pair_of(input, event->actor, event->object);
	_cleanup_free_ char *who = alert_text_actor(event->pid, event->uid, event->login_uid, event->unit,
						*event->parent ? event->parent
							       : "an unknown program");
	struct finding *finding;

	if (event->was_opened)
		++*(uint64_t *)table_touch(state->told, &key, NULL);
	(void)table_touch(state->known, &key, NULL);
	finding = finding_add(ret, credential_reader_detector.name, SEVERITY_CRITICAL,
			      SUBJECT_ACTOR, name_of(event->actor),
			      "%s %s %s the credential store %s%s; only the listed programs read "
			      "it here.",
			      name_of(event->actor), who, event->was_opened ? "opened" : "read",
			      event->object,
			      event->was_opened ? "" : ", which another process had opened for it");
	finding->first_us = finding->last_us = event->time_us;
	json_object_set_new(finding->evidence, "store", json_string(event->object));
	json_object_set_new(finding->evidence, "command", json_string(event->command));
	alert_text_actor_evidence(finding->evidence, event->uid, event->login_uid, event->unit,
			      event->parent);
	json_object_set_new(finding->evidence, "parent_pid", json_integer(event->parent_pid));
	json_object_set_new(finding->evidence, "pid", json_integer(event->pid));
}

/* Opens of the row that no event told of; settles the account with the events. */
static uint64_t take_untold(struct credential_reader *state, uint64_t key,
			    const struct store_row *row)
{
	uint64_t *told = table_find(state->told, &key);
	uint64_t settled;

	if (!told)
		return row->opens;
	settled = *told < row->opens ? *told : row->opens;
	*told -= settled;
	if (!*told)
		(void)table_remove(state->told, &key);
	return row->opens - settled;
}

static bool is_known(struct credential_reader *state, uint64_t key)
{
	bool is_known = table_find(state->known, &key);

	if (!is_known)
		(void)table_touch(state->known, &key, NULL);
	return is_known;
}

static void report_row(struct credential_reader *state, const struct detector_input *input,
		       const struct store_row *row, struct finding_list *ret)
{
	uint64_t key = pair_of(input, row->actor, row->path);
	uint64_t opens = take_untold(state, key, row);
	_cleanup_free_ char *who = alert_text_actor(/* pid= */ 0, row->uid, row->login_uid, row->unit,
						/* parent= */ "");
	char times[PHRASE_BYTES];
	struct finding *finding;

	if (is_known(state, key) && !opens)
		return;
	alert_text_count(opens, "time", "times", times);
	finding = finding_add(ret, credential_reader_detector.name, SEVERITY_CRITICAL,
			      SUBJECT_ACTOR, name_of(row->actor),
			      "%s %s %s the credential store %s%s%s; only the listed programs "
			      "read it here.",
			      name_of(row->actor), who, opens ? "opened" : "read", row->path,
			      opens ? " " : "", opens ? times : "");
	finding->first_us = row->first_us;
	finding->last_us = row->last_us;
	json_object_set_new(finding->evidence, "store", json_string(row->path));
	json_object_set_new(finding->evidence, "opens", json_integer((json_int_t)opens));
	json_object_set_new(finding->evidence, "bytes", json_integer((json_int_t)row->bytes));
	alert_text_actor_evidence(finding->evidence, row->uid, row->login_uid, row->unit,
			      /* parent= */ "");
}

static void credential_reader_observe(void *state_pointer, const struct detector_input *input,
			  struct finding_list *ret)
{
	const struct snapshot *snapshot = input->snapshot;
	struct credential_reader *state = state_pointer;

	for (size_t i = 0; i < snapshot->n_events; i++)
		if (snapshot->events[i].kind == EVENT_CREDENTIAL_READER)
			report_event(state, input, &snapshot->events[i], ret);
	for (size_t i = 0; i < snapshot->n_stores; i++)
		if (!snapshot->stores[i].allowed)
			report_row(state, input, &snapshot->stores[i], ret);
}

static void credential_reader_serialize(void *state_pointer, struct serializer *serializer)
{
	struct credential_reader *state = state_pointer;

	serializer_table(serializer, state->told, sizeof(uint64_t), sizeof(uint64_t), NULL);
	serializer_table(serializer, state->known, sizeof(uint64_t), sizeof(uint8_t), NULL);
}

static void credential_reader_free(void *state_pointer)
{
	struct credential_reader *state = state_pointer;

	table_free(state->told);
	table_free(state->known);
	free(state);
}

const struct detector credential_reader_detector = {
	.name = "credential_reader",
	.help = "a program that is not listed opens or reads a credential store",
	.keys = NULL,
	.new = credential_reader_new,
	.observe = credential_reader_observe,
	.serialize = credential_reader_serialize,
	.free = credential_reader_free,
};
