/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays of rows that grow by doubling; their strings lie in the snapshot's arena. */
#include "model/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_ROOM 16

static void *snapshot_append(void **rows, size_t *count, size_t *room, size_t row_bytes)
{
	void *row;

	if (*count == *room) {
		*room = *room ? *room * 2 : FIRST_ROOM;
		*rows = xreallocarray(*rows, *room, row_bytes);
	}
	row = (char *)*rows + *count * row_bytes;
	++*count;
	return memset(row, 0, row_bytes);
}

/* The pointers to the arrays have different types; a cast of their address would break aliasing. */
#define APPEND(rows, count, room)                                                                  \
	({                                                                                         \
		void *rows_ = (rows);                                                              \
		void *row_ = snapshot_append(&rows_, &(count), &(room), sizeof(*(rows)));                   \
		(rows) = rows_;                                                                    \
		row_;                                                                              \
	})

struct attempt_row *snapshot_add_attempt(struct snapshot *snapshot)
{
	struct attempt_row *row =
		APPEND(snapshot->attempts, snapshot->n_attempts, snapshot->attempts_room);

	row->account = row->source = row->service = "";
	return row;
}

struct read_row *snapshot_add_read(struct snapshot *snapshot)
{
	struct read_row *row = APPEND(snapshot->reads, snapshot->n_reads, snapshot->reads_room);

	row->account = row->folder = row->source = row->service = row->actor = row->unit = "";
	row->script = row->master = row->parent = "";
	row->login_uid = UID_NONE;
	return row;
}

struct store_row *snapshot_add_store(struct snapshot *snapshot)
{
	struct store_row *row = APPEND(snapshot->stores, snapshot->n_stores, snapshot->stores_room);

	row->path = row->actor = row->unit = row->script = "";
	row->login_uid = UID_NONE;
	return row;
}

struct connection_row *snapshot_add_connection(struct snapshot *snapshot)
{
	struct connection_row *row =
		APPEND(snapshot->connections, snapshot->n_connections, snapshot->connections_room);

	row->source = row->service = "";
	return row;
}

struct event_row *snapshot_add_event(struct snapshot *snapshot)
{
	struct event_row *row = APPEND(snapshot->events, snapshot->n_events, snapshot->events_room);

	row->actor = row->command = row->parent = row->unit = row->script = "";
	row->object = row->account = row->source = "";
	row->login_uid = UID_NONE;
	return row;
}

struct sensor_row *snapshot_add_sensor(struct snapshot *snapshot)
{
	struct sensor_row *row =
		APPEND(snapshot->sensors, snapshot->n_sensors, snapshot->sensors_room);

	row->sensor = row->state = row->reason = "";
	return row;
}

const char *snapshot_string(struct snapshot *snapshot, const char *text)
{
	return *text ? arena_copy_string(&snapshot->arena, text) : "";
}

void snapshot_reset(struct snapshot *snapshot)
{
	snapshot->from_us = snapshot->until_us = 0;
	snapshot->instance = snapshot->epoch = 0;
	snapshot->n_attempts = snapshot->n_reads = snapshot->n_stores = snapshot->n_events = 0;
	snapshot->n_sensors = 0;
	snapshot->n_connections = 0;
	arena_reset(&snapshot->arena);
}

void snapshot_done(struct snapshot *snapshot)
{
	free(snapshot->attempts);
	free(snapshot->reads);
	free(snapshot->stores);
	free(snapshot->connections);
	free(snapshot->events);
	free(snapshot->sensors);
	arena_done(&snapshot->arena);
	*snapshot = (struct snapshot){0};
}
