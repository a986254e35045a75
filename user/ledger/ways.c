/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What version 6 changed: by the hour, too, a reader is also who logged in, the service it runs in, and
 * the master who made a session. A way of use is told by these as well, so the table is made anew;
 * its rows keep their numbers, which the hours refer to.
 */
#include "base/mem.h"
#include "ledger/schema.h"

/* login_uid is -1 where nobody logged in; unit and master are '' where there is none. */
static const char *const steps[] = {
	"CREATE TEMP TABLE old_ways AS SELECT * FROM ways",
	"DROP TABLE ways",
	"CREATE TABLE ways (id INTEGER PRIMARY KEY, service TEXT NOT NULL, actor TEXT NOT NULL,"
	" uid INTEGER NOT NULL, login_uid INTEGER NOT NULL, unit TEXT NOT NULL,"
	" master TEXT NOT NULL, class TEXT NOT NULL, uses INTEGER NOT NULL DEFAULT 0,"
	" UNIQUE (service, actor, uid, login_uid, unit, master, class))",
	"INSERT INTO ways SELECT id, service, actor, uid, -1, '', '', class, uses FROM old_ways",
	"DROP TABLE old_ways",
};

int ways_widen(sqlite3 *database)
{
	return schema_run_all(database, steps, ARRAY_LENGTH(steps));
}
