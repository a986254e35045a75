/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mailboxes that were opened for the first time by strange or failing networks within the last
 * day, and how much of each was read since. Collected once a tick, for all detectors.
 */
#ifndef WAX_DETECT_OPENINGS_H
#define WAX_DETECT_OPENINGS_H

#include "base/table.h"
#include "detect/appetite.h"
#include "detect/archive.h"
#include "detect/contacts.h"

struct opening {
	uint64_t network, machine, tenant;
	int64_t time_us;
	enum contact_class class;
	float nats; /* what spoke against it when it was opened */
	bool is_newcomers; /* of a network that opened nothing here before that day */
	bool is_strange_vote; /* counted as such among the votes */
	bool is_learnt;	      /* is one of those that the appetite is learnt from */
	bool is_waiting; /* takeover saw the login and waits for what else comes */
	uint64_t messages;
	char *account, *source; /* owned */
};

/* What was read of one in this tick. */
struct opening_reading {
	struct opening *opening;
	const struct read_row *row;
	uint64_t before; /* messages */
};

struct openings {
	struct table *table; /* by network and account */
	struct appetite appetite; /* of strange networks */
	struct opening_reading *readings; /* of this tick */
	size_t n_readings, room;
};

void openings_init(struct openings *openings);
void openings_done(struct openings *openings);
void openings_keep(struct openings *openings, struct archive *archive);

/* Adds what the contacts opened, and finds what of it the snapshot's rows read. Openings stay where
 * they are until the next call. */
void openings_collect(struct openings *openings, const struct memory *memory,
		      const struct contacts *contacts, const struct snapshot *snapshot);
/* NULL when it is none of these. */
struct opening *openings_find(const struct openings *openings, const struct contact *contact);
/* From the oldest on; begin with NULL, ends with NULL. */
struct opening *openings_next(const struct openings *openings, const struct opening *opening);

#endif
