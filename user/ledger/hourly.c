/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What version 2 added: the rows by hour, and when the sensors were looking.
 *
 * Rows by hour have names of their own, with the number of rows that use each: accounts and sources
 * are folded away by other rules, and whoever floods those tables must not take names away from
 * what is kept here.
 */
#include "base/mem.h"
#include "ledger/schema.h"

static const char *const tables[] = {
	"CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	" uses INTEGER NOT NULL DEFAULT 0)",
	/* How an account was used. uid is -1 and class is '' for logins. */
	"CREATE TABLE ways (id INTEGER PRIMARY KEY, service TEXT NOT NULL, actor TEXT NOT NULL,"
	" uid INTEGER NOT NULL, class TEXT NOT NULL, uses INTEGER NOT NULL DEFAULT 0,"
	" UNIQUE (service, actor, uid, class))",
	/* hour counts from the epoch, it is the one of last_us. source is 0 when unknown.
	 * bytes_read is NULL where nobody knows. */
	"CREATE TABLE hours (account INTEGER NOT NULL, hour INTEGER NOT NULL,"
	" source INTEGER NOT NULL, way INTEGER NOT NULL, successes INTEGER NOT NULL,"
	" failures INTEGER NOT NULL, messages INTEGER NOT NULL, bytes_read INTEGER,"
	" bytes_sent INTEGER NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,"
	" PRIMARY KEY (account, hour, source, way)) WITHOUT ROWID",
	/* epochs: how many drains of the maps are in here up to until_us. lost_us: when something
	 * was last lost; 0: nothing was. */
	"CREATE TABLE coverage (id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, run INTEGER NOT NULL,"
	" boot TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,"
	" ending TEXT NOT NULL DEFAULT 'running', from_us INTEGER NOT NULL,"
	" until_us INTEGER NOT NULL, epochs INTEGER NOT NULL, lost_us INTEGER NOT NULL)",
	"CREATE TABLE coverage_losses (interval INTEGER NOT NULL, stage TEXT NOT NULL,"
	" count INTEGER NOT NULL, PRIMARY KEY (interval, stage)) WITHOUT ROWID",
	/* What each counter of losses stood at when it was last looked at. */
	"CREATE TABLE stages (stage TEXT PRIMARY KEY, seen INTEGER NOT NULL) WITHOUT ROWID",
	/* Since when nothing was folded: rows of successes and reads, rows of failures. */
	"ALTER TABLE state ADD COLUMN hours_from_us INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE state ADD COLUMN failures_from_us INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE state ADD COLUMN hours_folded INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE state ADD COLUMN hours_expired INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE state ADD COLUMN coverage_from_us INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE state ADD COLUMN runs INTEGER NOT NULL DEFAULT 0",
};

static const char *const indexes[] = {
	"CREATE INDEX hours_hour ON hours (hour, account, source, way)",
	"CREATE INDEX hours_failed ON hours (hour)"
	" WHERE successes = 0 AND messages = 0 AND bytes_sent = 0",
	/* Counted while no daemon ran: the events began before the hour of the last. */
	"CREATE INDEX hours_early ON hours (hour - first_us / 3600000000)"
	" WHERE first_us < hour * 3600000000",
	"CREATE INDEX coverage_sensor ON coverage (sensor)",
};

static const char *const triggers[] = {
	"CREATE TRIGGER hour_added AFTER INSERT ON hours BEGIN"
	" UPDATE names SET uses = uses + 1 WHERE id = new.account;"
	" UPDATE names SET uses = uses + 1 WHERE id = new.source;"
	" UPDATE ways SET uses = uses + 1 WHERE id = new.way; END",
	"CREATE TRIGGER hour_removed AFTER DELETE ON hours BEGIN"
	" UPDATE names SET uses = uses - 1 WHERE id = old.account;"
	" UPDATE names SET uses = uses - 1 WHERE id = old.source;"
	" UPDATE ways SET uses = uses - 1 WHERE id = old.way;"
	" DELETE FROM names WHERE id = old.account AND uses = 0;"
	" DELETE FROM names WHERE id = old.source AND uses = 0;"
	" DELETE FROM ways WHERE id = old.way AND uses = 0; END",
	("CREATE TRIGGER coverage_removed AFTER DELETE ON coverage BEGIN"
	 " DELETE FROM coverage_losses WHERE interval = old.id; END"),
};

static int hourly_mark_start(sqlite3 *database, int64_t now_us)
{
	_cleanup_free_ char *text =
		xasprintf("UPDATE state SET hours_from_us = %1$lld, failures_from_us = %1$lld",
			  (long long)now_us);

	return sqlite3_exec(database, text, NULL, NULL, NULL);
}

int hourly_create(sqlite3 *database, int64_t now_us)
{
	int r = schema_run_all(database, tables, ARRAY_LENGTH(tables));

	if (r == SQLITE_OK)
		r = schema_run_all(database, indexes, ARRAY_LENGTH(indexes));
	if (r == SQLITE_OK)
		r = schema_run_all(database, triggers, ARRAY_LENGTH(triggers));
	if (r == SQLITE_OK)
		r = schema_count_rows_of(database, "hours");
	if (r == SQLITE_OK)
		r = schema_count_rows_of(database, "coverage");
	return r == SQLITE_OK ? hourly_mark_start(database, now_us) : r;
}
