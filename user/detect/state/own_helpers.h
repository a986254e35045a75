/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the mail server's own helpers (doveadm, indexer-worker, lmtp) read that nobody asked for.
 *They read whole mailboxes for people with a session, and a little of others' when mail is
 *delivered. Two counts an hour, each with a floor that is there from the first minute and is never
 *learnt:
 *
 *	1. mailboxes read far, whose owners have no session: a quarter of all accounts, at least
 *	   five, and no more than `least`;
 *	2. mailboxes that nobody opened for a day: half of all accounts, and at least `least`.
 */
#ifndef WAX_DETECT_STATE_OWN_HELPERS_H
#define WAX_DETECT_STATE_OWN_HELPERS_H

#include "detect/state/detector_input.h"

struct own_helpers {
	struct table *programs; /* by path */
	struct table *visits;	/* by program, account and hour */
	struct table *opened;	/* by account: when a session or login was last seen */
};

struct own_helper_verdict {
	uint32_t mailboxes, floor;
	bool is_far; /* the first of the two counts */
};

void own_helpers_init(struct own_helpers *own_helpers);
void own_helpers_done(struct own_helpers *own_helpers);
void own_helpers_serialize(struct own_helpers *own_helpers, struct serializer *serializer);

/* Sessions and logins of the tick; before its reads are judged. */
void own_helpers_note_sessions(struct own_helpers *own_helpers, const struct detector_input *input);
/* Whether the row's program is above a floor with this mailbox, which it was not counted for yet in
 * this hour. */
bool own_helpers_observe(struct own_helpers *own_helpers, const struct detector_input *input,
			 const struct read_row *row, double least, struct own_helper_verdict *ret);

#endif
