/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document `tenants`: all of them, each a few sums that are kept as they grow. */
#include "ledger/query.h"

int ledger_query_tenants(struct ledger *ledger, json_t **ret_json)
{
	static const char *const keys[] = {"tenant",	       "accounts",	  "successes",
					   "failures",	       "messages",	  "bytes_sent",
					   "cleartext_logins", "password_logins", "token_logins"};
	_cleanup_statement_ sqlite3_stmt *rows = NULL;
	json_t *array;
	int r;

	r = query_open(ledger,
		       "SELECT tenant, accounts, successes, failures, messages, bytes_sent,"
		       " cleartext_logins, password_logins, token_logins FROM tenants"
		       " ORDER BY tenant",
		       &rows, "");
	if (r == 0)
		r = query_array(ledger, rows, "tiiiiiiii", keys, &array);
	if (r < 0)
		return r;
	*ret_json = query_document(ledger, "tenants", array);
	return 0;
}
