/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was seen, and before that a guess: 1 in 50 reads 32 messages, 1 in 650 a thousand. */
#include "detect/appetite.h"

#include <math.h>

#include "base/time.h"

#define FIRST_STEP 32
#define GUESS_WEIGHT 2000 /* mailboxes */
#define FADE 0.9	  /* per day */
#define FURTHER 0.8	  /* of the thieves who read as far as a step reach the next */

int appetite_step(uint64_t messages)
{
	int step = -1;

	for (uint64_t least = FIRST_STEP; step < APPETITE_STEPS - 1 && messages >= least; least *= 2)
		step++;
	return step;
}

void appetite_note_opened(struct appetite *appetite, int64_t now_us)
{
	int64_t day = now_us / US_PER_DAY;

	if (day != appetite->day) {
		appetite->day = day;
		appetite->opened *= FADE;
		for (int i = 0; i < APPETITE_STEPS; i++)
			appetite->read[i] *= FADE;
	}
	appetite->opened++;
}

void appetite_note_read(struct appetite *appetite, uint64_t before, uint64_t messages)
{
	for (int i = appetite_step(before) + 1; i <= appetite_step(messages); i++)
		appetite->read[i]++;
}

double appetite_share(const struct appetite *appetite, int step)
{
	double guess = fmax(.02 * pow(.63, step), .0015);

	return (appetite->read[step] + GUESS_WEIGHT * guess) / (appetite->opened + GUESS_WEIGHT);
}

double appetite_nats(const struct appetite *appetite, uint64_t messages)
{
	int step = appetite_step(messages);

	if (step < 0)
		return 0;
	return fmax(log(APPETITE_OF_THIEVES / appetite_share(appetite, step)), 0);
}

/* The mean of it over everybody else's mailboxes is about 1, as it must be for sums to hold. */
double appetite_ratio(const struct appetite *appetite, uint64_t messages)
{
	int step = appetite_step(messages);

	if (step < 0)
		return (1 - APPETITE_OF_THIEVES) / (1 - appetite_share(appetite, 0));
	return APPETITE_OF_THIEVES * pow(FURTHER, step) / appetite_share(appetite, step);
}
