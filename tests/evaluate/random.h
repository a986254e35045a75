/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Seeded chance: the same seed gives the same trace on every machine. */
#ifndef WAX_TESTS_EVALUATE_RANDOM_H
#define WAX_TESTS_EVALUATE_RANDOM_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct chance {
	uint64_t state;
};

static inline uint64_t chance_bits(struct chance *chance)
{
	uint64_t z = (chance->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline double chance_unit(struct chance *chance)
{
	return (double)(chance_bits(chance) >> 11) * 0x1p-53;
}

static inline bool chance_is(struct chance *chance, double probability)
{
	return chance_unit(chance) < probability;
}

static inline uint64_t chance_below(struct chance *chance, uint64_t limit)
{
	return chance_bits(chance) % limit;
}

static inline double chance_normal(struct chance *chance)
{
	return sqrt(-2 * log(1 - chance_unit(chance))) *
	       cos(2 * 3.14159265358979 * chance_unit(chance));
}

static inline double chance_lognormal(struct chance *chance, double median, double sigma)
{
	return median * exp(sigma * chance_normal(chance));
}

static inline double chance_exponential(struct chance *chance, double mean)
{
	return -mean * log(1 - chance_unit(chance));
}

/* How many of n things with this probability, or a Poisson number of that mean. */
static inline uint64_t chance_poisson(struct chance *chance, double mean)
{
	double limit = exp(-mean), product = 1;
	uint64_t count = 0;

	if (mean > 50)
		return (uint64_t)fmax(0, mean + sqrt(mean) * chance_normal(chance) + .5);
	while ((product *= chance_unit(chance)) > limit)
		count++;
	return count;
}

#endif
