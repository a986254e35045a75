/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The intervals of coverage, inside the transaction of a tick. */
#ifndef WAX_LEDGER_INTERVALS_H
#define WAX_LEDGER_INTERVALS_H

#include "ledger/handle.h"

/* The sensors of ledger->coverage were looking until the end of this tick. */
int intervals_extend(struct ledger *ledger, const struct snapshot *snapshot);
/* Takes away at most *budget intervals that are too old or too many; see hours_evict(). */
int intervals_evict(struct ledger *ledger, int64_t now_us, uint64_t *budget, int64_t *evicted);

#endif
