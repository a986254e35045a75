/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of the state file, as a list of migrations. A new file passes through all of them, a
 * file of an earlier version through those that it lacks.
 *
 * Migrations are append-only: files in the field were made by these very statements. A change of
 * the tables is a new migration at the end of the list.
 */
#include "ledger/migrations.h"

#include <stddef.h>

#include "base/mem.h"

/* Keeps the number of rows of a table in `counts`. */
#define COUNT_ROWS(table)                                                                          \
	"INSERT INTO counts (name) VALUES ('" table "')",                                          \
		"CREATE TRIGGER " table "_row_added AFTER INSERT ON " table " BEGIN"               \
		" UPDATE counts SET rows = rows + 1 WHERE name = '" table "'; END",                \
		"CREATE TRIGGER " table "_row_removed AFTER DELETE ON " table " BEGIN"             \
		" UPDATE counts SET rows = rows - 1 WHERE name = '" table "'; END"

/*
 * Version 1. accounts, sources and tenants carry the sums that lists are made of, so that no list
 * ever adds up details; pairs, logins and readers carry what one account or one source is asked
 * for.
 */
static const char *const sums[] = {
	/* instance and epochs: which maps the last counts came from, how many drains are in here */
	"CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1),"
	" since_us INTEGER NOT NULL, evicted INTEGER NOT NULL DEFAULT 0,"
	" instance INTEGER NOT NULL DEFAULT 0, epochs INTEGER NOT NULL DEFAULT 0)",
	"CREATE TABLE counts (name TEXT PRIMARY KEY, rows INTEGER NOT NULL DEFAULT 0)"
	" WITHOUT ROWID",
	/* tenant is NULL for the folded row only. */
	"CREATE TABLE accounts (id INTEGER PRIMARY KEY, account TEXT NOT NULL UNIQUE, tenant TEXT,"
	" successes INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,"
	" temporary INTEGER NOT NULL DEFAULT 0, messages INTEGER NOT NULL DEFAULT 0,"
	" bytes_sent INTEGER NOT NULL DEFAULT 0, sources INTEGER NOT NULL DEFAULT 0,"
	" first_us INTEGER NOT NULL, last_us INTEGER NOT NULL)",
	"CREATE TABLE sources (id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE,"
	" successes INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,"
	" temporary INTEGER NOT NULL DEFAULT 0, unanswered INTEGER NOT NULL DEFAULT 0,"
	" accounts INTEGER NOT NULL DEFAULT 0,"
	" first_us INTEGER NOT NULL, last_us INTEGER NOT NULL)",
	"CREATE TABLE tenants (id INTEGER PRIMARY KEY, tenant TEXT NOT NULL UNIQUE,"
	" accounts INTEGER NOT NULL DEFAULT 0, successes INTEGER NOT NULL DEFAULT 0,"
	" failures INTEGER NOT NULL DEFAULT 0, messages INTEGER NOT NULL DEFAULT 0,"
	" bytes_sent INTEGER NOT NULL DEFAULT 0, cleartext_logins INTEGER NOT NULL DEFAULT 0,"
	" password_logins INTEGER NOT NULL DEFAULT 0, token_logins INTEGER NOT NULL DEFAULT 0,"
	" last_us INTEGER NOT NULL DEFAULT 0)",
	/* source is 0 where the client's address is unknown. */
	"CREATE TABLE pairs (id INTEGER PRIMARY KEY, account INTEGER NOT NULL,"
	" source INTEGER NOT NULL, successes INTEGER NOT NULL, failures INTEGER NOT NULL,"
	" messages INTEGER NOT NULL, bytes_sent INTEGER NOT NULL,"
	" first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, UNIQUE (account, source))",
	"CREATE TABLE logins (id INTEGER PRIMARY KEY, account INTEGER NOT NULL,"
	" service TEXT NOT NULL, mechanism TEXT NOT NULL, transport TEXT NOT NULL,"
	" successes INTEGER NOT NULL, failures INTEGER NOT NULL, temporary INTEGER NOT NULL,"
	" first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,"
	" UNIQUE (account, service, mechanism, transport))",
	"CREATE TABLE readers (id INTEGER PRIMARY KEY, account INTEGER NOT NULL,"
	" actor TEXT NOT NULL, uid INTEGER NOT NULL, class TEXT NOT NULL,"
	" messages INTEGER NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,"
	" UNIQUE (account, actor, uid, class))",
	"CREATE TABLE stores (id INTEGER PRIMARY KEY, path TEXT NOT NULL, actor TEXT NOT NULL,"
	" uid INTEGER NOT NULL, allowed INTEGER NOT NULL, opens INTEGER NOT NULL,"
	" bytes INTEGER NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,"
	" UNIQUE (path, actor, uid, allowed))",
	"CREATE TABLE alerts (id TEXT PRIMARY KEY, detector TEXT NOT NULL, severity TEXT NOT NULL,"
	" subject_kind TEXT NOT NULL, subject TEXT NOT NULL, message TEXT NOT NULL,"
	" evidence TEXT NOT NULL, time_us INTEGER NOT NULL, first_us INTEGER NOT NULL,"
	" last_us INTEGER NOT NULL, count INTEGER NOT NULL, active INTEGER NOT NULL)",
	"CREATE TABLE alert_accounts (alert TEXT NOT NULL, account TEXT NOT NULL,"
	" PRIMARY KEY (alert, account)) WITHOUT ROWID",
	"INSERT INTO sources (id, source, first_us, last_us) VALUES (0, '', 0, 0)",
	/* The orders of the lists, each without the rows that would come last anyway, and the order
	 * in which rows are folded away. */
	"CREATE INDEX accounts_failures ON accounts (failures) WHERE failures > 0",
	"CREATE INDEX accounts_successes ON accounts (successes) WHERE successes > 0",
	"CREATE INDEX accounts_messages ON accounts (messages) WHERE messages > 0",
	"CREATE INDEX accounts_bytes_sent ON accounts (bytes_sent) WHERE bytes_sent > 0",
	"CREATE INDEX accounts_tenant ON accounts (tenant)",
	"CREATE INDEX accounts_last ON accounts (last_us)",
	"CREATE INDEX sources_failures ON sources (failures) WHERE failures > 0",
	"CREATE INDEX sources_accounts ON sources (accounts) WHERE accounts > 0",
	"CREATE INDEX sources_unanswered ON sources (unanswered) WHERE unanswered > 0",
	"CREATE INDEX sources_last ON sources (last_us)",
	"CREATE INDEX tenants_last ON tenants (last_us)",
	"CREATE INDEX pairs_source ON pairs (source)",
	"CREATE INDEX pairs_last ON pairs (last_us)",
	"CREATE INDEX logins_last ON logins (last_us)",
	"CREATE INDEX readers_last ON readers (last_us)",
	"CREATE INDEX stores_last ON stores (last_us)",
	"CREATE INDEX alerts_time ON alerts (time_us)",
	"CREATE INDEX alerts_last ON alerts (active, last_us)",
	"CREATE INDEX alert_accounts_account ON alert_accounts (account)",
	/* The number of distinct sources of an account and accounts of a source, and the number of
	 * accounts of a tenant, stay true inside each transaction. */
	"CREATE TRIGGER account_added AFTER INSERT ON accounts WHEN new.tenant IS NOT NULL BEGIN"
	" INSERT INTO tenants (tenant, accounts) VALUES (new.tenant, 1)"
	" ON CONFLICT (tenant) DO UPDATE SET accounts = accounts + 1; END",
	"CREATE TRIGGER account_removed AFTER DELETE ON accounts BEGIN"
	" DELETE FROM logins WHERE account = old.id;"
	" DELETE FROM readers WHERE account = old.id;"
	" UPDATE tenants SET accounts = max(accounts - 1, 0) WHERE tenant = old.tenant; END",
	"CREATE TRIGGER pair_added AFTER INSERT ON pairs WHEN new.source <> 0 BEGIN"
	" UPDATE accounts SET sources = sources + 1 WHERE id = new.account;"
	" UPDATE sources SET accounts = accounts + 1 WHERE id = new.source; END",
	"CREATE TRIGGER pair_removed AFTER DELETE ON pairs WHEN old.source <> 0 BEGIN"
	" UPDATE accounts SET sources = sources - 1 WHERE id = old.account;"
	" UPDATE sources SET accounts = accounts - 1 WHERE id = old.source; END",
	"CREATE TRIGGER alert_removed AFTER DELETE ON alerts BEGIN"
	" DELETE FROM alert_accounts WHERE alert = old.id; END",
	COUNT_ROWS("accounts"),
	COUNT_ROWS("sources"),
	COUNT_ROWS("tenants"),
	COUNT_ROWS("pairs"),
	COUNT_ROWS("logins"),
	COUNT_ROWS("readers"),
	COUNT_ROWS("stores"),
	COUNT_ROWS("alerts"),
	COUNT_ROWS("alert_accounts"),
	"INSERT INTO state (id, since_us) VALUES (1, ?1)",
	NULL,
};

