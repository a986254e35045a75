/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The documents `accounts` and `account NAME`. */
#include "ledger/ranking.h"

#define ACCOUNT_COLUMNS                                                                            \
	"account, tenant, successes, failures, temporary, " QUERY_MESSAGES                         \
	", mailbox_files, bytes_sent, sources, last_us"
#define ACCOUNT_TYPES "ttiiiiiiiu"

static const char *const account_keys[] = {
	"account",  "tenant",	     "successes",  "failures", "temporary",
	"messages", "mailbox_files", "bytes_sent", "sources",  "last_seen",
};

const char *const ledger_account_orders[] = {"failures", "successes", "messages", "bytes", NULL};
static const char *const account_columns[] = {"failures", "successes", "messages", "bytes_sent",
					      NULL};

static const struct ranking_detail account_details[] = {
	{"by_service",
	 "SELECT service, mechanism, transport, successes, failures FROM logins"
	 " WHERE account = ?1 ORDER BY successes + failures DESC, id LIMIT ?2",
	 "tttii",
	 {"service", "mechanism", "transport", "successes", "failures"}},
	{"by_source",
	 "SELECT sources.source, pairs.successes, pairs.failures, " QUERY_MESSAGES
	 ", mailbox_files, bytes_sent, pairs.first_us, pairs.last_us FROM"
	 " (SELECT * FROM pairs WHERE account = ?1 AND (successes > 0 OR messages > 0"
	 " OR mailbox_files > 0 OR bytes_sent > 0)"
	 " UNION ALL SELECT * FROM pairs WHERE account = ?1 AND successes = 0 AND messages = 0"
	 " AND mailbox_files = 0 AND bytes_sent = 0 ORDER BY last_us DESC LIMIT ?2) AS pairs"
	 " JOIN sources ON sources.id = pairs.source",
	 "niiiiiuu",
	 {"source", "successes", "failures", "messages", "mailbox_files", "bytes_sent",
	  "first_seen", "last_seen"}},
	/* Which bytes a program read from a message is not known. */
	{"readers",
	 "SELECT actor, uid, nullif(login_uid, -1), unit, master, class, " QUERY_MESSAGES
	 ", mailbox_files, scanned, NULL FROM readers"
	 " WHERE account = ?1 ORDER BY readers.messages DESC, id DESC LIMIT ?2",
	 "niinntiiii",
	 {"actor", "uid", "login_uid", "unit", "master", "class", "messages", "mailbox_files",
	  "scanned", "bytes_read"}},
	{0},
};

static const struct ranking accounts = {
	.table = "accounts",
	.name = "account",
	.columns = ACCOUNT_COLUMNS,
	.types = ACCOUNT_TYPES,
	.keys = account_keys,
	.words = ledger_account_orders,
	.orders = account_columns,
	.condition = "",
	.details = account_details,
};

int ledger_query_accounts(struct ledger *ledger, const struct ledger_query *query,
			  json_t **ret_json)
{
	return ranking_list(ledger, &accounts, query, ret_json);
}

int ledger_query_account(struct ledger *ledger, const char *account, json_t **ret_json)
{
	return ranking_one(ledger, &accounts, account, ret_json);
}
