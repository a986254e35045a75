/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions, and what every statement on the open file has in common. */
#include "ledger/handle.h"

#include <errno.h>

int handle_note(struct ledger *ledger, int result)
{
	if (result == -EUCLEAN)
		ledger->damaged = true;
	return result;
}

int handle_begin(struct ledger *ledger)
{
	return handle_run(ledger, STATEMENT_BEGIN, NULL, "");
}

int handle_end(struct ledger *ledger, int result)
{
	if (result == 0)
		result = handle_run(ledger, STATEMENT_COMMIT, NULL, "");
	/* Some errors have rolled back already. */
	if (result < 0 && !sqlite3_get_autocommit(ledger->database))
		(void)handle_run(ledger, STATEMENT_ROLLBACK, NULL, "");
	return result;
}

int handle_make_durable(struct ledger *ledger, bool durable)
{
	/* One sync covers all that was written before, so what came in between is safe, too. */
	return statement_errno(sqlite3_exec(ledger->database,
					    durable ? "PRAGMA synchronous = FULL"
						    : "PRAGMA synchronous = NORMAL",
					    NULL, NULL, NULL));
}

int handle_rows(struct ledger *ledger, const char *table, uint64_t *ret)
{
	int64_t rows;
	int r;

	r = handle_run(ledger, STATEMENT_ROWS, &rows, "t", table);
	if (r < 0)
		return r;
	*ret = rows > 0 ? (uint64_t)rows : 0;
	return 0;
}
