/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The prepared statements that a tick runs, and how any statement is bound and stepped.
 *
 * Values are described by a string of types, one letter each: t a text (NULL allowed), i an
 * int64_t.
 */
#ifndef WAX_LEDGER_STATEMENT_H
#define WAX_LEDGER_STATEMENT_H

#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_ACCOUNT_LOGIN,
	STATEMENT_ACCOUNT_READ,
	STATEMENT_SOURCE_ADD,
	STATEMENT_SOURCE_CONNECTIONS,
	STATEMENT_TENANT_ADD,
	STATEMENT_PAIR_ADD,
	STATEMENT_LOGIN_ADD,
	STATEMENT_READER_ADD,
	STATEMENT_STORE_ADD,
	STATEMENT_EPOCH,
	STATEMENT_ROWS,
	STATEMENT_COUNT_EVICTED,
	STATEMENT_ACCOUNT_OLDEST,
	STATEMENT_ACCOUNT_PAIR,
	STATEMENT_ACCOUNT_FOLD,
	STATEMENT_ACCOUNT_DELETE,
	STATEMENT_SOURCE_OLDEST,
	STATEMENT_SOURCE_PAIR,
	STATEMENT_SOURCE_FOLD,
	STATEMENT_SOURCE_DELETE,
	STATEMENT_TENANT_OLDEST,
	STATEMENT_TENANT_FOLD,
	STATEMENT_TENANT_DELETE,
	STATEMENT_PAIR_OLDEST,
	STATEMENT_PAIR_DELETE,
	STATEMENT_LOGIN_OLDEST,
	STATEMENT_LOGIN_DELETE,
	STATEMENT_READER_OLDEST,
	STATEMENT_READER_DELETE,
	STATEMENT_STORE_OLDEST,
	STATEMENT_STORE_DELETE,
	STATEMENT_ALERT_OLDEST,
	STATEMENT_ALERT_DELETE,
	STATEMENT_ALERT_SAVE,
	STATEMENT_ALERT_ACCOUNT_ADD,
	STATEMENT_NAME_FIND,
	STATEMENT_NAME_ADD,
	STATEMENT_ACCESS_PATH_FIND,
	STATEMENT_ACCESS_PATH_ADD,
	STATEMENT_HOUR_ADD,
	STATEMENT_HOUR_EXPIRE,
	STATEMENT_HOUR_COUNT_EXPIRED,
	STATEMENT_HOUR_FOLD_FAILURES,
	STATEMENT_HOUR_FOLD,
	STATEMENT_HOUR_NOTE_FAILURES,
	STATEMENT_HOUR_NOTE,
	STATEMENT_INSTANCE,
	STATEMENT_COVERAGE_CURRENT,
	STATEMENT_COVERAGE_LAST,
	STATEMENT_COVERAGE_GO_ON,
	STATEMENT_COVERAGE_ADD,
	STATEMENT_COVERAGE_EXTEND,
	STATEMENT_COVERAGE_LOSS_ADD,
	STATEMENT_COVERAGE_END,
	STATEMENT_COVERAGE_FORGET,
	STATEMENT_COVERAGE_NOTE,
	STATEMENT_STAGE_SEEN,
	STATEMENT_STAGE_SAVE,
	STATEMENT_STAGE_FORGET,
	STATEMENT_RUN_ADD,
	STATEMENT_MAX,
	STATEMENT_NONE = STATEMENT_MAX,
};

/* Prepares all of them. Returns an SQLite result code; what was made is in ret either way. */
int statement_prepare_all(sqlite3 *database, sqlite3_stmt *ret[STATEMENT_MAX]);
void statement_finalize_all(sqlite3_stmt *statements[STATEMENT_MAX]);

/* -errno for an SQLite result code: -EUCLEAN for a damaged file. */
int statement_errno(int result);

int statement_bind(sqlite3_stmt *statement, const char *types, va_list values);
/* Runs to the end. The first integer of the first row goes to ret_first when that is not NULL;
 * -ENOENT when there is no row. */
int statement_run(sqlite3_stmt *statement, int64_t *ret_first, const char *types, ...);

static inline void statement_finalize(sqlite3_stmt **statement)
{
	(void)sqlite3_finalize(*statement);
}

#define _cleanup_statement_ __attribute__((cleanup(statement_finalize)))

#endif
