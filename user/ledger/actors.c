/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What version 4 changed: a reader, of mail or of a store, is also who logged in and the service;
 * a session also the master who made it.
 * Both are part of what makes a row, so the tables are made anew and filled with the old rows.
 */
#include "base/mem.h"
#include "ledger/schema.h"

/* login_uid is -1 where nobody logged in; unit and master are '' where there is none. */
static const char *const steps[] = {
	"CREATE TEMP TABLE old_readers AS SELECT * FROM readers",
	"CREATE TEMP TABLE old_stores AS SELECT * FROM stores",
	"DROP TABLE readers",
	"DROP TABLE stores",
	"DELETE FROM counts WHERE name IN ('readers', 'stores')",
	"CREATE TABLE readers (id INTEGER PRIMARY KEY, account INTEGER NOT NULL,"
	" actor TEXT NOT NULL, uid INTEGER NOT NULL, login_uid INTEGER NOT NULL,"
	" unit TEXT NOT NULL, master TEXT NOT NULL, class TEXT NOT NULL,"
	" messages INTEGER NOT NULL, containers INTEGER NOT NULL, scanned INTEGER NOT NULL,"
	" first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,"
	" UNIQUE (account, actor, uid, login_uid, unit, master, class))",
	"CREATE TABLE stores (id INTEGER PRIMARY KEY, path TEXT NOT NULL, actor TEXT NOT NULL,"
	" uid INTEGER NOT NULL, login_uid INTEGER NOT NULL, unit TEXT NOT NULL,"
	" allowed INTEGER NOT NULL, opens INTEGER NOT NULL, bytes INTEGER NOT NULL,"
	" first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,"
	" UNIQUE (path, actor, uid, login_uid, unit, allowed))",
	"CREATE INDEX readers_last ON readers (last_us)",
	"CREATE INDEX stores_last ON stores (last_us)",
};

static const char *const refill[] = {
	"INSERT INTO readers SELECT id, account, actor, uid, -1, '', '', class, messages, containers,"
	" scanned, first_us, last_us FROM old_readers",
	"INSERT INTO stores SELECT id, path, actor, uid, -1, '', allowed, opens, bytes, first_us,"
	" last_us FROM old_stores",
	"DROP TABLE old_readers",
	"DROP TABLE old_stores",
};

int actors_widen(sqlite3 *database)
{
	int r = schema_run_all(database, steps, ARRAY_LENGTH(steps));

	if (r == SQLITE_OK)
		r = schema_count_rows_of(database, "readers");
	if (r == SQLITE_OK)
		r = schema_count_rows_of(database, "stores");
	return r == SQLITE_OK ? schema_run_all(database, refill, ARRAY_LENGTH(refill)) : r;
}
