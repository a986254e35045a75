/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that may read mail, and in how many mailboxes they do so within an hour. */
#ifndef WAX_DETECT_REACH_H
#define WAX_DETECT_REACH_H

#include "detect/detector.h"

struct reach {
	struct table *programs; /* by path */
	struct table *seen;	/* program, account and hour */
};

void reach_init(struct reach *reach);
void reach_done(struct reach *reach);
void reach_keep(struct reach *reach, struct archive *archive);

/* How many mailboxes the row's program read this hour, when that is news: more than `factor` times
 * its highest of the days before and at least `least`. factor 0: `least` alone. 0: no news. */
uint32_t reach_observe(struct reach *reach, const struct moment *moment,
			 const struct read_row *row, double factor, double least,
			 double *ret_highest);

#endif
