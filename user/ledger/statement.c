/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of the prepared statements, and the errors of SQLite as errno. */
#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "ledger/ledger.h"
#include "ledger/statement.h"

/* The sums that grow by what one more row brings; excluded is SQLite's name for that row. */
#define GROW(column) #column " = " #column " + excluded." #column
#define LAST "last_us = max(last_us, excluded.last_us)"
#define SPAN "first_us = min(first_us, excluded.first_us)," LAST
#define OLDEST(table, condition)                                                                   \
	"SELECT id FROM " table " WHERE " condition " ORDER BY last_us LIMIT 1"

/* The oldest of the rows that only say that somebody failed. The conditions are those of the indexes
 * of migrations.c. */
#define FAILED_READ "successes = 0 AND messages = 0 AND mailbox_files = 0 AND bytes_sent = 0"
#define OLDEST_FAILED(table, failed, condition) OLDEST(table, failed " AND " condition)

/* The formatter would break these texts in the middle of words. */
/* clang-format off */
static const char *const writes[] = {
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[STATEMENT_ACCOUNT_LOGIN] =
		"INSERT INTO accounts (account, tenant, successes, failures, temporary,"
		" first_us, last_us) VALUES (?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (account) DO UPDATE SET "
		GROW(successes) "," GROW(failures) "," GROW(temporary) "," SPAN " RETURNING id",
	[STATEMENT_ACCOUNT_READ] =
		"INSERT INTO accounts (account, tenant, messages, mailbox_files, bytes_sent,"
		" first_us, last_us) VALUES (?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (account) DO UPDATE SET "
		GROW(messages) "," GROW(mailbox_files) "," GROW(bytes_sent) "," SPAN
		" RETURNING id",
	[STATEMENT_SOURCE_ADD] =
		"INSERT INTO sources (source, successes, failures, temporary, unanswered,"
		" session_reads, first_us, last_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (source) DO UPDATE SET "
		GROW(successes) "," GROW(failures) "," GROW(temporary) "," GROW(unanswered) ","
		GROW(session_reads) "," SPAN
		" RETURNING id",
	[STATEMENT_SOURCE_CONNECTIONS] =
		"INSERT INTO sources (source, connections, first_us, last_us) VALUES (?, ?, ?, ?)"
		" ON CONFLICT (source) DO UPDATE SET " GROW(connections) "," SPAN,
	[STATEMENT_TENANT_ADD] =
		"INSERT INTO tenants (tenant, successes, failures, messages, bytes_sent,"
		" cleartext_logins, password_logins, token_logins, last_us)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant) DO UPDATE SET "
		GROW(successes) "," GROW(failures) "," GROW(messages) "," GROW(bytes_sent) ","
		GROW(cleartext_logins) "," GROW(password_logins) "," GROW(token_logins) "," LAST,
	[STATEMENT_PAIR_ADD] =
		"INSERT INTO pairs (account, source, successes, failures, messages, mailbox_files,"
		" bytes_sent, first_us, last_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (account, source) DO UPDATE SET "
		GROW(successes) "," GROW(failures) "," GROW(messages) "," GROW(mailbox_files) ","
		GROW(bytes_sent) "," SPAN,
	[STATEMENT_LOGIN_ADD] =
		"INSERT INTO logins (account, service, mechanism, transport, successes, failures,"
		" temporary, first_us, last_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (account, service, mechanism, transport) DO UPDATE SET "
		GROW(successes) "," GROW(failures) "," GROW(temporary) "," SPAN,
	[STATEMENT_READER_ADD] =
		"INSERT INTO readers (account, actor, uid, login_uid, unit, master, class,"
		" messages, mailbox_files, scanned, first_us, last_us)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (account, actor, uid, login_uid, unit, master, class) DO UPDATE SET "
		GROW(messages) "," GROW(mailbox_files) "," GROW(scanned) "," SPAN,
	[STATEMENT_STORE_ADD] =
		"INSERT INTO stores (path, actor, uid, login_uid, unit, allowed, opens, bytes,"
		" first_us, last_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (path, actor, uid, login_uid, unit, allowed) DO UPDATE SET "
		GROW(opens) "," GROW(bytes) "," SPAN,
};

