/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows by hour: written beside the sums, bounded by age and by number. */
#ifndef WAX_LEDGER_HOURS_H
#define WAX_LEDGER_HOURS_H

#include "ledger/handle.h"

/* Both inside a transaction. first_us and last_us are set. */
int hours_add_login(struct ledger *ledger, const struct attempt_row *row, int64_t first_us,
		    int64_t last_us);
int hours_add_read(struct ledger *ledger, const struct read_row *row, int64_t first_us,
		   int64_t last_us);

/* Takes away at most *budget rows that are too old or too many, and lowers it by so many. Those too
 * many are added to *evicted. To be called inside a transaction. */
int hours_evict(struct ledger *ledger, int64_t now_us, uint64_t *budget, int64_t *evicted);

#endif
