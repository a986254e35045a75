/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many messages each source read of each account, and which mailboxes a source emptied: read
 * past the limit that applied to it.
 */
#ifndef WAX_DETECT_EMPTIED_H
#define WAX_DETECT_EMPTIED_H

#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"

struct emptied;

/* One mailbox as one source read it within the span. */
struct emptied_box {
	uint64_t messages;
	int64_t age_us; /* since the first of them */
};

/* What one source emptied. Names are owned by the table and valid until the next add; past a cap
 * mailboxes are counted without a name. */
struct emptied_source {
	uint64_t mailboxes, messages;
	int64_t age_us;
	char *const *accounts;
	size_t n_accounts;
};

struct emptied *emptied_new(int64_t span_us);
void emptied_free(struct emptied *emptied);

/* Adds the row; at limit messages the mailbox becomes one of those that the source emptied. */
struct emptied_box emptied_add(struct emptied *emptied, const struct read_row *row, uint64_t limit,
			       int64_t now_us);
/* Zeroed when it emptied none within the span. */
struct emptied_source emptied_find_source(const struct emptied *emptied, const char *source,
					  int64_t now_us);

#endif