static const char *const removals[] = {
	[STATEMENT_EPOCH] = "UPDATE state SET instance = ?, epochs = ?",
	[STATEMENT_ROWS] = "SELECT rows FROM counts WHERE name = ?",
	[STATEMENT_COUNT_EVICTED] = "UPDATE state SET evicted = evicted + ?",
	[STATEMENT_ACCOUNT_FAILED] =
		OLDEST_FAILED("accounts", FAILED_READ, "account <> '" LEDGER_OLDER "'"),
	[STATEMENT_ACCOUNT_OLDEST] = OLDEST("accounts", "account <> '" LEDGER_OLDER "'"),
	[STATEMENT_ACCOUNT_PAIR] = "SELECT id FROM pairs WHERE account = ? LIMIT 1",
	[STATEMENT_ACCOUNT_FOLD] =
		"INSERT INTO accounts (account, successes, failures, temporary, messages,"
		" mailbox_files, bytes_sent, first_us, last_us)"
		" SELECT '" LEDGER_OLDER "', successes, failures, temporary, messages,"
		" mailbox_files, bytes_sent, first_us, last_us FROM accounts WHERE id = ?"
		" ON CONFLICT (account) DO UPDATE SET "
		GROW(successes) "," GROW(failures) "," GROW(temporary) "," GROW(messages) ","
		GROW(mailbox_files) "," GROW(bytes_sent) "," SPAN,
	[STATEMENT_ACCOUNT_DELETE] = "DELETE FROM accounts WHERE id = ?",
	[STATEMENT_SOURCE_FAILED] =
		OLDEST_FAILED("sources", "successes = 0 AND session_reads = 0",
			      "id <> 0 AND source <> '" LEDGER_OLDER "'"),
	[STATEMENT_SOURCE_OLDEST] = OLDEST("sources", "id <> 0 AND source <> '" LEDGER_OLDER "'"),
	[STATEMENT_SOURCE_PAIR] = "SELECT id FROM pairs WHERE source = ? LIMIT 1",
	[STATEMENT_SOURCE_FOLD] =
		"INSERT INTO sources (source, successes, failures, temporary, unanswered,"
		" connections, session_reads, first_us, last_us)"
		" SELECT '" LEDGER_OLDER "', successes, failures, temporary, unanswered,"
		" connections, session_reads, first_us, last_us FROM sources WHERE id = ?"
		" ON CONFLICT (source) DO UPDATE SET "
		GROW(successes) "," GROW(failures) "," GROW(temporary) "," GROW(unanswered) ","
		GROW(connections) "," GROW(session_reads) "," SPAN,
	[STATEMENT_SOURCE_DELETE] = "DELETE FROM sources WHERE id = ?",
	[STATEMENT_TENANT_FAILED] =
		OLDEST_FAILED("tenants", "successes = 0 AND messages = 0 AND bytes_sent = 0",
			      "tenant <> '" LEDGER_OLDER "'"),
	[STATEMENT_TENANT_OLDEST] = OLDEST("tenants", "tenant <> '" LEDGER_OLDER "'"),
	[STATEMENT_TENANT_FOLD] =
		"INSERT INTO tenants (tenant, accounts, successes, failures, messages, bytes_sent,"
		" cleartext_logins, password_logins, token_logins, last_us)"
		" SELECT '" LEDGER_OLDER "', accounts, successes, failures, messages, bytes_sent,"
		" cleartext_logins, password_logins, token_logins, last_us FROM tenants"
		" WHERE id = ? ON CONFLICT (tenant) DO UPDATE SET "
		GROW(accounts) "," GROW(successes) "," GROW(failures) "," GROW(messages) ","
		GROW(bytes_sent) "," GROW(cleartext_logins) "," GROW(password_logins) ","
		GROW(token_logins) "," LAST,
	[STATEMENT_TENANT_DELETE] = "DELETE FROM tenants WHERE id = ?",
	[STATEMENT_PAIR_FAILED] = OLDEST_FAILED("pairs", FAILED_READ, "1"),
	[STATEMENT_PAIR_OLDEST] = OLDEST("pairs", "1"),
	[STATEMENT_PAIR_DELETE] = "DELETE FROM pairs WHERE id = ?",
	[STATEMENT_LOGIN_FAILED] = OLDEST_FAILED("logins", "successes = 0", "1"),
	[STATEMENT_LOGIN_OLDEST] = OLDEST("logins", "1"),
	[STATEMENT_LOGIN_DELETE] = "DELETE FROM logins WHERE id = ?",
	[STATEMENT_READER_OLDEST] = OLDEST("readers", "1"),
	[STATEMENT_READER_DELETE] = "DELETE FROM readers WHERE id = ?",
	[STATEMENT_STORE_OLDEST] = OLDEST("stores", "1"),
	[STATEMENT_STORE_DELETE] = "DELETE FROM stores WHERE id = ?",
	[STATEMENT_ALERT_OLDEST] =
		"SELECT rowid FROM alerts WHERE active = ? AND severity = ?"
		" ORDER BY last_us LIMIT 1",
	[STATEMENT_ALERT_DELETE] = "DELETE FROM alerts WHERE rowid = ?",
	[STATEMENT_ALERT_WITH_ACCOUNTS] =
		"SELECT rowid FROM alerts WHERE active = ? AND severity = ? AND EXISTS"
		" (SELECT 1 FROM alert_accounts WHERE alert = alerts.id) ORDER BY last_us LIMIT 1",
	[STATEMENT_ALERT_FORGET_ACCOUNTS] =
		"DELETE FROM alert_accounts WHERE alert = (SELECT id FROM alerts WHERE rowid = ?)",
	[STATEMENT_ALERT_SAVE] =
		"INSERT INTO alerts (id, detector, severity, subject_kind, subject, message,"
		" evidence, time_us, first_us, last_us, count, active, again_us, told_us, told_opens,"
		" told_accounts, told_bytes)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (id) DO UPDATE SET"
		" severity = excluded.severity, message = excluded.message,"
		" evidence = excluded.evidence, first_us = excluded.first_us,"
		" last_us = excluded.last_us, count = excluded.count, active = excluded.active,"
		" again_us = excluded.again_us, told_us = excluded.told_us,"
		" told_opens = excluded.told_opens, told_accounts = excluded.told_accounts,"
		" told_bytes = excluded.told_bytes",
	[STATEMENT_ALERT_ACCOUNT_ADD] =
		"INSERT INTO alert_accounts (alert, account, harm, first_us, last_us)"
		" VALUES (?, ?, ?, ?, ?) ON CONFLICT (alert, account) DO UPDATE SET"
		" first_us = iif(excluded.harm > harm, excluded.first_us,"
		" min(first_us, excluded.first_us)),"
		" last_us = iif(excluded.harm > harm, excluded.last_us,"
		" max(last_us, excluded.last_us)), harm = excluded.harm"
		" WHERE excluded.harm >= harm",
};

