/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps the tables below their caps. */
#ifndef WAX_LEDGER_EVICT_H
#define WAX_LEDGER_EVICT_H

#include "ledger/handle.h"

/* Folds away or deletes at most budget rows of the tables that are over their cap, those without
 * news for longest first, and what is older than the ledger keeps. To be called inside a
 * transaction. */
int evict_rows(struct ledger *ledger, int64_t now_us, uint64_t budget);

/* Makes room in the table of the alerts' accounts for an alert of this severity: the accounts of one
 * alert that is less grave go, or one as grave that is over. -ENOENT: there is none. To be called
 * inside a transaction. */
int evict_alert_accounts(struct ledger *ledger, enum severity severity);

#endif
