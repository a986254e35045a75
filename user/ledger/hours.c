/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per account, source, access path and hour. What was counted while no daemon ran cannot be
 * divided: it belongs to the hour of its last event, and first_us says since when.
 *
 * When there are too many, rows of nothing but failures go first: guessing with a million names
 * must not take away who read what.
 */
#include <errno.h>

#include "base/time.h"
#include "ledger/hours.h"

#define NO_UID INT64_C(-1)

/* Who used an account, and how. */
struct access_path {
	const char *service, *actor, *unit, *master, *class;
	int64_t uid, login_uid;
};

static int64_t hours_number(uint64_t count)
{
	return count > INT64_MAX ? INT64_MAX : (int64_t)count;
}

/* The unknown has no name. */
static int hours_name(struct ledger *ledger, const char *name, int64_t *ret_id)
{
	int r;

	*ret_id = 0;
	if (!name[0])
		return 0;
	r = handle_run(ledger, STATEMENT_NAME_FIND, ret_id, "t", name);
	if (r == -ENOENT)
		r = handle_run(ledger, STATEMENT_NAME_ADD, ret_id, "t", name);
	return r;
}

static int hours_run_access_path(struct ledger *ledger, enum statement statement,
				 const struct access_path *path, int64_t *ret_id)
{
	return handle_run(ledger, statement, ret_id, "ttiittt", path->service, path->actor,
			  path->uid, path->login_uid, path->unit, path->master, path->class);
}

static int hours_access_path(struct ledger *ledger, const struct access_path *path, int64_t *ret_id)
{
	int r = hours_run_access_path(ledger, STATEMENT_ACCESS_PATH_FIND, path, ret_id);

	return r == -ENOENT ? hours_run_access_path(ledger, STATEMENT_ACCESS_PATH_ADD, path, ret_id)
			    : r;
}

int hours_add_login(struct ledger *ledger, const struct attempt_row *row, int64_t first_us,
		    int64_t last_us)
{
	const struct access_path login = {.service = row->service,
					  .actor = "",
					  .unit = "",
					  .master = "",
					  .class = "",
					  .uid = NO_UID,
					  .login_uid = NO_UID};
	int64_t account, source, access_path, none = 0;
	int r;

	if (!row->account[0] || !(row->count[OUTCOME_SUCCESS] | row->count[OUTCOME_FAILURE]))
		return 0;
	r = hours_name(ledger, row->account, &account);
	if (r == 0)
		r = hours_name(ledger, row->source, &source);
	if (r == 0)
		r = hours_access_path(ledger, &login, &access_path);
	if (r < 0)
		return r;
	return handle_run(ledger, STATEMENT_HOUR_ADD, NULL, "iiiiiiiiiiii", account,
			  last_us / US_PER_HOUR, source, access_path,
			  hours_number(row->count[OUTCOME_SUCCESS]),
			  hours_number(row->count[OUTCOME_FAILURE]), none, none, none, none,
			  first_us, last_us);
}

int hours_add_read(struct ledger *ledger, const struct read_row *row, int64_t first_us,
		   int64_t last_us)
{
	const struct access_path read = {.service = row->service,
					 .actor = row->actor,
					 .unit = row->unit,
					 .master = row->master,
					 .class = reader_to_string(row->reader),
					 .uid = row->uid,
					 .login_uid = row->login_uid == UID_NONE ? NO_UID
										 : row->login_uid};
	int64_t account, source, access_path, none = 0;
	int r;

	if (!(row->messages | row->mailbox_files | row->scanned | row->bytes_sent))
		return 0;
	r = hours_name(ledger, row->account, &account);
	if (r == 0)
		r = hours_name(ledger, row->source, &source);
	if (r == 0)
		r = hours_access_path(ledger, &read, &access_path);
	if (r < 0)
		return r;
	return handle_run(ledger, STATEMENT_HOUR_ADD, NULL, "iiiiiiiiiiii", account,
			  last_us / US_PER_HOUR, source, access_path, none, none,
			  hours_number(row->messages), hours_number(row->mailbox_files),
			  hours_number(row->scanned), hours_number(row->bytes_sent), first_us,
			  last_us);
}

static int hours_expire(struct ledger *ledger, int64_t now_us, uint64_t *budget)
{
	int64_t oldest = (now_us - ledger->max_age_us) / US_PER_HOUR, hour, expired = 0;
	int r = 0;

	if (ledger->max_age_us == 0 || oldest <= 0)
		return 0;
	while (*budget > 0) {
		r = handle_run(ledger, STATEMENT_HOUR_EXPIRE, &hour, "i", oldest);
		if (r < 0)
			break;
		(*budget)--;
		expired++;
	}
	if (r < 0 && r != -ENOENT)
		return r;
	if (expired == 0)
		return 0;
	return handle_run(ledger, STATEMENT_HOUR_COUNT_EXPIRED, NULL, "ii", expired,
			  oldest * US_PER_HOUR);
}

static int hours_fold_one(struct ledger *ledger)
{
	int64_t hour;
	int r;

	r = handle_run(ledger, STATEMENT_HOUR_FOLD_FAILURES, &hour, "");
	if (r == 0)
		return handle_run(ledger, STATEMENT_HOUR_NOTE_FAILURES, NULL, "i",
				  (hour + 1) * US_PER_HOUR);
	if (r == -ENOENT)
		r = handle_run(ledger, STATEMENT_HOUR_FOLD, &hour, "");
	if (r == 0)
		r = handle_run(ledger, STATEMENT_HOUR_NOTE, NULL, "i", (hour + 1) * US_PER_HOUR);
	return r;
}

int hours_evict(struct ledger *ledger, int64_t now_us, uint64_t *budget, int64_t *evicted)
{
	uint64_t rows;
	int r;

	r = hours_expire(ledger, now_us, budget);
	if (r == 0)
		r = handle_rows(ledger, "hours", &rows);
	for (; r == 0 && rows > ledger->max_rows && *budget > 0; rows--, (*budget)--) {
		r = hours_fold_one(ledger);
		(*evicted)++;
	}
	return r;
}
