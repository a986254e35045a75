/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of the state file, by version. */
#ifndef WAX_LEDGER_MIGRATIONS_H
#define WAX_LEDGER_MIGRATIONS_H

#include <sqlite3.h>
#include <stdint.h>

/* PRAGMA user_version. A file of a higher version belongs to a later program and is left alone. */
#define MIGRATIONS_LATEST 10
/* PRAGMA application_id, "WaxS": distinguishes our file from any other SQLite file. */
#define MIGRATIONS_APPLICATION_ID 0x57617853

/*
 * Brings a file of the given version (0: empty) to the latest one, in one transaction. Returns an
 * SQLite result code; after an error the file is unchanged once it is closed.
 */
int migrations_apply(sqlite3 *database, int64_t version, int64_t now_us);

#endif