/*
 * Version 2: the rows by hour, and when the sensors were looking.
 *
 * Rows by hour have names of their own, with the number of rows that use each: accounts and sources
 * are folded away by other rules, and a flood of those tables must not take names away from what is
 * kept here.
 */
static const char *const hours_and_coverage[] = {
	"CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	" uses INTEGER NOT NULL DEFAULT 0)",
	/* How an account was used. uid is -1 and class is '' for logins. */
	"CREATE TABLE ways (id INTEGER PRIMARY KEY, service TEXT NOT NULL, actor TEXT NOT NULL,"
	" uid INTEGER NOT NULL, class TEXT NOT NULL, uses INTEGER NOT NULL DEFAULT 0,"
	" UNIQUE (service, actor, uid, class))",
	/* hour counts from the epoch, it is the one of last_us. source is 0 when unknown.
	 * bytes_read is NULL where nobody knows. */
	"CREATE TABLE hours (account INTEGER NOT NULL, hour INTEGER NOT NULL,"
	" source INTEGER NOT NULL, way INTEGER NOT NULL, successes INTEGER NOT NULL,"
	" failures INTEGER NOT NULL, messages INTEGER NOT NULL, bytes_read INTEGER,"
	" bytes_sent INTEGER NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,"
	" PRIMARY KEY (account, hour, source, way)) WITHOUT ROWID",
	/* epochs: how many drains of the maps are in here up to until_us. lost_us: when something
	 * was last lost; 0: nothing was. */
	"CREATE TABLE coverage (id INTEGER PRIMARY KEY, sensor TEXT NOT NULL, run INTEGER NOT NULL,"
	" boot TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,"
	" ending TEXT NOT NULL DEFAULT 'running', from_us INTEGER NOT NULL,"
	" until_us INTEGER NOT NULL, epochs INTEGER NOT NULL, lost_us INTEGER NOT NULL)",
	"CREATE TABLE coverage_losses (interval INTEGER NOT NULL, stage TEXT NOT NULL,"
	" count INTEGER NOT NULL, PRIMARY KEY (interval, stage)) WITHOUT ROWID",
	/* What each counter of losses stood at when it was last looked at. */
	"CREATE TABLE stages (stage TEXT PRIMARY KEY, seen INTEGER NOT NULL) WITHOUT ROWID",
	/* Since when nothing was folded: rows of successes and reads, rows of failures. */
	"ALTER TABLE state ADD COLUMN hours_from_us INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE state ADD COLUMN failures_from_us INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE state ADD COLUMN hours_folded INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE state ADD COLUMN hours_expired INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE state ADD COLUMN coverage_from_us INTEGER NOT NULL DEFAULT 0",
	"ALTER TABLE state ADD COLUMN runs INTEGER NOT NULL DEFAULT 0",
	"CREATE INDEX hours_hour ON hours (hour, account, source, way)",
	"CREATE INDEX hours_failed ON hours (hour)"
	" WHERE successes = 0 AND messages = 0 AND bytes_sent = 0",
	/* Counted while no daemon ran: the events began before the hour of the last. */
	"CREATE INDEX hours_early ON hours (hour - first_us / 3600000000)"
	" WHERE first_us < hour * 3600000000",
	"CREATE INDEX coverage_sensor ON coverage (sensor)",
	"CREATE TRIGGER hour_added AFTER INSERT ON hours BEGIN"
	" UPDATE names SET uses = uses + 1 WHERE id = new.account;"
	" UPDATE names SET uses = uses + 1 WHERE id = new.source;"
	" UPDATE ways SET uses = uses + 1 WHERE id = new.way; END",
	"CREATE TRIGGER hour_removed AFTER DELETE ON hours BEGIN"
	" UPDATE names SET uses = uses - 1 WHERE id = old.account;"
	" UPDATE names SET uses = uses - 1 WHERE id = old.source;"
	" UPDATE ways SET uses = uses - 1 WHERE id = old.way;"
	" DELETE FROM names WHERE id = old.account AND uses = 0;"
	" DELETE FROM names WHERE id = old.source AND uses = 0;"
	" DELETE FROM ways WHERE id = old.way AND uses = 0; END",
	"CREATE TRIGGER coverage_removed AFTER DELETE ON coverage BEGIN"
	" DELETE FROM coverage_losses WHERE interval = old.id; END",
	COUNT_ROWS("hours"),
	COUNT_ROWS("coverage"),
	"UPDATE state SET hours_from_us = ?1, failures_from_us = ?1",
	NULL,
};

