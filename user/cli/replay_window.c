/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record may omit mechanism and transport: rows have "other" and "tls" then, which claim least.
 * Who reads is replay_readers.c's business.
 */
#include "cli/replay_window.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/time.h"

void replay_window_done(struct replay_window *window)
{
	snapshot_done(&window->snapshot);
	free(window->slots);
	*window = (struct replay_window){.readers = window->readers};
}

void replay_window_go_on(struct replay_window *window, int64_t from_us, int64_t until_us)
{
	snapshot_reset(&window->snapshot);
	window->snapshot.from_us = from_us;
	window->snapshot.until_us = until_us;
	if (window->used > 0)
		memset(window->slots, 0, window->n_slots * sizeof(*window->slots));
	window->used = 0;
}

void replay_window_begin(struct replay_window *window, int64_t time_us)
{
	int64_t from_us = time_us - time_us % US_PER_SECOND;

	replay_window_go_on(window, from_us, from_us + US_PER_SECOND);
}

static uint64_t replay_window_hash(const struct trace_record *record)
{
	bool is_mail = record->kind == TRACE_READ || record->kind == TRACE_SENT;
	/* Services and programs of one pair are few. */
	return hash_two_strings(record->account, record->source) +
	       (is_mail ? TRACE_READ : record->kind);
}

static bool replay_window_attempt_matches(const struct attempt_row *row,
					  const struct trace_record *record)
{
	return strcmp(row->account, record->account) == 0 &&
	       strcmp(row->source, record->source) == 0 &&
	       strcmp(row->service, record->service) == 0 && row->mechanism == record->mechanism &&
	       row->transport == record->transport;
}

static bool replay_window_read_matches(const struct replay_readers *readers,
				       const struct read_row *row,
				       const struct trace_record *record)
{
	return strcmp(row->account, record->account) == 0 &&
	       strcmp(row->source, record->source) == 0 &&
	       strcmp(row->service, record->service) == 0 &&
	       strcmp(row->actor, record->actor) == 0 &&
	       row->reader == replay_readers_class(readers, record) && row->uid == record->uid &&
	       row->login_uid == record->login_uid && strcmp(row->unit, record->unit) == 0 &&
	       strcmp(row->script, record->script) == 0 &&
	       strcmp(row->parent, record->parent) == 0;
}

static bool replay_window_store_matches(const struct replay_readers *readers,
					const struct store_row *row,
					const struct trace_record *record)
{
	return strcmp(row->path, record->account) == 0 && strcmp(row->actor, record->actor) == 0 &&
	       row->allowed == replay_readers_allow(readers, record) && row->uid == record->uid &&
	       row->login_uid == record->login_uid && strcmp(row->unit, record->unit) == 0 &&
	       strcmp(row->script, record->script) == 0;
}

/* Rows of the three arrays share the table: a number means the array that the kind says. */
static bool replay_window_row_matches(const struct replay_window *window,
				      const struct trace_record *record, size_t number)
{
	const struct snapshot *snapshot = &window->snapshot;

	switch (record->kind) {
	case TRACE_AUTH:
		return number < snapshot->n_attempts &&
		       replay_window_attempt_matches(&snapshot->attempts[number], record);
	case TRACE_STORE:
		return number < snapshot->n_stores &&
		       replay_window_store_matches(window->readers, &snapshot->stores[number], record);
	default:
		return number < snapshot->n_reads &&
		       replay_window_read_matches(window->readers, &snapshot->reads[number], record);
	}
}

static uint32_t *replay_window_slot(struct replay_window *window, const struct trace_record *record)
{
	size_t at = replay_window_hash(record) & (window->n_slots - 1);

	while (window->slots[at] &&
	       !replay_window_row_matches(window, record, window->slots[at] - 1))
		at = (at + 1) & (window->n_slots - 1);
	return &window->slots[at];
}

/* Doubles the table; which rows were in it is forgotten, so that keys met so far may get a second
 * row. That is allowed, and happens a few times at most in one second. */
static void replay_window_grow(struct replay_window *window)
{
	if (2 * window->used < window->n_slots)
		return;
	free(window->slots);
	window->n_slots = window->n_slots ? 2 * window->n_slots : 64;
	window->slots = xcalloc(window->n_slots, sizeof(*window->slots));
	window->used = 0;
}

static void replay_window_widen(int64_t time_us, bool fresh, int64_t *first_us, int64_t *last_us)
{
	if (fresh)
		*first_us = time_us;
	*last_us = time_us;
}

