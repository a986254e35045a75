/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mailboxes that were opened for the first time by strange or failing networks within the last
 * day, and how much of each was read since: nothing speaks clearly against them yet.
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
	uint64_t messages;
	char *account, *source; /* owned */
};

struct openings {
	struct table *table; /* by network and account */
	struct appetite appetite; /* of strange networks */
};

void openings_init(struct openings *openings);
void openings_done(struct openings *openings);
void openings_keep(struct openings *openings, struct archive *archive);

void openings_add(struct openings *openings, const struct contact *contact, double nats);
/* The mailbox that the row reads from, with the row's messages added; NULL: none of these. */
struct opening *openings_read(struct openings *openings, const struct memory *memory,
			      const struct read_row *row);
/* From the oldest on; begin with NULL, ends with NULL. */
struct opening *openings_next(const struct openings *openings, const struct opening *opening);
void openings_remove(struct openings *openings, struct opening *opening);

#endif
