/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mailboxes that were opened for the first time by strange or failing networks within the last
 * day, and how much of each was read since. Collected once a tick, for all detectors.
 */
#ifndef WAX_DETECT_STATE_FIRST_ACCESSES_H
#define WAX_DETECT_STATE_FIRST_ACCESSES_H

#include "base/table.h"
#include "detect/stats/read_depth.h"
#include "base/serializer.h"
#include "detect/state/contacts.h"

struct first_access {
	uint64_t network, client_prefix, tenant;
	int64_t time_us;
	enum contact_class class;
	float nats;	      /* what spoke against the login (takeover) */
	bool is_newcomer;     /* of a network that opened nothing here before that day */
	bool is_newcomer_to_all;
	bool is_far;
	bool is_strange_vote; /* counted as such among the votes */
	bool is_learnt;	      /* is one of those that the read_depth is learnt from */
	bool is_waiting;      /* takeover saw the login and waits for what else comes */
	uint64_t messages;
	char *account, *source; /* owned */
};

/* What was read of one in this tick. */
struct first_access_reading {
	struct first_access *first_access;
	const struct read_row *row;
	uint64_t before; /* messages */
};

/* Who opened it says to be the owner in a new place: one network failed, and then opened the
 * account, where the owner's provider is. If he is, nobody is in the old place any more. */
struct moved {
	uint64_t network, region, failures;
	int64_t first_us, time_us; /* failed, opened */
	bool is_told;
	char *source; /* owned */
};

struct first_accesses {
	struct table *moved; /* by account */
	struct moved_return {
		const struct moved *moved;
		const struct attempt_row *row; /* from the old place */
	} *returns;			       /* of this tick */
	size_t n_returns, returns_capacity;
	struct table *table;		       /* by network and account */
	struct read_depth read_depth;	       /* of strange networks */
	struct first_access_reading *readings; /* of this tick */
	size_t n_readings, capacity;
};

void first_accesses_init(struct first_accesses *first_accesses);
void first_accesses_done(struct first_accesses *first_accesses);
void first_accesses_serialize(struct first_accesses *first_accesses, struct serializer *serializer);

/* Adds what the contacts opened, and finds what of it the snapshot's rows read. Pointers are valid
 * until the next call. */
void first_accesses_collect(struct first_accesses *first_accesses, const struct history *history,
			    const struct contacts *contacts, const struct snapshot *snapshot);
void first_accesses_note_moved(struct first_accesses *first_accesses, const struct contact *contact,
			       uint64_t failures, int64_t first_us);
/* NULL when it is none of these. */
struct first_access *first_accesses_find(const struct first_accesses *first_accesses,
					 const struct contact *contact);
/* From the oldest on; begin with NULL, ends with NULL. */
struct first_access *first_accesses_next(const struct first_accesses *first_accesses,
					 const struct first_access *first_access);

#endif