/*
 * Version 3: opens of files that hold many messages (mdbox, mbox), where nobody knows how many were
 * read, and messages that a session's process opened for itself.
 */
#define ADD(table, column) "ALTER TABLE " table " ADD COLUMN " column " INTEGER NOT NULL DEFAULT 0"

static const char *const files_of_many_messages[] = {
	ADD("accounts", "containers"),
	ADD("pairs", "containers"),
	ADD("readers", "containers"),
	ADD("readers", "scanned"),
	ADD("hours", "containers"),
	ADD("hours", "scanned"),
	"DROP INDEX hours_failed",
	"CREATE INDEX hours_failed ON hours (hour) WHERE successes = 0 AND messages = 0"
	" AND containers = 0 AND scanned = 0 AND bytes_sent = 0",
	NULL,
};

/*
 * Version 4: a reader, of mail or of a store, is also who logged in and the service; a session also
 * the master who made it. All of them are part of a row's key, so the tables are made anew and
 * filled with the old rows. login_uid is -1 where nobody logged in; unit and master are '' where
 * there is none.
 */
static const char *const readers_by_login[] = {
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
	COUNT_ROWS("readers"),
	COUNT_ROWS("stores"),
	"INSERT INTO readers SELECT id, account, actor, uid, -1, '', '', class, messages, "
	"containers,"
	" scanned, first_us, last_us FROM old_readers",
	"INSERT INTO stores SELECT id, path, actor, uid, -1, '', allowed, opens, bytes, first_us,"
	" last_us FROM old_stores",
	"DROP TABLE old_readers",
	"DROP TABLE old_stores",
	NULL,
};

