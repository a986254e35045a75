/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What accounts and sources have in common: a list in some order, and a document on one of them. */
#ifndef WAX_LEDGER_RANKING_H
#define WAX_LEDGER_RANKING_H

#include "ledger/query.h"

/* A list inside the document on one row; ?1 is the row's id, ?2 the most rows. */
struct ranking_detail {
	const char *name, *text, *types;
	const char *keys[12];
};

struct ranking {
	const char *table; /* and the list's name in its document */
	const char *name;  /* column by which one is asked for */
	const char *columns, *types;
	const char *const *keys;
	/* The words for `by`, the first is the default, and their columns; both end with NULL. */
	const char *const *words, *const *orders;
	const char *condition;		      /* " AND ..." */
	const struct ranking_detail *details; /* ends with a NULL name */
};

int ranking_list(struct ledger *ledger, const struct ranking *ranking,
		 const struct ledger_query *query, json_t **ret_json);
int ranking_one(struct ledger *ledger, const struct ranking *ranking, const char *name,
		json_t **ret_json);

#endif
