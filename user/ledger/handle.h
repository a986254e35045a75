/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The open ledger, as the files of this folder see it. */
#ifndef WAX_LEDGER_HANDLE_H
#define WAX_LEDGER_HANDLE_H

#include <sqlite3.h>

#include "ledger/coverage.h"
#include "ledger/ledger.h"
#include "ledger/statement.h"

/* Names of detectors that restored alerts point to. */
#define HANDLE_DETECTORS 64

struct ledger {
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENT_MAX];
	char *path;
	uint64_t max_rows;
	int64_t max_age_us; /* 0: no limit */
	int64_t since_us;
	struct coverage *coverage; /* what the next tick says of the sensors; NULL: nothing */
	int64_t run;		   /* number of this daemon on this file */
	bool is_joining;	   /* the span in which no daemon ran is still open */
	char boot[COVERAGE_BOOT_BYTES];
	int64_t durable_us; /* until when everything is on the disk */
	bool damaged; /* seen while in use: set aside at closing */
	char *detectors[HANDLE_DETECTORS];
};

/* One of the prepared statements; remembers that the file turned out to be damaged. */
#define handle_run(ledger, statement, ret_first, ...)                                              \
	handle_note(ledger, statement_run((ledger)->statements[statement], ret_first, __VA_ARGS__))

int handle_note(struct ledger *ledger, int result);

int handle_begin(struct ledger *ledger);
/* Commits when result is 0, else rolls back and returns result. */
int handle_end(struct ledger *ledger, int result);

/* Until it is called with false, a commit returns when it is on the disk. Not in a transaction. */
int handle_make_durable(struct ledger *ledger, bool durable);

/* Rows of a table, by its name. */
int handle_rows(struct ledger *ledger, const char *table, uint64_t *ret);

#endif
