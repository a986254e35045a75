/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A short queue of whole snapshots. */
#include "daemon/backlog.h"

#include <string.h>

#include "base/mem.h"

static size_t backlog_rows_of(const struct snapshot *tick)
{
	return tick->n_attempts + tick->n_reads + tick->n_stores + tick->n_connections;
}

static uint64_t backlog_events_of(const struct snapshot *tick)
{
	uint64_t events = 0;

	for (size_t i = 0; i < tick->n_attempts; i++)
		for (int outcome = 0; outcome < OUTCOME_MAX; outcome++)
			events += tick->attempts[i].count[outcome];
	for (size_t i = 0; i < tick->n_reads; i++)
		events += tick->reads[i].messages;
	for (size_t i = 0; i < tick->n_stores; i++)
		events += tick->stores[i].opens;
	for (size_t i = 0; i < tick->n_connections; i++)
		events += tick->connections[i].accepted;
	return events;
}

static void backlog_drop_first(struct backlog *backlog)
{
	backlog->rows -= backlog_rows_of(&backlog->ticks[0]);
	snapshot_done(&backlog->ticks[0]);
	backlog->count--;
	memmove(backlog->ticks, backlog->ticks + 1, backlog->count * sizeof(*backlog->ticks));
}

static void backlog_keep(struct backlog *backlog, struct snapshot *tick)
{
	if (!backlog->ticks)
		backlog->ticks = xcalloc(BACKLOG_TICKS_CAP, sizeof(*backlog->ticks));
	while (backlog->count == BACKLOG_TICKS_CAP ||
	       (backlog->count > 0 && backlog->rows + backlog_rows_of(tick) > BACKLOG_ROWS_CAP)) {
		backlog->lost += backlog_events_of(&backlog->ticks[0]);
		backlog_drop_first(backlog);
	}
	backlog->rows += backlog_rows_of(tick);
	backlog->ticks[backlog->count++] = *tick;
	*tick = (struct snapshot){};
}

int backlog_write(struct backlog *backlog, struct ledger *ledger, struct snapshot *tick)
{
	int r = 0;

	while (backlog->count > 0 && (r = ledger_add(ledger, &backlog->ticks[0])) == 0)
		backlog_drop_first(backlog);
	if (r == 0)
		r = ledger_add(ledger, tick);
	if (r < 0 && backlog_rows_of(tick) > 0)
		backlog_keep(backlog, tick);
	return r;
}

void backlog_done(struct backlog *backlog)
{
	while (backlog->count > 0) {
		backlog->lost += backlog_events_of(&backlog->ticks[0]);
		backlog_drop_first(backlog);
	}
	free(backlog->ticks);
	backlog->ticks = NULL;
}
