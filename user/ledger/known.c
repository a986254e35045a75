/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows in the order of their last change, along an index, from where the last reading ended: none
 * holds a snapshot of the file open, and what changes meanwhile comes again, which does no harm.
 */
#include "ledger/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/query.h"

/* A last attempt that failed says no login: but it came from where one had succeeded. */
static const char pairs_text[] =
	"SELECT pairs.last_us, pairs.id, accounts.account, sources.source,"
	" pairs.first_us, pairs.successes + pairs.messages + pairs.mailbox_files FROM pairs"
	" JOIN accounts ON accounts.id = pairs.account JOIN sources ON sources.id = pairs.source"
	" WHERE (pairs.last_us, pairs.id) > (?1, ?2) AND pairs.last_us <= ?3"
	" ORDER BY pairs.last_us, pairs.id LIMIT ?4";
static const char accounts_text[] =
	"SELECT last_us, id, account, '', 0, successes + messages + mailbox_files FROM accounts"
	" WHERE (last_us, id) > (?1, ?2) AND last_us <= ?3 ORDER BY last_us, id LIMIT ?4";

static bool known_is_of_use(sqlite3_stmt *row)
{
	return sqlite3_column_int64(row, 5) > 0 && strcmp(query_text(row, 2), LEDGER_OLDER) != 0;
}

static int known_read(struct ledger *ledger, struct ledger_place *place, sqlite3_stmt *rows,
		      size_t most, struct ledger_known *ret)
{
	size_t n_rows = 0;
	int count = 0, r;

	while ((r = query_next(ledger, rows)) > 0) {
		n_rows++;
		place->last_us = sqlite3_column_int64(rows, 0);
		place->row = sqlite3_column_int64(rows, 1);
		if (!known_is_of_use(rows))
			continue;
		ret[count++] = (struct ledger_known){
			.account = xstrdup(query_text(rows, 2)),
			.source = xstrdup(query_text(rows, 3)),
			.first_us = sqlite3_column_int64(rows, 4),
			/* of an account alone nobody knows whether its last attempt succeeded */
			.last_us = place->is_in_accounts ? 0 : place->last_us,
		};
	}
	if (r < 0) {
		ledger_known_done(ret, (size_t)count);
		return r;
	}
	if (n_rows == most)
		return count;
	place->is_done = place->is_in_accounts;
	place->is_in_accounts = true;
	place->last_us = place->since_us - 1;
	place->row = INT64_MAX;
	return count;
}

int ledger_read_known(struct ledger *ledger, struct ledger_place *place, size_t most,
		      struct ledger_known *ret)
{
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	int r;

	if (place->is_done)
		return 0;
	if (!place->last_us && !place->is_in_accounts) {
		place->last_us = place->since_us - 1;
		place->row = INT64_MAX;
	}
	r = query_open(ledger, place->is_in_accounts ? accounts_text : pairs_text, &rows, "iiii",
		       place->last_us, place->row, place->until_us, (int64_t)most);
	return r < 0 ? r : known_read(ledger, place, rows, most, ret);
}

void ledger_known_done(struct ledger_known *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(rows[i].account);
		free(rows[i].source);
	}
}
