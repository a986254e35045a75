/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The accounts of the past and their sources, a few rows at a time, for a daemon that starts with
 * nothing. */
#ifndef WAX_LEDGER_KNOWN_H
#define WAX_LEDGER_KNOWN_H

#include <stddef.h>
#include <stdint.h>

#include "ledger/ledger.h"

/* An account that exists: it was opened, or its mail was. */
struct ledger_known {
	char *account;
	char *source; /* that opened it; "": unknown */
	int64_t first_us, last_us;
};

/* Where the reading is; begin with zeroes but for the span. */
struct ledger_place {
	int64_t since_us, until_us; /* rows that changed in between */
	int64_t last_us, row;
	bool is_in_accounts; /* after the pairs: accounts whose pairs were folded away */
	bool is_done;
};

/* Reads at most `most` rows, of which those that name an account that exists are in ret (`most`
 * entries; free with ledger_known_done()). Returns how many those are, 0 also when there is more to
 * come (place->is_done), or -errno. */
int ledger_read_known(struct ledger *ledger, struct ledger_place *place, size_t most,
		      struct ledger_known *ret);
void ledger_known_done(struct ledger_known *rows, size_t count);

#endif
