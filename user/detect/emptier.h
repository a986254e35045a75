/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses that read in mailboxes which they opened for the first time, and what each read. */
#ifndef WAX_DETECT_EMPTIER_H
#define WAX_DETECT_EMPTIER_H

#include "base/table.h"
#include "detect/archive.h"

struct emptier {
	float nats;
	int64_t last_us, first_us, told_us;
	uint64_t messages;
	uint32_t mailboxes;
	float past_new, past_read, new, read; /* mailboxes opened first, read far; per day */
	int64_t day;
	char **accounts; /* read far, since nats was zero; owned */
	uint32_t n_accounts;
};

struct table *emptiers_new(void);
void emptiers_keep(struct table *emptiers, struct archive *archive);
/* What was held against it fades; after a day it begins anew. */
struct emptier *emptiers_touch(struct table *emptiers, uint64_t machine, int64_t now_us);
/* Forgets what was read before. */
void emptier_begin(struct emptier *emptier, int64_t first_us);
void emptier_name(struct emptier *emptier, const char *account);

#endif