/* Version 5: connections of a source, also of one that tried no login. */
static const char *const connections_of_sources[] = {
	ADD("sources", "connections"),
	NULL,
};

/*
 * Version 6: the same key as in version 4 for the rows by hour. The table is made anew; its rows
 * keep their numbers, which the hours refer to.
 */
static const char *const ways_by_login[] = {
	"CREATE TEMP TABLE old_ways AS SELECT * FROM ways",
	"DROP TABLE ways",
	"CREATE TABLE ways (id INTEGER PRIMARY KEY, service TEXT NOT NULL, actor TEXT NOT NULL,"
	" uid INTEGER NOT NULL, login_uid INTEGER NOT NULL, unit TEXT NOT NULL,"
	" master TEXT NOT NULL, class TEXT NOT NULL, uses INTEGER NOT NULL DEFAULT 0,"
	" UNIQUE (service, actor, uid, login_uid, unit, master, class))",
	"INSERT INTO ways SELECT id, service, actor, uid, -1, '', '', class, uses FROM old_ways",
	"DROP TABLE old_ways",
	NULL,
};

/*
 * Version 7: names. SQLite changes the columns' names in the indexes and triggers, too. Alerts have names in
 * their evidence as well, where what "nats" was of stands in the text of the first contribution.
 */
#define RENAME(table, from, to) "ALTER TABLE " table " RENAME COLUMN " from " TO " to
#define EVIDENCE_HAS(member)                                                                       \
	"CASE WHEN json_valid(evidence) THEN json_type(evidence, '$." member "') END IS NOT NULL"
#define EVIDENCE_IS_OF(text)                                                                       \
	" AND json_extract(evidence, '$.contributions[0].what') = '" text "'"
