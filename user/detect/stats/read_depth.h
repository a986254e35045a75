/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read depth: how far mailboxes are read within a day of being opened for the first time. */
#ifndef WAX_DETECT_STATS_READ_DEPTH_H
#define WAX_DETECT_STATS_READ_DEPTH_H

#include <stdint.h>

#define READ_DEPTH_STEPS 8
/* Share of stolen mailboxes that are read as far as a given step. */
#define READ_DEPTH_OF_THIEVES 0.5

/* Decaying counts; zero-initialised, it starts from a guess. */
struct read_depth {
	double opened, read[READ_DEPTH_STEPS];
	int64_t day;
};

/* Highest step that so many messages reach, or -1: 32 messages, and each further one twice that. */
int read_depth_step(uint64_t messages);
void read_depth_note_opened(struct read_depth *read_depth, int64_t now_us);
/* A mailbox of which `before` messages were read is now read as far as `messages`. */
void read_depth_note_read(struct read_depth *read_depth, uint64_t before, uint64_t messages);
/* Share of newly opened mailboxes that are read so far. */
double read_depth_share(const struct read_depth *read_depth, int step);
/* ln of how much likelier a thief reads as far; 0 below the first step. */
double read_depth_nats(const struct read_depth *read_depth, uint64_t messages);
/* Likelihood ratio of a thief who has read so far and no further: below 1 where nothing is read
 * yet. For sums over many mailboxes, of which most are left alone. */
double read_depth_ratio(const struct read_depth *read_depth, uint64_t messages);

#endif
