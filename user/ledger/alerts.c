/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Alerts as they are saved, listed and taken back after a restart. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
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
		alert->again_us, alert->reported_us, (int64_t)alert->reported.opens,
		(int64_t)alert->reported.accounts, (int64_t)alert->reported.bytes);
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

/* Past the cap an account is counted instead of kept: the alert itself still says how many. Returns how
 * many were dealt with, or -errno. */
static int alerts_save_accounts(struct ledger *ledger, const struct alert *alert)
{
	size_t left = alert->n_unsaved;
	int64_t refused = 0;
	int done = 0, r = 0;

	for (size_t i = 0; left > 0 && done < LEDGER_ACCOUNTS_AT_ONCE && i < alert->n_accounts; i++) {
		const struct harmed_account *account = &alert->accounts[i];

		if (!account->is_unsaved)
			continue;
		r = refused ? -ENOSPC : alerts_make_room(ledger, alert->severity);
		refused += r == -ENOSPC;
		if (r == 0)
			r = handle_run(ledger, STATEMENT_ALERT_ACCOUNT_ADD, NULL, "ttiii",
				       alert->id, account->name, (int64_t)account->harm,
				       account->first_us, account->last_us);
		if (r < 0 && r != -ENOSPC)
			return r;
		done++;
		left--;
	}
	r = refused ? handle_run(ledger, STATEMENT_COUNT_EVICTED, NULL, "i", refused) : 0;
	return r < 0 ? r : done;
}

/* The first so many. */
static void alerts_note_saved(struct alert *alert, int done)
{
	for (size_t i = 0; done > 0 && i < alert->n_accounts; i++) {
		if (!alert->accounts[i].is_unsaved)
			continue;
		alert->accounts[i].is_unsaved = false;
		alert->n_unsaved--;
		done--;
	}
}

/* The accounts first: to make room for them an alert that is over goes, never this one. */
static int alerts_save(struct ledger *ledger, struct alert *alert, bool with_row)
{
	int done, r;

	r = handle_begin(ledger);
	if (r < 0)
		return r;
	done = r = alerts_save_accounts(ledger, alert);
	if (r >= 0)
		r = with_row ? alerts_save_row(ledger, alert) : 0;
	r = handle_end(ledger, r);
	if (r == 0)
		alerts_note_saved(alert, done);
	return r;
}

int ledger_save_alert(struct ledger *ledger, struct alert *alert)
{
	return alerts_save(ledger, alert, /* with_row= */ true);
}

int ledger_save_accounts(struct ledger *ledger, struct alert *alert)
{
	return alerts_save(ledger, alert, /* with_row= */ false);
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
		.reported_us = sqlite3_column_int64(row, 13),
		.reported = {.opens = (uint64_t)sqlite3_column_int64(row, 14),
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
	alerts_note_saved(alert, ALERT_ACCOUNTS_MAX);
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

/* A page ends after so many alerts, so many bytes of evidence, or so many rows looked at. */
#define PAGE_ALERTS 1000
#define PAGE_SCANNED 20000
#define PAGE_BYTES (4 << 20)

/* Along an index that has all of these; the alert itself is read when it is wanted. */
static const char places_text[] =
	"SELECT time_us, id, max(time_us, again_us), detector FROM alerts"
	" WHERE (time_us, id) > (?1, ?2) ORDER BY time_us, id";

struct alerts_page {
	const struct ledger_query *query;
	json_t *alerts;
	size_t top, scanned, bytes;
};

static int alerts_add_to_page(struct ledger *ledger, const char *id, struct alerts_page *page)
{
	_cleanup_statement_ sqlite3_stmt *row = NULL;
	struct alert alert;
	int r = query_open(ledger, "SELECT " ALERT_COLUMNS " FROM alerts WHERE id = ?", &row, "t", id);

	if (r == 0)
		r = query_next(ledger, row);
	if (r > 0) {
		page->bytes += (size_t)sqlite3_column_bytes(row, 6);
		r = alerts_read(ledger, row, &alert);
	}
	if (r < 0)
		return r;
	(void)json_array_append_new(page->alerts, alert_to_json(&alert));
	alert_done(&alert);
	return 0;
}

static bool alerts_page_wants(const struct alerts_page *page, sqlite3_stmt *place)
{
	const struct ledger_query *query = page->query;

	return sqlite3_column_int64(place, 2) >= query->since_us &&
	       (!query->detector || strcmp(query_text(place, 3), query->detector) == 0);
}

static bool alerts_page_is_full(const struct alerts_page *page)
{
	return json_array_size(page->alerts) == page->top || page->scanned >= PAGE_SCANNED ||
	       page->bytes >= PAGE_BYTES;
}

/* "TIME-ID", the place behind an alert. */
static int alerts_parse_place(const char *after, int64_t *ret_time_us, const char **ret_id)
{
	char digits[24] = "";
	const char *dash = strchr(after, '-');
	uint64_t time_us;

	if (!dash || (size_t)(dash - after) >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, after, (size_t)(dash - after));
	if (parse_u64(digits, 0, INT64_MAX, &time_us) < 0)
		return -EINVAL;
	*ret_time_us = (int64_t)time_us;
	*ret_id = dash + 1;
	return 0;
}

/* ret_next: where the next page begins; NULL when this is the last. */
static int alerts_fill(struct ledger *ledger, sqlite3_stmt *places, struct alerts_page *page,
		       char **ret_next)
{
	_cleanup_free_ char *next = NULL;
	int r;

	while ((r = query_next(ledger, places)) > 0) {
		if (next) {
			*ret_next = take_ptr(next);
			return 0;
		}
		page->scanned++;
		if (alerts_page_wants(page, places)) {
			r = alerts_add_to_page(ledger, query_text(places, 1), page);
			if (r < 0)
				return r;
		}
		if (alerts_page_is_full(page))
			next = xasprintf("%lld-%s", (long long)sqlite3_column_int64(places, 0),
					 query_text(places, 1));
	}
	return r;
}

int ledger_query_alerts(struct ledger *ledger, const struct ledger_query *query, json_t **ret_json)
{
	_cleanup_statement_ sqlite3_stmt *places = NULL;
	struct alerts_page page = {
		.query = query,
		.top = query->top && query->top < PAGE_ALERTS ? query->top : PAGE_ALERTS};
	_cleanup_free_ char *next = NULL;
	int64_t time_us = INT64_MIN;
	const char *id = "";
	int r = query->after ? alerts_parse_place(query->after, &time_us, &id) : 0;

	if (r == 0)
		r = query_open(ledger, places_text, &places, "it", time_us, id);
	if (r < 0)
		return r;
	page.alerts = json_array();
	r = alerts_fill(ledger, places, &page, &next);
	if (r == 0)
		*ret_json = json_pack("{s:O, s:o}", "alerts", page.alerts, "next",
				      next ? json_string(next) : json_null());
	json_decref(page.alerts);
	return r;
}

int ledger_query_alert(struct ledger *ledger, const char *id, json_t **ret_json)
{
	struct alert alert;
	int r = ledger_find_alert(ledger, id, &alert);

	if (r < 0)
		return r;
	*ret_json = alert_to_json(&alert);
	alert_done(&alert);
	return 0;
}
