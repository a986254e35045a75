/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record need not say mechanism and transport: rows carry "other" and "tls" then, the words that
 * claim least. Nor which programs are listed; a mail server's own programs are taken as such.
 */
#include "cli/replay_window.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/time.h"

static const char *const server_folders[] = {
	"/usr/lib/dovecot/", "/usr/libexec/dovecot/", "/usr/lib/cyrus/",     "/usr/lib/courier/",
	"/usr/sbin/dovecot", "/usr/bin/doveadm",      "/usr/sbin/saslauthd",
};

static bool is_server_program(const char *actor)
{
	for (size_t i = 0; i < ARRAY_LENGTH(server_folders); i++)
		if (strncmp(actor, server_folders[i], strlen(server_folders[i])) == 0)
			return true;
	return false;
}

static enum reader reader_of(const struct trace_record *record)
{
	if (record->reader != READER_INVALID)
		return record->reader;
	if (*record->source || !*record->actor)
		return READER_SESSION;
	return is_server_program(record->actor) ? READER_HELPER : READER_OTHER;
}

void replay_window_done(struct replay_window *second)
{
	snapshot_done(&second->snapshot);
	free(second->slots);
	*second = (struct replay_window){0};
}

void replay_window_go_on(struct replay_window *second, int64_t from_us, int64_t until_us)
{
	snapshot_reset(&second->snapshot);
	second->snapshot.from_us = from_us;
	second->snapshot.until_us = until_us;
	if (second->used > 0)
		memset(second->slots, 0, second->n_slots * sizeof(*second->slots));
	second->used = 0;
}

void replay_window_begin(struct replay_window *second, int64_t time_us)
{
	int64_t from_us = time_us - time_us % US_PER_SECOND;

	replay_window_go_on(second, from_us, from_us + US_PER_SECOND);
}

static uint64_t record_hash(const struct trace_record *record)
{
	bool is_mail = record->kind == TRACE_READ || record->kind == TRACE_SENT;
	/* Services and programs of one pair are few. */
	return hash_two_strings(record->account, record->source) +
	       (is_mail ? TRACE_READ : record->kind);
}

static bool is_listed(const struct trace_record *record)
{
	return record->is_listed_known ? record->is_listed : is_server_program(record->actor);
}

static bool attempt_matches(const struct attempt_row *row, const struct trace_record *record)
{
	return strcmp(row->account, record->account) == 0 &&
	       strcmp(row->source, record->source) == 0 &&
	       strcmp(row->service, record->service) == 0 &&
	       row->mechanism == record->mechanism && row->transport == record->transport;
}

static bool read_matches(const struct read_row *row, const struct trace_record *record)
{
	return strcmp(row->account, record->account) == 0 &&
	       strcmp(row->source, record->source) == 0 &&
	       strcmp(row->service, record->service) == 0 &&
	       strcmp(row->actor, record->actor) == 0 && row->reader == reader_of(record) &&
	       row->uid == record->uid && row->login_uid == record->login_uid &&
	       strcmp(row->unit, record->unit) == 0 && strcmp(row->parent, record->parent) == 0;
}

static bool store_matches(const struct store_row *row, const struct trace_record *record)
{
	return strcmp(row->path, record->account) == 0 && strcmp(row->actor, record->actor) == 0 &&
	       row->allowed == is_listed(record) && row->uid == record->uid &&
	       row->login_uid == record->login_uid && strcmp(row->unit, record->unit) == 0;
}

/* Rows of the three arrays share the table: a number means the array that the kind says. */
static bool row_matches(const struct snapshot *snapshot, const struct trace_record *record,
			size_t number)
{
	switch (record->kind) {
	case TRACE_AUTH:
		return number < snapshot->n_attempts &&
		       attempt_matches(&snapshot->attempts[number], record);
	case TRACE_STORE:
		return number < snapshot->n_stores &&
		       store_matches(&snapshot->stores[number], record);
	default:
		return number < snapshot->n_reads && read_matches(&snapshot->reads[number], record);
	}
}

static uint32_t *replay_window_slot(struct replay_window *second, const struct trace_record *record)
{
	size_t at = record_hash(record) & (second->n_slots - 1);

	while (second->slots[at] && !row_matches(&second->snapshot, record, second->slots[at] - 1))
		at = (at + 1) & (second->n_slots - 1);
	return &second->slots[at];
}

