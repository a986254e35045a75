/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the mail server refuses everybody: devices fail where they succeeded before, and hardly
 * anybody logs in. An attacker can fail, but he cannot make owners fail, and has few accounts of his own.
 */
#ifndef WAX_DETECT_STATE_OUTAGE_H
#define WAX_DETECT_STATE_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

struct outage {
	double succeeded, failed; /* within about a minute */
	uint64_t networks;	  /* of those that failed: a bit for each, by its hash */
	int64_t last_us;
};

void outage_note_success(struct outage *outage);
/* A device failed where it has succeeded for a day; once a day for each account. */
void outage_note_failure(struct outage *outage, uint64_t network);
/* Once a tick. */
void outage_advance(struct outage *outage, int64_t now_us);
bool outage_is_on(const struct outage *outage);

#endif
