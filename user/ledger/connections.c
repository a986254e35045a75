/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What version 5 added beside the attempts of a source: connections, also those without any. */
#include "base/mem.h"
#include "ledger/schema.h"

static const char *const changes[] = {
	"ALTER TABLE sources ADD COLUMN connections INTEGER NOT NULL DEFAULT 0",
};

int connections_create(sqlite3 *database)
{
	return schema_run_all(database, changes, ARRAY_LENGTH(changes));
}
