/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts as they are saved, listed and taken back after a restart. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/evict.h"
#include "ledger/query.h"

/* Active ones, and those about readers that nobody answered: more than the registry keeps. */
#define OPEN_ALERTS 8192

#define ALERT_COLUMNS                                                                              \
	"id, detector, severity, subject_kind, subject, message, evidence, time_us, first_us,"     \
	" last_us, count, active, again_us, told_us, told_opens, told_accounts, told_bytes"

static int alerts_save_row(struct ledger *ledger, const struct alert *alert)
{
	_cleanup_free_ char *evidence =
		alert->evidence ? json_dumps(alert->evidence, JSON_COMPACT) : NULL;

	return handle_run(
		ledger, STATEMENT_ALERT_SAVE, NULL, "tttttttiiiiiiiiii", alert->id, alert->detector,
		severity_to_string(alert->severity), subject_kind_to_string(alert->subject_kind),
		alert->subject, alert->message, evidence ? evidence : "{}", alert->time_us,
		alert->first_us, alert->last_us, (int64_t)alert->count, (int64_t)alert->active,
		alert->again_us, alert->told_us, (int64_t)alert->told.opens,
		(int64_t)alert->told.accounts, (int64_t)alert->told.bytes);
}

/* -ENOSPC: the table is full of what is at least as grave. */
static int alerts_make_room(struct ledger *ledger, enum severity severity)
{
	uint64_t rows;
	int r = handle_rows(ledger, "alert_accounts", &rows);

	while (r == 0 && rows >= ledger->max_rows) {
		r = evict_alert_accounts(ledger, severity);
		if (r == -ENOENT)
			return -ENOSPC;
		if (r == 0)
			r = handle_rows(ledger, "alert_accounts", &rows);
	}
	return r;
}

/* Past the cap an account is counted instead of kept: the alert itself still says how many. */
static int alerts_save_accounts(struct ledger *ledger, const struct alert *alert)
{
	int64_t refused = 0;
	int r = 0;

	for (size_t i = 0; alert->n_unsaved > 0 && i < alert->n_accounts && r == 0; i++) {
		const struct harmed_account *account = &alert->accounts[i];

		if (!account->is_unsaved)
			continue;
		r = refused ? -ENOSPC : alerts_make_room(ledger, alert->severity);
		refused += r == -ENOSPC;
		if (r == 0)
			r = handle_run(ledger, STATEMENT_ALERT_ACCOUNT_ADD, NULL, "ttiii",
				       alert->id, account->name, (int64_t)account->harm,
				       account->first_us, account->last_us);
		r = r == -ENOSPC ? 0 : r;
	}
	if (r == 0 && refused)
		r = handle_run(ledger, STATEMENT_COUNT_EVICTED, NULL, "i", refused);
	return r;
}

static void alerts_note_saved(struct alert *alert)
{
	for (size_t i = 0; alert->n_unsaved > 0 && i < alert->n_accounts; i++)
		alert->accounts[i].is_unsaved = false;
	alert->n_unsaved = 0;
}

/* The accounts first: to make room for them an alert that is over goes, never this one. */
int ledger_save_alert(struct ledger *ledger, struct alert *alert)
{
	int r;

	r = handle_begin(ledger);
	if (r < 0)
		return r;
	r = alerts_save_accounts(ledger, alert);
	if (r == 0)
		r = alerts_save_row(ledger, alert);
	r = handle_end(ledger, r);
	if (r == 0)
		alerts_note_saved(alert);
	return r;
}

/* Alerts point to their detector's name without owning it: the ledger keeps a copy for them. */
static const char *alerts_detector(struct ledger *ledger, const char *name)
{
	for (size_t i = 0; i < HANDLE_DETECTORS; i++) {
		if (!ledger->detectors[i])
			ledger->detectors[i] = xstrdup(name);
		if (strcmp(ledger->detectors[i], name) == 0)
			return ledger->detectors[i];
	}
	return "unknown";
}

static enum subject_kind alerts_subject_kind(const char *word)
{
	for (int kind = 0; kind < SUBJECT_MAX; kind++)
		if (strcmp(word, subject_kind_to_string((enum subject_kind)kind)) == 0)
			return (enum subject_kind)kind;
	return SUBJECT_INVALID;
}