#define RENAME_EVIDENCE(from, to)                                                                  \
	"UPDATE alerts SET evidence = json_remove(json_set(evidence, '$." to "',"                  \
	" json_extract(evidence, '$." from "')), '$." from "') WHERE " EVIDENCE_HAS(from)

static const char *const plain_names[] = {
	RENAME("accounts", "containers", "mailbox_files"),
	RENAME("pairs", "containers", "mailbox_files"),
	RENAME("readers", "containers", "mailbox_files"),
	RENAME("hours", "containers", "mailbox_files"),
	RENAME("hours", "way", "access_path"),
	"ALTER TABLE ways RENAME TO access_paths",
	"UPDATE alerts SET evidence = json_remove(evidence, '$.nats')"
	" WHERE " EVIDENCE_HAS("nats") EVIDENCE_IS_OF("bytes beyond what logins explain"),
	RENAME_EVIDENCE("nats", "weighted_networks")
		EVIDENCE_IS_OF("networks that never opened it"),
	RENAME_EVIDENCE("nats", "log_likelihood_ratio"),
	RENAME_EVIDENCE("level", "threshold"),
	RENAME_EVIDENCE("containers", "mailbox_files"),
	"UPDATE alerts SET evidence = json_set(evidence, '$.contributions',"
	" json((SELECT json_group_array(json_object('what', json_extract(value, '$.what'),"
	" 'count', json_extract(value, '$.count'), 'adds', json_extract(value, '$.nats')))"
	" FROM json_each(alerts.evidence, '$.contributions'))))"
	" WHERE " EVIDENCE_HAS("contributions"),
	NULL,
};

/*
 * Version 8: rows of nothing but failures, which anybody can make, go first when a table is full; of
 * finished alerts, the notices. A source says whether mail was read from it by sessions whose login
 * was not seen.
 */
static const char *const failures_go_first[] = {
	ADD("sources", "session_reads"),
	"UPDATE sources SET session_reads = 1 WHERE id IN (SELECT source FROM pairs"
	" WHERE messages > 0 OR mailbox_files > 0 OR bytes_sent > 0)",
	"CREATE INDEX accounts_failed ON accounts (last_us) WHERE successes = 0 AND messages = 0"
	" AND mailbox_files = 0 AND bytes_sent = 0",
	"CREATE INDEX pairs_failed ON pairs (last_us) WHERE successes = 0 AND messages = 0"
	" AND mailbox_files = 0 AND bytes_sent = 0",
	"CREATE INDEX sources_failed ON sources (last_us)"
	" WHERE successes = 0 AND session_reads = 0",
	"CREATE INDEX tenants_failed ON tenants (last_us) WHERE successes = 0 AND messages = 0"
	" AND bytes_sent = 0",
	"CREATE INDEX logins_failed ON logins (last_us) WHERE successes = 0",
	"CREATE INDEX alerts_severity ON alerts (active, severity, last_us)",
	NULL,
};

/*
 * Version 9: readers that operators accepted, with who did so and who took it back; and what sinks
 * heard of an alert, which may become active again while nobody has answered it.
 */
static const char *const accepted_readers[] = {
	"CREATE TABLE accepted (id INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL,"
	" detector TEXT NOT NULL, program TEXT NOT NULL, uid INTEGER NOT NULL, unit TEXT NOT NULL,"
	" script TEXT NOT NULL, session_account TEXT NOT NULL, opened_account TEXT NOT NULL,"
	" measure INTEGER NOT NULL, note TEXT NOT NULL, by_uid INTEGER NOT NULL,"
	" by_name TEXT NOT NULL, at_us INTEGER NOT NULL, until_us INTEGER NOT NULL,"
	" revoked_us INTEGER NOT NULL DEFAULT 0, revoked_by_uid INTEGER NOT NULL DEFAULT 0,"
	" revoked_by_name TEXT NOT NULL DEFAULT '')",
	ADD("alerts", "again_us"),
	ADD("alerts", "told_us"),
	ADD("alerts", "told_opens"),
	ADD("alerts", "told_accounts"),
	ADD("alerts", "told_bytes"),
	ADD("alerts", "answered"),
	NULL,
};

