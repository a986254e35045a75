/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sums since the first start, and the alerts, in one SQLite file: whose account was tried or
 * opened, from where, how much, when. Written once per tick in one transaction, read by the API.
 *
 * Bounded: past the row caps the rows that are unchanged for longest are folded away and counted.
 */
#ifndef WAX_LEDGER_LEDGER_H
#define WAX_LEDGER_LEDGER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/acceptance.h"
#include "model/alert.h"
#include "model/snapshot.h"

struct ledger;

struct ledger_settings {
	const char *path;
	uint64_t max_rows; /* per table */
	int64_t max_age_us; /* of rows by hour and of coverage; 0: no limit */
};

/* The row that holds the sums of accounts, sources or tenants that were folded away. */
#define LEDGER_OLDER "(older)"

/* What became of the state file at opening. */
enum ledger_opening {
	LEDGER_OPENED,
	LEDGER_CREATED,
	LEDGER_SET_ASIDE, /* damaged or of a later version: renamed, a fresh one was made */
};

/* ret_aside: where the old file is now ("" unless LEDGER_SET_ASIDE); size bytes. Returns 0 or
 * -errno. Free with ledger_close(). */
int ledger_open(const struct ledger_settings *settings, struct ledger **ret,
		enum ledger_opening *ret_opening, char *ret_aside, size_t size);
void ledger_close(struct ledger *ledger);

/* Adds one tick in one transaction. Returns 0 or -errno (and nothing was added). -EUCLEAN: the file
 * is damaged; close and open again, closing sets it aside. */
int ledger_add(struct ledger *ledger, const struct snapshot *snapshot);
/* Of its accounts those that are news since the last time, at most LEDGER_ACCOUNTS_AT_ONCE: no tick
 * writes more for one alert. What is left is in alert->n_unsaved. */
#define LEDGER_ACCOUNTS_AT_ONCE 4096
int ledger_save_alert(struct ledger *ledger, struct alert *alert);
/* The same without the alert itself, which is there. */
int ledger_save_accounts(struct ledger *ledger, struct alert *alert);
/* -ENOENT: there is none with this id. Its detector points into the ledger, it has no accounts. */
int ledger_find_alert(struct ledger *ledger, const char *id, struct alert *ret);
/* Calls back with each alert that was active when the last run ended, and with those about readers
 * that are over and that nobody has answered, the newest first; the callee owns its members, but
 * detector points into the ledger. */
int ledger_each_open_alert(struct ledger *ledger,
			     void (*each)(void *context, struct alert *alert), void *context);

/* Writes an acceptance down, answers its alert, and ends an earlier one of the same reader. Its id is
 * in acceptance->id then. -ENOSPC: ACCEPTANCES_CAP are in force. */
int ledger_accept(struct ledger *ledger, struct acceptance *acceptance);
/* Names a user in all that he accepted or revoked without a name. Returns 0 or -errno. */
int ledger_name_accepting(struct ledger *ledger, uint32_t uid, const char *name);
/* -ENOENT: none with this id is in force. */
int ledger_revoke(struct ledger *ledger, int64_t id, uint32_t by_uid, const char *by_name,
		  int64_t now_us);
/* Those in force; adds to ret. */
int ledger_read_accepted(struct ledger *ledger, int64_t now_us, struct acceptances *ret);
int ledger_query_accepted(struct ledger *ledger, int64_t now_us, json_t **ret_json);

/* Which maps the last counts came from, and that all of their drains below ret_epochs are here. */
int ledger_committed(struct ledger *ledger, uint64_t *ret_instance, uint64_t *ret_epochs);

/* First start on this state, microseconds since the epoch. */
int64_t ledger_since(const struct ledger *ledger);
/* Rows that were folded away because a table was full. */
uint64_t ledger_evicted(const struct ledger *ledger);
int ledger_count_accounts(struct ledger *ledger, uint64_t *ret_accounts, uint64_t *ret_sources);

/*
 * The documents of the contract (design: command line). Each writes a new reference to ret_json
 * and returns 0, -ENOENT (account or source never seen), -EINVAL (bad word) or another -errno.
 */
#define LEDGER_DEFAULT_TOP 20

/* The words that `by` may be, each list ending with NULL; the first is the default. */
extern const char *const ledger_account_orders[];
extern const char *const ledger_source_orders[];

struct ledger_query {
	const char *by;	      /* NULL: the command's default */
	const char *tenant;   /* NULL: all */
	const char *detector; /* NULL: all */
	const char *account;  /* NULL: all */
	const char *actor;    /* NULL: all */
	const char *after;    /* NULL: the first page; `next` of the page before */
	int64_t since_us;     /* 0: all */
	int64_t until_us;     /* 0: up to now */
	int64_t now_us;
	bool with_tried, with_nonexistent; /* `affected`: accounts that were not opened, too */
	unsigned int top; /* 0: the command's default */
};
int ledger_query_accounts(struct ledger *ledger, const struct ledger_query *query,
			  json_t **ret_json);
int ledger_query_account(struct ledger *ledger, const char *account, json_t **ret_json);
int ledger_query_sources(struct ledger *ledger, const struct ledger_query *query,
			 json_t **ret_json);
int ledger_query_source(struct ledger *ledger, const char *source, json_t **ret_json);
int ledger_query_tenants(struct ledger *ledger, json_t **ret_json);
int ledger_query_stores(struct ledger *ledger, json_t **ret_json);
int ledger_query_alerts(struct ledger *ledger, const struct ledger_query *query, json_t **ret_json);
int ledger_query_alert(struct ledger *ledger, const char *id, json_t **ret_json);
int ledger_query_affected(struct ledger *ledger, const struct ledger_query *query,
			  json_t **ret_json);
/* A page of the rows by hour; -EINVAL for an `after` that no page gave. */
int ledger_query_hours(struct ledger *ledger, const struct ledger_query *query, json_t **ret_json);
int ledger_query_coverage(struct ledger *ledger, const struct ledger_query *query,
			  json_t **ret_json);

#endif
