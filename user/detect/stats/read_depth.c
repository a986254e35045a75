/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was seen, and before that a guess: 1 in 50 reads 32 messages, 1 in 650 a thousand. */
#include "detect/stats/read_depth.h"

#include <math.h>

#include "base/time.h"

#define FIRST_STEP 32
#define GUESS_WEIGHT 2000 /* mailboxes */
#define FADE 0.9	  /* per day */
#define FURTHER 0.8	  /* of the thieves who read as far as a step reach the next */

int read_depth_step(uint64_t messages)
{
	int step = -1;

	for (uint64_t least = FIRST_STEP; step < READ_DEPTH_STEPS - 1 && messages >= least;
	     least *= 2)
		step++;
	return step;
}

void read_depth_note_opened(struct read_depth *read_depth, int64_t now_us)
{
	int64_t day = now_us / US_PER_DAY;

	if (day > read_depth->day) {
		read_depth->day = day;
		read_depth->opened *= FADE;
		for (int i = 0; i < READ_DEPTH_STEPS; i++)
			read_depth->read[i] *= FADE;
	}
	read_depth->opened++;
}

void read_depth_note_read(struct read_depth *read_depth, uint64_t before, uint64_t messages)
{
	for (int i = read_depth_step(before) + 1; i <= read_depth_step(messages); i++)
		read_depth->read[i]++;
}

double read_depth_share(const struct read_depth *read_depth, int step)
{
	double guess = fmax(.02 * pow(.63, step), .0015);

	return (read_depth->read[step] + GUESS_WEIGHT * guess) /
	       (read_depth->opened + GUESS_WEIGHT);
}

double read_depth_nats(const struct read_depth *read_depth, uint64_t messages)
{
	int step = read_depth_step(messages);

	if (step < 0)
		return 0;
	return fmax(log(READ_DEPTH_OF_THIEVES / read_depth_share(read_depth, step)), 0);
}

/* The mean of it over everybody else's mailboxes is about 1, as it must be for sums to hold. */
double read_depth_ratio(const struct read_depth *read_depth, uint64_t messages)
{
	int step = read_depth_step(messages);

	if (step < 0)
		return (1 - READ_DEPTH_OF_THIEVES) / (1 - read_depth_share(read_depth, 0));
	return READ_DEPTH_OF_THIEVES * pow(FURTHER, step) / read_depth_share(read_depth, step);
}