/* -EUCLEAN for words that this program never wrote. */
static int alerts_read(struct ledger *ledger, sqlite3_stmt *row, struct alert *ret)
{
	struct alert alert = {
		.severity = severity_from_string(query_text(row, 2)),
		.subject_kind = alerts_subject_kind(query_text(row, 3)),
		.time_us = sqlite3_column_int64(row, 7),
		.first_us = sqlite3_column_int64(row, 8),
		.last_us = sqlite3_column_int64(row, 9),
		.count = (uint64_t)sqlite3_column_int64(row, 10),
		.active = sqlite3_column_int64(row, 11) != 0,
		.again_us = sqlite3_column_int64(row, 12),
		.told_us = sqlite3_column_int64(row, 13),
		.told = {.opens = (uint64_t)sqlite3_column_int64(row, 14),
			 .accounts = (uint64_t)sqlite3_column_int64(row, 15),
			 .bytes = (uint64_t)sqlite3_column_int64(row, 16)},
	};

	if ((int)alert.severity < 0 || (int)alert.subject_kind < 0)
		return -EUCLEAN;
	(void)snprintf(alert.id, sizeof(alert.id), "%s", query_text(row, 0));
	alert.detector = alerts_detector(ledger, query_text(row, 1));
	alert.subject = xstrdup(query_text(row, 4));
	alert.message = xstrdup(query_text(row, 5));
	alert.evidence = json_loads(query_text(row, 6), 0, NULL);
	if (!alert.evidence)
		alert.evidence = json_object();
	*ret = alert;
	return 0;
}

static int alerts_read_accounts(struct ledger *ledger, struct alert *alert)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r;

	r = query_open(ledger,
		       "SELECT account, harm, first_us, last_us FROM alert_accounts"
		       " WHERE alert = ?",
		       &rows, "t", alert->id);
	if (r < 0)
		return r;
	while ((r = query_next(ledger, rows)) > 0) {
		const struct harmed_account account = {
			.name = (char *)query_text(rows, 0),
			.harm = (enum account_harm)sqlite3_column_int(rows, 1),
			.first_us = sqlite3_column_int64(rows, 2),
			.last_us = sqlite3_column_int64(rows, 3),
		};

		if (account.harm < HARM_MAX)
			(void)alert_add_account(alert, &account);
	}
	alerts_note_saved(alert);
	return r;
}

static int alerts_collect_open(struct ledger *ledger, struct alert **alerts, size_t *count)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r;

	r = query_open(ledger, "SELECT " ALERT_COLUMNS " FROM alerts WHERE active = 1 OR (answered = 0"
		       " AND subject_kind = 'actor') ORDER BY active DESC, last_us DESC LIMIT ?",
		       &rows, "i", (int64_t)OPEN_ALERTS);
	if (r < 0)
		return r;
	while ((r = query_next(ledger, rows)) > 0) {
		*alerts = xreallocarray(*alerts, *count + 1, sizeof(**alerts));
		r = alerts_read(ledger, rows, &(*alerts)[*count]);
		if (r < 0)
			return r;
		(*count)++;
		if ((*alerts)[*count - 1].active)
			r = alerts_read_accounts(ledger, &(*alerts)[*count - 1]);
		if (r < 0)
			return r;
	}
	return r;
}

int ledger_find_alert(struct ledger *ledger, const char *id, struct alert *ret)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r;

	r = query_open(ledger, "SELECT " ALERT_COLUMNS " FROM alerts WHERE id = ?", &rows, "t", id);
	if (r < 0)
		return r;
	r = query_next(ledger, rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	return alerts_read(ledger, rows, ret);
}

int ledger_each_open_alert(struct ledger *ledger,
			     void (*each)(void *context, struct alert *alert), void *context)
{
	_cleanup_free_ struct alert *alerts = NULL;
	size_t count = 0;
	int r;

	/* All are read before the first callback, so that the callee may save alerts. */
	r = alerts_collect_open(ledger, &alerts, &count);
	for (size_t i = 0; i < count; i++) {
		if (r < 0)
			alert_done(&alerts[i]);
		else
			each(context, &alerts[i]);
	}
	return r;
}

static int alerts_list(struct ledger *ledger, sqlite3_stmt *rows, json_t *array)
{
	struct alert alert;
	int r;

	while ((r = query_next(ledger, rows)) > 0) {
		r = alerts_read(ledger, rows, &alert);
		if (r < 0)
			return r;
		(void)json_array_append_new(array, alert_to_json(&alert));
		alert_done(&alert);
	}
	return r;
}

int ledger_query_alerts(struct ledger *ledger, const struct ledger_query *query, json_t **ret_json)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	json_t *array;
	int r;

	r = query_open(ledger,
		       "SELECT " ALERT_COLUMNS " FROM alerts WHERE max(time_us, again_us) >= ?1"
		       " AND (?2 IS NULL OR detector = ?2) ORDER BY time_us, id",
		       &rows, "it", query->since_us, query->detector);
	if (r < 0)
		return r;
	array = json_array();
	r = alerts_list(ledger, rows, array);
	if (r < 0) {
		json_decref(array);
		return r;
	}
	*ret_json = json_pack("{s:o}", "alerts", array);
	return 0;
}
