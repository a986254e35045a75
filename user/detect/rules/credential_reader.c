/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: the file with the password hashes is copied.
 *
 * Idea: only listed programs open a credential store. Any other raises an alert with one open, or
 * with one read of a store that another process opened for it. The sensor's event comes at once. If
 * it was lost, the counts of the tick still show the open; opens that an event has reported are
 * taken off them.
 */
#include "detect/detector.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/table.h"
#include "detect/text/alert_text.h"

/* Pairs of program and store. */
#define PAIRS 4096

struct credential_reader {
	struct table *reported; /* opens that events reported and no count yet, per pair */
	struct table *known; /* pairs that were reported: later reads without an open are no news */
};

static void *credential_reader_new(const double *settings)
{
	struct credential_reader *state = xcalloc(1, sizeof(*state));

	(void)settings;
	state->reported = table_new(sizeof(uint64_t), sizeof(uint64_t), PAIRS, NULL, NULL);
	state->known = table_new(sizeof(uint64_t), sizeof(uint8_t), PAIRS, NULL, NULL);
	return state;
}

static const char *credential_reader_name(const char *actor)
{
	return *actor ? actor : "(unknown)";
}

static uint64_t credential_reader_pair(const struct detector_input *input, const char *actor,
				       const char *store)
{
	return history_join(history_name(input->history, actor),
			    history_name(input->history, store));
}

static void credential_reader_report_event(struct credential_reader *state,
					   const struct detector_input *input,
					   const struct event_row *event, struct finding_list *ret)
{
	uint64_t key = credential_reader_pair(input, event->actor, event->object);
	_cleanup_free_ char *who =
		alert_text_actor(event->pid, event->uid, event->login_uid, event->unit,
				 event->script, *event->parent ? event->parent : "an unknown program");
	struct finding *finding;

	if (event->was_opened)
		++*(uint64_t *)table_touch(state->reported, &key, NULL);
	(void)table_touch(state->known, &key, NULL);
	finding =
		finding_add(ret, credential_reader_detector.name, SEVERITY_CRITICAL, SUBJECT_ACTOR,
			    credential_reader_name(event->actor),
			    "%s %s %s the credential store %s%s. Normal: only the listed programs "
			    "read it.",
			    credential_reader_name(event->actor), who,
			    event->was_opened ? "opened" : "read", event->object,
			    event->was_opened ? "" : ", which another process had opened for it");
	finding->first_us = finding->last_us = event->time_us;
	json_object_set_new(finding->evidence, "store", json_string(event->object));
	json_object_set_new(finding->evidence, "command", json_string(event->command));
	alert_text_actor_evidence(finding->evidence, event->uid, event->login_uid, event->unit,
				  event->script, event->parent);
	json_object_set_new(finding->evidence, "parent_pid", json_integer(event->parent_pid));
	json_object_set_new(finding->evidence, "pid", json_integer(event->pid));
}

/* Opens of the row that no event has reported; takes the others off. */
static uint64_t credential_reader_take_unreported(struct credential_reader *state, uint64_t key,
						  const struct store_row *row)
{
	uint64_t *reported = table_find(state->reported, &key);
	uint64_t settled;

	if (!reported)
		return row->opens;
	settled = *reported < row->opens ? *reported : row->opens;
	*reported -= settled;
	if (!*reported)
		(void)table_remove(state->reported, &key);
	return row->opens - settled;
}

static void credential_reader_report_row(struct credential_reader *state,
					 const struct detector_input *input,
					 const struct store_row *row, struct finding_list *ret)
{
	uint64_t key = credential_reader_pair(input, row->actor, row->path);
	uint64_t opens = credential_reader_take_unreported(state, key, row);
	_cleanup_free_ char *who =
		alert_text_actor(/* pid= */ 0, row->uid, row->login_uid, row->unit,
				 row->script, /* parent= */ "");
	char times[ALERT_TEXT_BYTES];
	struct finding *finding;
	bool is_new;

	(void)table_touch(state->known, &key, &is_new);
	if (!is_new && !opens)
		return;
	alert_text_count(opens, "time", "times", times);
	finding = finding_add(ret, credential_reader_detector.name, SEVERITY_CRITICAL,
			      SUBJECT_ACTOR, credential_reader_name(row->actor),
			      "%s %s %s the credential store %s%s%s. Normal: only the listed "
			      "programs read it.",
			      credential_reader_name(row->actor), who, opens ? "opened" : "read",
			      row->path, opens ? " " : "", opens ? times : "");
	finding->first_us = row->first_us;
	finding->last_us = row->last_us;
	json_object_set_new(finding->evidence, "store", json_string(row->path));
	json_object_set_new(finding->evidence, "opens", json_integer((json_int_t)opens));
	json_object_set_new(finding->evidence, "bytes", json_integer((json_int_t)row->bytes));
	alert_text_actor_evidence(finding->evidence, row->uid, row->login_uid, row->unit,
				  row->script, /* parent= */ "");
}

static void credential_reader_observe(void *state_pointer, const struct detector_input *input,
				      struct finding_list *ret)
{
	const struct snapshot *snapshot = input->snapshot;
	struct credential_reader *state = state_pointer;

	for (size_t i = 0; i < snapshot->n_events; i++)
		if (snapshot->events[i].kind == EVENT_CREDENTIAL_READER)
			credential_reader_report_event(state, input, &snapshot->events[i], ret);
	for (size_t i = 0; i < snapshot->n_stores; i++)
		if (!snapshot->stores[i].allowed)
			credential_reader_report_row(state, input, &snapshot->stores[i], ret);
}

static void credential_reader_serialize(void *state_pointer, struct serializer *serializer)
{
	struct credential_reader *state = state_pointer;

	serializer_table(serializer, state->reported, sizeof(uint64_t), sizeof(uint64_t), NULL);
	serializer_table(serializer, state->known, sizeof(uint64_t), sizeof(uint8_t), NULL);
}

static void credential_reader_free(void *state_pointer)
{
	struct credential_reader *state = state_pointer;

	table_free(state->reported);
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
