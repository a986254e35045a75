/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mailbox fan-out: in how many mailboxes each listed helper reads within an hour. */
#ifndef WAX_DETECT_STATE_FAN_OUT_H
#define WAX_DETECT_STATE_FAN_OUT_H

#include "detect/state/detector_input.h"

struct fan_out {
	struct table *programs; /* by path */
	struct table *seen;	/* program, account and hour */
};

void fan_out_init(struct fan_out *fan_out);
void fan_out_done(struct fan_out *fan_out);
void fan_out_serialize(struct fan_out *fan_out, struct serializer *serializer);

/* The hour of the row's program is told of for another reason: nothing is learnt from it. */
void fan_out_spoil(struct fan_out *fan_out, const struct detector_input *input,
		   const struct read_row *row);

/* How many mailboxes the row's program read this hour, when that is news: more than `factor` times
 * its highest of the days before and at least `least`. factor 0: `least` alone. 0: no news. */
uint32_t fan_out_observe(struct fan_out *fan_out, const struct detector_input *input,
			 const struct read_row *row, double factor, double least,
			 double *ret_highest);

#endif