/* Doubles the table; which rows were in it is forgotten, so that keys met so far may get a second
 * row. That is allowed, and happens a few times at most in one second. */
static void replay_window_grow(struct replay_window *second)
{
	if (2 * second->used < second->n_slots)
		return;
	free(second->slots);
	second->n_slots = second->n_slots ? 2 * second->n_slots : 64;
	second->slots = xcalloc(second->n_slots, sizeof(*second->slots));
	second->used = 0;
}

static void widen(int64_t time_us, bool fresh, int64_t *first_us, int64_t *last_us)
{
	if (fresh)
		*first_us = time_us;
	*last_us = time_us;
}

static void add_attempt(struct snapshot *snapshot, const struct trace_record *record,
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
	widen(record->time_us, fresh, &row->first_us, &row->last_us);
}

static void add_read(struct snapshot *snapshot, const struct trace_record *record, uint32_t *slot)
{
	bool fresh = !*slot;
	struct read_row *row = fresh ? snapshot_add_read(snapshot) : &snapshot->reads[*slot - 1];

	if (fresh) {
		*slot = snapshot->n_reads;
		row->account = snapshot_string(snapshot, record->account);
		row->source = snapshot_string(snapshot, record->source);
		row->service = snapshot_string(snapshot, record->service);
		row->actor = snapshot_string(snapshot, record->actor);
		row->reader = reader_of(record);
		row->unit = snapshot_string(snapshot, record->unit);
		row->parent = snapshot_string(snapshot, record->parent);
		row->uid = record->uid;
		row->login_uid = record->login_uid;
	}
	if (record->kind == TRACE_READ)
		row->messages += record->count;
	else
		row->bytes_sent += record->bytes;
	widen(record->time_us, fresh, &row->first_us, &row->last_us);
}

static void add_store(struct snapshot *snapshot, const struct trace_record *record, uint32_t *slot)
{
	bool fresh = !*slot;
	struct store_row *row = fresh ? snapshot_add_store(snapshot) : &snapshot->stores[*slot - 1];

	if (fresh) {
		*slot = snapshot->n_stores;
		row->path = snapshot_string(snapshot, record->account);
		row->actor = snapshot_string(snapshot, record->actor);
		row->allowed = is_listed(record);
		row->unit = snapshot_string(snapshot, record->unit);
		row->uid = record->uid;
		row->login_uid = record->login_uid;
	}
	row->opens += record->count;
	row->bytes += record->bytes;
	widen(record->time_us, fresh, &row->first_us, &row->last_us);
}

/* What the daemon heard of at once: a session's process that opened another account's mail. */
static void add_event(struct snapshot *snapshot, const struct trace_record *record)
{
	struct event_row *row = snapshot_add_event(snapshot);

	row->kind = EVENT_SECOND_ACCOUNT;
	row->time_us = record->time_us;
	row->actor = snapshot_string(snapshot, record->actor);
	row->parent = snapshot_string(snapshot, record->parent);
	row->unit = snapshot_string(snapshot, record->unit);
	row->object = snapshot_string(snapshot, record->account);
	row->account = snapshot_string(snapshot, record->session);
	row->source = snapshot_string(snapshot, record->source);
	row->uid = record->uid;
	row->login_uid = record->login_uid;
	row->pid = record->pid;
}

void replay_window_add(struct replay_window *second, const struct trace_record *record)
{
	struct snapshot *snapshot = &second->snapshot;
	uint32_t *slot;

	if (record->kind == TRACE_CONN) /* counted by metrics only; no detector looks at it */
		return;
	if (*record->session) {
		add_event(snapshot, record);
		return;
	}
	replay_window_grow(second);
	slot = replay_window_slot(second, record);
	second->used += !*slot;
	if (record->kind == TRACE_AUTH)
		add_attempt(snapshot, record, slot);
	else if (record->kind == TRACE_STORE)
		add_store(snapshot, record, slot);
	else
		add_read(snapshot, record, slot);
}

const struct store_row *replay_window_store(struct replay_window *second, const struct trace_record *record)
{
	uint32_t number = record->kind == TRACE_STORE && second->used > 0
				  ? *replay_window_slot(second, record)
				  : 0;

	return number ? &second->snapshot.stores[number - 1] : NULL;
}