/* Rows by hour of nothing but failed logins, as the index hours_failed has them. */
#define ONLY_FAILED                                                                                \
	"successes = 0 AND messages = 0 AND mailbox_files = 0 AND scanned = 0 AND bytes_sent = 0"
/* The oldest row by hour; in a table without row ids its key is the row's name. */
#define OLDEST_HOUR(condition)                                                                     \
	"DELETE FROM hours WHERE (account, hour, source, access_path) ="                           \
	" (SELECT account, hour, source, access_path FROM hours WHERE " condition                  \
	" ORDER BY hour, account, source, access_path LIMIT 1) RETURNING hour"
/* The interval of each sensor that may still grow. */
#define NEWEST_INTERVALS "(SELECT max(id) FROM coverage GROUP BY sensor)"

static const char *const hourly[] = {
	[STATEMENT_NAME_FIND] = "SELECT id FROM names WHERE name = ?",
	[STATEMENT_NAME_ADD] = "INSERT INTO names (name) VALUES (?) RETURNING id",
	[STATEMENT_ACCESS_PATH_FIND] =
		"SELECT id FROM access_paths WHERE service = ? AND actor = ? AND uid = ?"
		" AND login_uid = ? AND unit = ? AND master = ? AND class = ?",
	[STATEMENT_ACCESS_PATH_ADD] =
		"INSERT INTO access_paths (service, actor, uid, login_uid, unit, master, class)"
		" VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
	[STATEMENT_HOUR_ADD] =
		"INSERT INTO hours (account, hour, source, access_path, successes, failures,"
		" messages, mailbox_files, scanned, bytes_sent, first_us, last_us)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
		" ON CONFLICT (account, hour, source, access_path) DO UPDATE SET "
		GROW(successes) "," GROW(failures) "," GROW(messages) "," GROW(mailbox_files) ","
		GROW(scanned) "," GROW(bytes_sent) "," SPAN,
	[STATEMENT_HOUR_EXPIRE] = OLDEST_HOUR("hour < ?"),
	[STATEMENT_HOUR_COUNT_EXPIRED] =
		"UPDATE state SET hours_expired = hours_expired + ?1,"
		" hours_from_us = max(hours_from_us, ?2),"
		" failures_from_us = max(failures_from_us, ?2)",
	[STATEMENT_HOUR_FOLD_FAILURES] = OLDEST_HOUR(ONLY_FAILED),
	[STATEMENT_HOUR_FOLD] = OLDEST_HOUR("1"),
	[STATEMENT_HOUR_NOTE_FAILURES] =
		"UPDATE state SET hours_folded = hours_folded + 1,"
		" failures_from_us = max(failures_from_us, ?1)",
	[STATEMENT_HOUR_NOTE] =
		"UPDATE state SET hours_folded = hours_folded + 1,"
		" hours_from_us = max(hours_from_us, ?1)",
	[STATEMENT_INSTANCE] =
		"UPDATE state SET instance = ?1, epochs = ?2 WHERE instance <> ?1",
	/* ?4: something was lost in this tick; ?5: losses before this are long ago. */
	[STATEMENT_COVERAGE_CURRENT] =
		"SELECT id FROM coverage"
		" WHERE id = (SELECT max(id) FROM coverage WHERE sensor = ?1) AND run = ?2 AND (?3 OR (state = ?6 AND reason = ?7"
		" AND iif(lost_us = 0, NOT ?4, ?4 OR lost_us >= ?5)))",
	[STATEMENT_COVERAGE_LAST] = "SELECT max(id) FROM coverage WHERE sensor = ? HAVING max(id)",
	/* The span in which no daemon ran, in the state that it began in. */
	[STATEMENT_COVERAGE_GO_ON] =
		"INSERT INTO coverage (sensor, run, boot, state, reason, from_us, until_us, epochs,"
		" lost_us) SELECT sensor, ?2, boot, state, iif(instr(reason, ?3), reason,"
		" ltrim(reason || '; ' || ?3, '; ')), until_us, max(until_us, ?4), epochs, 0"
		" FROM coverage WHERE id = ?1 AND boot = ?5 RETURNING id",
	[STATEMENT_COVERAGE_ADD] =
		"INSERT INTO coverage (sensor, run, boot, state, reason, from_us, until_us, epochs,"
		" lost_us) SELECT ?1, ?2, ?3, ?4, ?5, start_us, max(start_us, ?6), ?7, ?8 FROM"
		" (SELECT coalesce((SELECT until_us FROM coverage WHERE sensor = ?1 AND run = ?2"
		" ORDER BY id DESC LIMIT 1), ?6) AS start_us) RETURNING id",
	[STATEMENT_COVERAGE_EXTEND] =
		"UPDATE coverage SET until_us = max(until_us, ?2), epochs = ?3,"
		" lost_us = iif(?4, ?2, lost_us) WHERE id = ?1",
	[STATEMENT_COVERAGE_LOSS_ADD] =
		"INSERT INTO coverage_losses (interval, stage, count) VALUES (?, ?, ?)"
		" ON CONFLICT (interval, stage) DO UPDATE SET " GROW(count),
	[STATEMENT_COVERAGE_END] = "UPDATE coverage SET ending = ? WHERE id IN " NEWEST_INTERVALS,
	[STATEMENT_COVERAGE_FORGET] =
		"DELETE FROM coverage WHERE id = (SELECT id FROM coverage WHERE until_us < ?"
		" AND id NOT IN " NEWEST_INTERVALS " ORDER BY id LIMIT 1) RETURNING until_us",
	[STATEMENT_COVERAGE_NOTE] =
		"UPDATE state SET coverage_from_us = max(coverage_from_us, ?)",
	[STATEMENT_STAGE_SEEN] = "SELECT seen FROM stages WHERE stage = ?",
	[STATEMENT_STAGE_SAVE] =
		"INSERT INTO stages (stage, seen) VALUES (?, ?)"
		" ON CONFLICT (stage) DO UPDATE SET seen = excluded.seen",
	[STATEMENT_STAGE_FORGET] = "DELETE FROM stages",
	[STATEMENT_RUN_ADD] = "UPDATE state SET runs = runs + 1 RETURNING runs",
};

