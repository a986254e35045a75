/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far mailboxes are read within a day of being opened for the first time, in general. */
#ifndef WAX_DETECT_APPETITE_H
#define WAX_DETECT_APPETITE_H

#include <stdint.h>

#define APPETITE_STEPS 8
/* Share of stolen mailboxes that are read as far as a given step. */
#define APPETITE_OF_THIEVES 0.5

/* Decaying counts; zero-initialised, it starts from a guess. */
struct appetite {
	double opened, read[APPETITE_STEPS];
	int64_t day;
};

/* Highest step that so many messages reach, or -1: 32 messages, and each further one twice that. */
int appetite_step(uint64_t messages);
void appetite_note_opened(struct appetite *appetite, int64_t now_us);
/* A mailbox of which `before` messages were read is now read as far as `messages`. */
void appetite_note_read(struct appetite *appetite, uint64_t before, uint64_t messages);
/* Share of newly opened mailboxes that are read so far. */
double appetite_share(const struct appetite *appetite, int step);
/* ln of how much likelier a thief reads as far; 0 below the first step. */
double appetite_nats(const struct appetite *appetite, uint64_t messages);
/* How much likelier a thief has read so far and not on: below 1 where nothing is read yet. For sums
 * over many mailboxes, of which most are left alone. */
double appetite_ratio(const struct appetite *appetite, uint64_t messages);

#endif
