/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readers that operators accepted. Rows stay when they have ended: who did it is evidence. */
#include <errno.h>

#include "base/mem.h"
#include "ledger/query.h"

/* Ended ones past this number are deleted, the oldest first. */
#define ENDED_ROWS 10000

#define ACCEPTED_COLUMNS                                                                           \
	"id, alert, detector, program, uid, unit, script, session_account, opened_account,"        \
	" measure, note, by_uid, by_name, at_us, until_us"
#define IN_FORCE "revoked_us = 0 AND (until_us = 0 OR until_us > ?1)"

/* A statement without rows, made for this once. */
#define accepted_change(ledger, text, types, ...)                                                     \
	({                                                                                         \
		_cleanup_statement_ sqlite3_stmt *statement_ = NULL;                               \
		int r_ = query_open(ledger, text, &statement_, types, __VA_ARGS__);                \
		r_ == 0 ? query_next(ledger, statement_) : r_;                                     \
	})

static int accepted_number(struct ledger *ledger, const char *text, int64_t now_us, int64_t *ret)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r = query_open(ledger, text, &rows, "i", now_us);

	if (r == 0)
		r = query_next(ledger, rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret = sqlite3_column_int64(rows, 0);
	return 0;
}

/* One acceptance of a reader is enough: the new one says until when, and why. */
static int accepted_end_same(struct ledger *ledger, const struct acceptance *acceptance)
{
	return accepted_change(
		ledger,
		"UPDATE accepted SET revoked_us = ?1, revoked_by_uid = ?2, revoked_by_name = ?3"
		" WHERE " IN_FORCE " AND detector = ?4 AND program = ?5 AND uid = ?6 AND unit = ?7"
		" AND script = ?8 AND session_account = ?9 AND opened_account = ?10",
		"iitttitttt", acceptance->at_us, (int64_t)acceptance->by_uid, acceptance->by_name,
		acceptance->detector, acceptance->program, (int64_t)acceptance->uid,
		acceptance->unit, acceptance->script, acceptance->session_account,
		acceptance->opened_account);
}

static int accepted_insert(struct ledger *ledger, const struct acceptance *acceptance)
{
	return accepted_change(
		ledger,
		"INSERT INTO accepted (alert, detector, program, uid, unit, script,"
		" session_account, opened_account, measure, note, by_uid, by_name, at_us, until_us)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		"tttittttititii", acceptance->alert, acceptance->detector, acceptance->program,
		(int64_t)acceptance->uid, acceptance->unit, acceptance->script,
		acceptance->session_account, acceptance->opened_account, acceptance->measure,
		acceptance->note, (int64_t)acceptance->by_uid, acceptance->by_name,
		acceptance->at_us, acceptance->until_us);
}

static int accepted_write(struct ledger *ledger, const struct acceptance *acceptance)
{
	int64_t in_force;
	int r = accepted_end_same(ledger, acceptance);

	if (r == 0)
		r = accepted_number(ledger, "SELECT count(*) FROM accepted WHERE " IN_FORCE,
				    acceptance->at_us, &in_force);
	if (r == 0 && in_force >= ACCEPTANCES_CAP)
		return -ENOSPC;
	if (r == 0)
		r = accepted_insert(ledger, acceptance);
	if (r == 0)
		r = accepted_change(ledger, "UPDATE alerts SET answered = 1 WHERE id = ?1", "t",
				 acceptance->alert);
	if (r == 0)
		r = accepted_change(ledger,
				 "DELETE FROM accepted WHERE NOT (" IN_FORCE ") AND id <="
				 " (SELECT max(id) FROM accepted) - ?2",
				 "ii", acceptance->at_us, (int64_t)ENDED_ROWS);
	return r;
}

int ledger_accept(struct ledger *ledger, struct acceptance *acceptance)
{
	int r = handle_begin(ledger);

	if (r < 0)
		return r;
	r = handle_end(ledger, accepted_write(ledger, acceptance));
	if (r == 0)
		r = accepted_number(ledger, "SELECT max(id) FROM accepted WHERE at_us <= ?1",
				    acceptance->at_us, &acceptance->id);
	return r;
}

int ledger_revoke(struct ledger *ledger, int64_t id, uint32_t by_uid, const char *by_name,
		  int64_t now_us)
{
	int r = accepted_change(ledger,
			     "UPDATE accepted SET revoked_us = ?1, revoked_by_uid = ?2,"
			     " revoked_by_name = ?3 WHERE " IN_FORCE " AND id = ?4",
			     "iiti", now_us, (int64_t)by_uid, by_name, id);

	if (r < 0)
		return r;
	return sqlite3_changes(ledger->database) > 0 ? 0 : -ENOENT;
}

int ledger_name_accepting(struct ledger *ledger, uint32_t uid, const char *name)
{
	int r = accepted_change(ledger,
				"UPDATE accepted SET by_name = ?1 WHERE by_name = '' AND by_uid = ?2",
				"ti", name, (int64_t)uid);

	if (r < 0)
		return r;
	return accepted_change(ledger,
			       "UPDATE accepted SET revoked_by_name = ?1 WHERE revoked_by_name = ''"
			       " AND revoked_us > 0 AND revoked_by_uid = ?2",
			       "ti", name, (int64_t)uid);
}

static void accepted_read(sqlite3_stmt *row, struct acceptance *ret)
{
	*ret = (struct acceptance){
		.id = sqlite3_column_int64(row, 0),
		.alert = xstrdup(query_text(row, 1)),
		.detector = xstrdup(query_text(row, 2)),
		.program = xstrdup(query_text(row, 3)),
		.uid = (uint32_t)sqlite3_column_int64(row, 4),
		.unit = xstrdup(query_text(row, 5)),
		.script = xstrdup(query_text(row, 6)),
		.session_account = xstrdup(query_text(row, 7)),
		.opened_account = xstrdup(query_text(row, 8)),
		.measure = sqlite3_column_int64(row, 9),
		.note = xstrdup(query_text(row, 10)),
		.by_uid = (uint32_t)sqlite3_column_int64(row, 11),
		.by_name = xstrdup(query_text(row, 12)),
		.at_us = sqlite3_column_int64(row, 13),
		.until_us = sqlite3_column_int64(row, 14),
	};
}

int ledger_read_accepted(struct ledger *ledger, int64_t now_us, struct acceptances *ret)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r = query_open(ledger,
			   "SELECT " ACCEPTED_COLUMNS " FROM accepted WHERE " IN_FORCE " ORDER BY id",
			   &rows, "i", now_us);

	if (r < 0)
		return r;
	while ((r = query_next(ledger, rows)) > 0) {
		struct acceptance acceptance;

		accepted_read(rows, &acceptance);
		acceptances_add(ret, &acceptance);
	}
	return r;
}

int ledger_query_accepted(struct ledger *ledger, int64_t now_us, json_t **ret_json)
{
	struct acceptances acceptances = {};
	int r = ledger_read_accepted(ledger, now_us, &acceptances);
	json_t *array;

	if (r == 0) {
		array = json_array();
		for (size_t i = 0; i < acceptances.count; i++)
			json_array_append_new(array, acceptance_to_json(&acceptances.items[i]));
		*ret_json = json_pack("{s:o}", "accepted", array);
	}
	acceptances_done(&acceptances);
	return r;
}
