/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers by chance that are the same for the same seed, on every machine. */
#ifndef WAX_WEEKS_CHANCE_H
#define WAX_WEEKS_CHANCE_H

#include <math.h>
#include <stdint.h>

struct chance {
	uint64_t state;
};

static inline uint64_t stir(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* A fixed number for three others: what somebody is, without a table. */
static inline uint64_t stir3(uint64_t a, uint64_t b, uint64_t c)
{
	return stir(stir(stir(a) ^ b) ^ c);
}

static inline double share_of(uint64_t stirred)
{
	return (double)(stirred >> 11) * 0x1p-53;
}

static inline uint64_t chance_next(struct chance *chance)
{
	chance->state += UINT64_C(0x9e3779b97f4a7c15);
	return stir(chance->state);
}

static inline double chance_share(struct chance *chance)
{
	return share_of(chance_next(chance));
}

static inline uint32_t chance_below(struct chance *chance, uint32_t end)
{
	return (uint32_t)((chance_next(chance) >> 32) * end >> 32);
}

static inline double chance_between(struct chance *chance, double low, double high)
{
	return low + (high - low) * chance_share(chance);
}

static inline double chance_normal(struct chance *chance)
{
	double u = chance_share(chance), v = chance_share(chance);

	return sqrt(-2 * log(1 - u)) * cos(2 * M_PI * v);
}

/* Its median is `middle`; about two in three lie within a factor of exp(width). */
static inline double chance_lognormal(struct chance *chance, double middle, double width)
{
	return middle * exp(width * chance_normal(chance));
}

static inline uint32_t chance_poisson(struct chance *chance, double mean)
{
	double product, floor_at;
	uint32_t n = 0;

	if (mean <= 0)
		return 0;
	if (mean > 40) {
		double x = mean + sqrt(mean) * chance_normal(chance) + .5;

		return x > 0 ? (uint32_t)x : 0;
	}
	floor_at = exp(-mean);
	for (product = chance_share(chance); product > floor_at; product *= chance_share(chance))
		n++;
	return n;
}

#endif
