/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * accounts, sources and tenants carry the sums that lists are made of, so that no list ever adds
 * up details; pairs, logins and readers carry what one account or one source is asked for.
 *
 * Triggers keep what must stay true inside each transaction: the rows per table, the number of
 * distinct sources of an account and accounts of a source, the number of accounts of a tenant.
 */
#include <stdio.h>

#include "base/mem.h"
#include "ledger/schema.h"

static const char *const tables[] = {
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
};

/* The orders of the lists, each without the rows that would come last anyway, and the order in
 * which rows are folded away. */
static const char *const indexes[] = {
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
};

static const char *const triggers[] = {
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
	("CREATE TRIGGER alert_removed AFTER DELETE ON alerts BEGIN"
	 " DELETE FROM alert_accounts WHERE alert = old.id; END"),
};

static const char *const counted[] = {
	"accounts", "sources", "tenants", "pairs",	    "logins",
	"readers",  "stores",  "alerts",  "alert_accounts",
};

int schema_run_all(sqlite3 *database, const char *const *texts, size_t count)
{
	int r = SQLITE_OK;

	for (size_t i = 0; i < count && r == SQLITE_OK; i++)
		r = sqlite3_exec(database, texts[i], NULL, NULL, NULL);
	return r;
}

int schema_count_rows_of(sqlite3 *database, const char *table)
{
	_cleanup_free_ char *text =
		xasprintf("INSERT INTO counts (name) VALUES ('%1$s');"
			  "CREATE TRIGGER %1$s_row_added AFTER INSERT ON %1$s BEGIN"
			  " UPDATE counts SET rows = rows + 1 WHERE name = '%1$s'; END;"
			  "CREATE TRIGGER %1$s_row_removed AFTER DELETE ON %1$s BEGIN"
			  " UPDATE counts SET rows = rows - 1 WHERE name = '%1$s'; END",
			  table);

	return sqlite3_exec(database, text, NULL, NULL, NULL);
}

static int schema_fill(sqlite3 *database, int64_t since_us)
{
	_cleanup_free_ char *marks =
		xasprintf("INSERT INTO state (id, since_us) VALUES (1, %lld);"
			  "PRAGMA application_id = %d; PRAGMA user_version = 1",
			  (long long)since_us, SCHEMA_APPLICATION_ID);
	int r;

	r = schema_run_all(database, tables, ARRAY_LENGTH(tables));
	if (r == SQLITE_OK)
		r = schema_run_all(database, indexes, ARRAY_LENGTH(indexes));
	if (r == SQLITE_OK)
		r = schema_run_all(database, triggers, ARRAY_LENGTH(triggers));
	for (size_t i = 0; i < ARRAY_LENGTH(counted) && r == SQLITE_OK; i++)
		r = schema_count_rows_of(database, counted[i]);
	if (r == SQLITE_OK)
		r = sqlite3_exec(database, marks, NULL, NULL, NULL);
	return r;
}

static int schema_step(sqlite3 *database, int64_t version, int64_t now_us)
{
	_cleanup_free_ char *mark =
		xasprintf("PRAGMA user_version = %lld", (long long)version + 1);
	int r = SQLITE_ERROR;

	if (version == 1)
		r = hourly_create(database, now_us);
	else if (version == 2)
		r = holdings_create(database);
	else if (version == 3)
		r = actors_widen(database);
	else if (version == 4)
		r = connections_create(database);
	else if (version == 5)
		r = ways_widen(database);
	return r == SQLITE_OK ? sqlite3_exec(database, mark, NULL, NULL, NULL) : r;
}

static int schema_climb(sqlite3 *database, int64_t version, int64_t now_us)
{
	int r = SQLITE_OK;

	for (; version < SCHEMA_VERSION && r == SQLITE_OK; version++)
		r = schema_step(database, version, now_us);
	return r;
}

int schema_create(sqlite3 *database, int64_t since_us)
{
	int r;

	r = sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = schema_fill(database, since_us);
	/* a fresh file takes the same way as an old one */
	if (r == SQLITE_OK)
		r = schema_climb(database, 1, since_us);
	if (r == SQLITE_OK)
		r = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
	return r;
}

int schema_upgrade(sqlite3 *database, int64_t version, int64_t now_us)
{
	int r;

	if (version == SCHEMA_VERSION)
		return SQLITE_OK;
	r = sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (r == SQLITE_OK)
		r = schema_climb(database, version, now_us);
	if (r == SQLITE_OK)
		r = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
	return r;
}

int schema_configure(sqlite3 *database)
{
	/* In WAL mode NORMAL never tears the file. What must be on the disk when a commit returns
	 * asks for more: handle_make_durable(). */
	static const char *const settings[] = {
		"PRAGMA journal_mode = WAL",
		"PRAGMA synchronous = NORMAL",
		"PRAGMA journal_size_limit = 16777216",
		"PRAGMA cache_size = -8192",
		"PRAGMA temp_store = MEMORY",
	};

	(void)sqlite3_busy_timeout(database, 200);
	return schema_run_all(database, settings, ARRAY_LENGTH(settings));
}
