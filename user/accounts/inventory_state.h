/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the inventory share. */
#ifndef WAX_ACCOUNTS_INVENTORY_STATE_H
#define WAX_ACCOUNTS_INVENTORY_STATE_H

#include <sys/stat.h>

#include "accounts/inventory.h"

/* In the order in which they are read. */
enum source_number { SOURCE_ROSTER, SOURCE_LEDGER, SOURCE_LAST_LOGINS, SOURCE_DIRECTORIES, SOURCE_DOVEADM, SOURCE_MAX };

#define BIT(source) (1U << (source))

extern const struct account_source *const account_sources[SOURCE_MAX];

struct reading {
	uint64_t so_far, accounts; /* of this round, of the last one that came to its end */
	int64_t begun_us, read_us; /* 0: not yet */
	bool is_off, is_whole;
	char problem[ACCOUNT_SOURCE_PROBLEM_BYTES];
};

struct inventory {
	struct inventory_settings settings;
	struct account_source_settings scope;
	sd_event_source *timer;
	struct reading readings[SOURCE_MAX];
	char problem[ACCOUNT_SOURCE_PROBLEM_BYTES]; /* of the current reading */
	unsigned int wanted;
	enum source_number source; /* being read when there is a state */
	void *state;
	bool is_checking; /* the first reading of the roster */
	uint64_t n_active; /* ordinary accounts in the roster */
	int64_t looked_us;
	struct stat roster;
	uint64_t lost_before, with_account, without_account;
	bool is_distrusted, is_full;
};

#endif