static void replay_window_add_attempt(struct snapshot *snapshot, const struct trace_record *record,
				      uint32_t *slot)
{
	bool fresh = !*slot;
	struct attempt_row *row =
		fresh ? snapshot_add_attempt(snapshot) : &snapshot->attempts[*slot - 1];

	if (fresh) {
		*slot = snapshot->n_attempts;
		row->account = snapshot_string(snapshot, record->account);
		row->source = snapshot_string(snapshot, record->source);
		row->service = snapshot_string(snapshot, record->service);
		row->mechanism = record->mechanism;
		row->transport = record->transport;
	}
	row->count[record->outcome] += record->count;
	replay_window_widen(record->time_us, fresh, &row->first_us, &row->last_us);
}

static void replay_window_add_read(struct replay_window *window, const struct trace_record *record,
				   uint32_t *slot)
{
	const struct replay_readers *readers = window->readers;
	struct snapshot *snapshot = &window->snapshot;
	bool fresh = !*slot;
	struct read_row *row = fresh ? snapshot_add_read(snapshot) : &snapshot->reads[*slot - 1];

	if (fresh) {
		*slot = snapshot->n_reads;
		row->account = snapshot_string(snapshot, record->account);
		row->source = snapshot_string(snapshot, record->source);
		row->service = snapshot_string(snapshot, record->service);
		row->actor = snapshot_string(snapshot, record->actor);
		row->reader = replay_readers_class(readers, record);
		row->unit = snapshot_string(snapshot, record->unit);
		row->script = snapshot_string(snapshot, record->script);
		row->parent = snapshot_string(snapshot, record->parent);
		row->uid = record->uid;
		row->login_uid = record->login_uid;
	}
	if (record->kind == TRACE_READ)
		row->messages += record->count;
	else
		row->bytes_sent += record->bytes;
	replay_window_widen(record->time_us, fresh, &row->first_us, &row->last_us);
}

static void replay_window_add_store(struct replay_window *window, const struct trace_record *record,
				    uint32_t *slot)
{
	const struct replay_readers *readers = window->readers;
	struct snapshot *snapshot = &window->snapshot;
	bool fresh = !*slot;
	struct store_row *row = fresh ? snapshot_add_store(snapshot) : &snapshot->stores[*slot - 1];

	if (fresh) {
		*slot = snapshot->n_stores;
		row->path = snapshot_string(snapshot, record->account);
		row->actor = snapshot_string(snapshot, record->actor);
		row->allowed = replay_readers_allow(readers, record);
		row->unit = snapshot_string(snapshot, record->unit);
		row->script = snapshot_string(snapshot, record->script);
		row->uid = record->uid;
		row->login_uid = record->login_uid;
	}
	row->opens += record->count;
	row->bytes += record->bytes;
	replay_window_widen(record->time_us, fresh, &row->first_us, &row->last_us);
}

/* A rare record of the ring buffer: a session's process that opened another account's mail. */
static void replay_window_add_event(struct snapshot *snapshot, const struct trace_record *record)
{
	struct event_row *row = snapshot_add_event(snapshot);

	row->kind = strcmp(record->session, "-") == 0 ? EVENT_OTHER_LOGIN : EVENT_SECOND_ACCOUNT;
	row->time_us = record->time_us;
	row->actor = snapshot_string(snapshot, record->actor);
	row->parent = snapshot_string(snapshot, record->parent);
	row->unit = snapshot_string(snapshot, record->unit);
		row->script = snapshot_string(snapshot, record->script);
	row->object = snapshot_string(snapshot, record->account);
	row->account = row->kind == EVENT_OTHER_LOGIN
			       ? ""
			       : snapshot_string(snapshot, record->session);
	row->source = snapshot_string(snapshot, record->source);
	row->uid = record->uid;
	row->login_uid = record->login_uid;
	row->pid = record->pid;
}

void replay_window_add(struct replay_window *window, const struct trace_record *record)
{
	struct snapshot *snapshot = &window->snapshot;
	uint32_t *slot;

	if (record->kind == TRACE_CONN) /* counted by metrics only; no detector looks at it */
		return;
	if (*record->session) {
		replay_window_add_event(snapshot, record);
		return;
	}
	replay_window_grow(window);
	slot = replay_window_slot(window, record);
	window->used += !*slot;
	if (record->kind == TRACE_AUTH)
		replay_window_add_attempt(snapshot, record, slot);
	else if (record->kind == TRACE_STORE)
		replay_window_add_store(window, record, slot);
	else
		replay_window_add_read(window, record, slot);
}

const struct store_row *replay_window_store(struct replay_window *window,
					    const struct trace_record *record)
{
	uint32_t number = record->kind == TRACE_STORE && window->used > 0
				  ? *replay_window_slot(window, record)
				  : 0;

	return number ? &window->snapshot.stores[number - 1] : NULL;
}
