/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What version 3 added beside the messages: opens of files that hold many messages (mdbox, mbox),
 * where nobody knows how many were read, and messages that a session's process opened for itself.
 */
#include "base/mem.h"
#include "ledger/schema.h"

#define ADD(table, column) "ALTER TABLE " table " ADD COLUMN " column " INTEGER NOT NULL DEFAULT 0"

static const char *const changes[] = {
	ADD("accounts", "containers"),
	ADD("pairs", "containers"),
	ADD("readers", "containers"),
	ADD("readers", "scanned"),
	ADD("hours", "containers"),
	ADD("hours", "scanned"),
	"DROP INDEX hours_failed",
	/* as STATEMENT_HOUR_FOLD_FAILURES looks for them */
	("CREATE INDEX hours_failed ON hours (hour) WHERE " SCHEMA_ONLY_FAILED),
};

int holdings_create(sqlite3 *database)
{
	return schema_run_all(database, changes, ARRAY_LENGTH(changes));
}
