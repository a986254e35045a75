/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The open ledger, as the files of this folder see it. */
#ifndef WAX_LEDGER_HANDLE_H
#define WAX_LEDGER_HANDLE_H

#include <sqlite3.h>

#include "ledger/ledger.h"
#include "ledger/statement.h"

/* Names of detectors that are lent to restored alerts. */
#define HANDLE_DETECTORS 64

struct ledger {
	sqlite3 *database;
	sqlite3_stmt *statements[STATEMENT_MAX];
	char *path;
	uint64_t max_rows;
	int64_t since_us;
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

/* Rows of a table, by its name. */
int handle_rows(struct ledger *ledger, const char *table, uint64_t *ret);

#endif