/*
 * Version 10: what happened to each account of an alert, and when (enum account_harm). In older rows it
 * follows from the detector; where that says nothing, an account that a source opened for the first
 * time during the alert was opened.
 *
 * And an order for each list: of a tenant's accounts, of an account's sources, of a source's accounts
 * and of the alerts, so that no answer sorts a table.
 */
#define PAIR_OPENED "successes > 0 OR messages > 0 OR mailbox_files > 0 OR bytes_sent > 0"
#define PAIR_FAILED "successes = 0 AND messages = 0 AND mailbox_files = 0 AND bytes_sent = 0"
#define TENANT_ORDER(column)                                                                       \
	"CREATE INDEX accounts_tenant_" column " ON accounts (tenant, " column ") WHERE " column " > 0"

static const char *const harm_and_orders[] = {
	ADD("alert_accounts", "harm"),
	ADD("alert_accounts", "first_us"),
	ADD("alert_accounts", "last_us"),
	"UPDATE alert_accounts SET first_us = alerts.first_us, last_us = alerts.last_us,"
	" harm = CASE WHEN detector IN ('foreign_reader', 'second_account') THEN 2"
	" WHEN detector IN ('takeover', 'bulk_read', 'new_network_success') THEN 3"
	" WHEN EXISTS (SELECT 1 FROM accounts JOIN pairs ON pairs.account = accounts.id"
	" WHERE accounts.account = alert_accounts.account AND pairs.successes > 0"
	" AND pairs.first_us >= alerts.first_us) THEN 3 ELSE 1 END"
	" FROM alerts WHERE alerts.id = alert_accounts.alert",
	"DROP INDEX alert_accounts_account",
	"CREATE INDEX alert_accounts_account ON alert_accounts (account, harm, last_us)",
	TENANT_ORDER("failures"),
	TENANT_ORDER("successes"),
	TENANT_ORDER("messages"),
	TENANT_ORDER("bytes_sent"),
	"CREATE INDEX pairs_account_opened ON pairs (account, last_us) WHERE " PAIR_OPENED,
	"CREATE INDEX pairs_account_failed ON pairs (account, last_us) WHERE " PAIR_FAILED,
	"DROP INDEX pairs_source",
	"CREATE INDEX pairs_source ON pairs (source, successes, failures)",
	"CREATE INDEX readers_account ON readers (account, messages)",
	"DROP INDEX alerts_time",
	"CREATE INDEX alerts_time ON alerts (time_us, id, again_us, detector)",
	"CREATE INDEX accepted_alert ON accepted (alert)",
	NULL,
};

/* A file of version n has passed through the first n of them. */
static const char *const *const migrations[MIGRATIONS_LATEST] = {
	sums,
	hours_and_coverage,
	files_of_many_messages,
	readers_by_login,
	connections_of_sources,
	ways_by_login,
	plain_names,
	failures_go_first,
	accepted_readers,
	harm_and_orders,
};

/* ?1 in a statement is the time of the migration. SQLite result code. */
static int migrations_run(sqlite3 *database, const char *text, int64_t now_us)
{
	sqlite3_stmt *statement;
	int r = sqlite3_prepare_v2(database, text, -1, &statement, NULL);

	if (r != SQLITE_OK)
		return r;
	if (sqlite3_bind_parameter_count(statement) > 0)
		(void)sqlite3_bind_int64(statement, 1, now_us);
	(void)sqlite3_step(statement);
	return sqlite3_finalize(statement);
}

static int migrations_run_all(sqlite3 *database, int64_t version, int64_t now_us)
{
	_cleanup_free_ char *marks =
		xasprintf("PRAGMA application_id = %d; PRAGMA user_version = %d",
			  MIGRATIONS_APPLICATION_ID, MIGRATIONS_LATEST);
	int r = SQLITE_OK;

	for (; version < MIGRATIONS_LATEST; version++)
		for (const char *const *text = migrations[version]; *text && r == SQLITE_OK; text++)
			r = migrations_run(database, *text, now_us);
	return r == SQLITE_OK ? sqlite3_exec(database, marks, NULL, NULL, NULL) : r;
}

int migrations_apply(sqlite3 *database, int64_t version, int64_t now_us)
{
	int r;

	if (version == MIGRATIONS_LATEST)
		return SQLITE_OK;
	r = sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = migrations_run_all(database, version, now_us);
	if (r == SQLITE_OK)
		r = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
	return r;
}
