/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The documents `sources` and `source ADDRESS`. */
#include "ledger/ranking.h"

/* score: whoever serves the document asks the detectors. */
#define SOURCE_COLUMNS                                                                             \
	"source, successes + failures + temporary + unanswered, successes, failures, unanswered,"  \
	" accounts, connections, NULL, last_us"
#define SOURCE_TYPES "tiiiiiiiu"

static const char *const source_keys[] = {
	"source",   "attempts",	   "successes", "failures",  "unanswered",
	"accounts", "connections", "score",	"last_seen",
};

const char *const ledger_source_orders[] = {"failures", "accounts", "unanswered", NULL};

static const struct ranking_detail source_details[] = {
	{"by_account",
	 "SELECT accounts.account, pairs.successes, pairs.failures,"
	 " " QUERY_MESSAGES_OF(
		 "pairs.") ", pairs.mailbox_files, pairs.bytes_sent,"
			   " pairs.first_us, pairs.last_us FROM pairs"
			   " JOIN accounts ON accounts.id = pairs.account WHERE pairs.source = ?1"
			   " ORDER BY pairs.successes DESC, pairs.failures DESC, pairs.id DESC LIMIT ?2",
	 "tiiiiiuu",
	 {"account", "successes", "failures", "messages", "mailbox_files", "bytes_sent",
	  "first_seen", "last_seen"}},
	{0},
};

static const struct ranking sources = {
	.table = "sources",
	.name = "source",
	.columns = SOURCE_COLUMNS,
	.types = SOURCE_TYPES,
	.keys = source_keys,
	.words = ledger_source_orders,
	.orders = ledger_source_orders,
	.condition = " AND id <> 0", /* row 0 stands for the unknown source of pairs */
	.details = source_details,
};

int ledger_query_sources(struct ledger *ledger, const struct ledger_query *query, json_t **ret_json)
{
	struct ledger_query of_all = *query;

	of_all.tenant = NULL; /* an address belongs to none */
	return ranking_list(ledger, &sources, &of_all, ret_json);
}

int ledger_query_source(struct ledger *ledger, const char *source, json_t **ret_json)
{
	return ranking_one(ledger, &sources, source, ret_json);
}
