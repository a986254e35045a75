/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of the state file and the version of their layout. */
#ifndef WAX_LEDGER_SCHEMA_H
#define WAX_LEDGER_SCHEMA_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* PRAGMA user_version. A change of the tables raises it and adds a step that brings the version
 * before to it; a version above is a later program's and is left alone. */
#define SCHEMA_VERSION 6
/* PRAGMA application_id, "WaxS": tells our file from any other SQLite file. */
#define SCHEMA_APPLICATION_ID 0x57617853

/* Where the sums of folded accounts, sources and tenants go. */
#define SCHEMA_OLDER "(older)"

/* Rows by hour of nothing but failed logins. */
#define SCHEMA_ONLY_FAILED                                                                         \
	"successes = 0 AND messages = 0 AND containers = 0 AND scanned = 0 AND bytes_sent = 0"

/* Makes the tables in an empty database. Returns an SQLite result code. */
int schema_create(sqlite3 *database, int64_t since_us);
/* Brings a file of an earlier version to this one, in one transaction. SQLite result code. */
int schema_upgrade(sqlite3 *database, int64_t version, int64_t now_us);

/* Tables by hour and of coverage (hourly.c), added by version 2. SQLite result code. */
int hourly_create(sqlite3 *database, int64_t now_us);
/* Columns for files of many messages and for messages not delivered (holdings.c), added by version
 * 3. SQLite result code. */
int holdings_create(sqlite3 *database);
/* Who logged in and the service of each reader (actors.c), added by version 4. */
int actors_widen(sqlite3 *database);
/* connections.c: what version 5 added. */
int connections_create(sqlite3 *database);
/* ways.c: what version 6 changed. */
int ways_widen(sqlite3 *database);
/* For the tables of a file: the texts in order; keeps count of a table's rows. */
int schema_run_all(sqlite3 *database, const char *const *texts, size_t count);
int schema_count_rows_of(sqlite3 *database, const char *table);
/* The settings of a connection, to be made before anything is read. SQLite result code. */
int schema_configure(sqlite3 *database);

#endif
