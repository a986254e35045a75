/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One hour counts no more than several times what is expected of it: an attack teaches little. */
#include "detect/stats/surge.h"

#include <math.h>

#define FADE .9F /* per day */
#define USUAL .3 /* where nothing was learnt */
#define BEFORE_HOURS 24
#define LEAST .3
#define HEAVY 2 /* the largest surges are larger than those of a gamma distribution */
#define MOST 1.0
#define CLIP 3 /* standard deviations */
#define SURGE_HOURS 2 /* that one lasts: longer times have several of them, which even out */

void surges_learn(struct surges *surges, double count, double expected)
{
	double most = expected + CLIP * sqrt(expected + MOST * expected * expected) + 1;
	double weight = expected * expected / ((1 + expected) * (1 + expected)), beyond;

	count = fmin(count, most);
	beyond = (count - expected) * (count - expected) - expected;
	surges->squares += (float)(beyond / ((1 + expected) * (1 + expected)));
	surges->hours += (float)weight;
}

void surges_fade(struct surges *surges)
{
	surges->squares *= FADE;
	surges->hours *= FADE;
}

static double surges_seen(const struct surges *surges, double before)
{
	return (surges->squares + BEFORE_HOURS * before) / (surges->hours + BEFORE_HOURS);
}

double surges_dispersion(const struct surges *surges, const struct surges *others)
{
	double before = others ? surges_seen(others, USUAL) : USUAL;

	return fmin(fmax(HEAVY * surges_seen(surges, before), LEAST), MOST);
}

double surge_nats(double count, double expected, double hours, double dispersion)
{
	double shape = fmax(1, hours / SURGE_HOURS) / dispersion, chance, each, more;

	if (count <= expected || expected <= 0)
		return expected <= 0 && count > 0 ? INFINITY : 0;
	chance = expected / (expected + shape);
	each = lgamma(count + shape) - lgamma(shape) - lgamma(count + 1) +
	       shape * log1p(-chance) + count * log(chance);
	/* each further one is less likely by this factor at the least: a geometric series */
	more = chance * (count + shape) / (count + 1);
	if (more >= 1)
		return 0;
	return fmax(-each + log1p(-more), 0);
}