/* clang-format on */

static_assert(ARRAY_LENGTH(hourly) == STATEMENT_MAX, "each statement has its text");

static const char *statement_text(size_t i)
{
	if (i < ARRAY_LENGTH(writes))
		return writes[i];
	return i < ARRAY_LENGTH(removals) ? removals[i] : hourly[i];
}

int statement_prepare_all(sqlite3 *database, sqlite3_stmt *ret[STATEMENT_MAX])
{
	int r = SQLITE_OK;

	for (size_t i = 0; i < STATEMENT_MAX && r == SQLITE_OK; i++)
		r = sqlite3_prepare_v3(database, statement_text(i), -1, SQLITE_PREPARE_PERSISTENT,
				       &ret[i], NULL);
	return r;
}

void statement_finalize_all(sqlite3_stmt *statements[STATEMENT_MAX])
{
	for (size_t i = 0; i < STATEMENT_MAX; i++)
		(void)sqlite3_finalize(take_ptr(statements[i]));
}

int statement_errno(int result)
{
	switch (result & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE: return 0;
	case SQLITE_NOMEM: return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return -EBUSY;
	case SQLITE_FULL: return -ENOSPC;
	case SQLITE_READONLY: return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH: return -EACCES;
	case SQLITE_CANTOPEN: return -ENOENT;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return -EUCLEAN;
	default: return -EIO;
	}
}

int statement_bind(sqlite3_stmt *statement, const char *types, va_list values)
{
	int r = SQLITE_OK;

	for (int i = 0; types[i] && r == SQLITE_OK; i++) {
		if (types[i] == 't')
			r = sqlite3_bind_text(statement, i + 1, va_arg(values, const char *), -1,
					      SQLITE_TRANSIENT);
		else
			r = sqlite3_bind_int64(statement, i + 1, va_arg(values, int64_t));
	}
	return r;
}

int statement_run(sqlite3_stmt *statement, int64_t *ret_first, const char *types, ...)
{
	int64_t first = 0;
	int r, rows = 0;
	va_list values;

	va_start(values, types);
	r = statement_bind(statement, types, values);
	va_end(values);
	if (r != SQLITE_OK)
		return statement_errno(r);
	/* RETURNING has made its changes at the first row, but only the end finishes them. */
	while ((r = sqlite3_step(statement)) == SQLITE_ROW)
		if (rows++ == 0)
			first = sqlite3_column_int64(statement, 0);
	(void)sqlite3_reset(statement);
	if (r != SQLITE_DONE)
		return statement_errno(r);
	if (ret_first && rows == 0)
		return -ENOENT;
	if (ret_first)
		*ret_first = first;
	return 0;
}
