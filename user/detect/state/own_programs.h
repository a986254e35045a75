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
#ifndef WAX_DETECT_STATE_OWN_PROGRAMS_H
#define WAX_DETECT_STATE_OWN_PROGRAMS_H

#include "detect/state/detector_input.h"

struct own_programs {
	struct table *programs; /* by path */
	struct table *visits;	/* by program, account and hour */
	struct table *opened;	/* by account: when a session or login was last seen */
};

struct own_program_verdict {
	uint32_t mailboxes, floor;
	bool is_far; /* the first of the two counts */
};

void own_programs_init(struct own_programs *own_programs);
void own_programs_done(struct own_programs *own_programs);
void own_programs_serialize(struct own_programs *own_programs, struct serializer *serializer);

/* Sessions and logins of the tick; before its reads are judged. */
void own_programs_note_sessions(struct own_programs *own_programs,
				const struct detector_input *input);
/* Whether the row's program is above a floor with this mailbox, which it was not counted for yet in
 * this hour. */
bool own_programs_observe(struct own_programs *own_programs, const struct detector_input *input,
			  const struct read_row *row, double least,
			  struct own_program_verdict *ret);

#endif
