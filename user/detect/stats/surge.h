/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that come in surges: everyday guessers come twice as often in one hour as in the next, all
 * at once. A Poisson process whose rate itself varies from hour to hour has counts of a negative
 * binomial distribution: their variance is m + d m^2, m the mean and d the dispersion, the square
 * of the coefficient of variation of the rate. The dispersion is learnt (moments; see C. A. Cameron
 * and P. K. Trivedi, "Regression Analysis of Count Data", 1998).
 */
#ifndef WAX_DETECT_STATS_SURGE_H
#define WAX_DETECT_STATS_SURGE_H

/* Zero-initialised, it begins to learn. */
struct surges {
	float squares; /* variance beyond chance, of all hours; fading */
	float hours;   /* their weight: those of which little is expected count less */
};

/* An hour is over in which so many came, and so many were expected. */
void surges_learn(struct surges *surges, double count, double expected);
void surges_fade(struct surges *surges);
/* others: what is likely where little was seen; NULL: nothing is known. It never leaves a range:
 * who makes surges of his own cannot make any surge usual. */
double surges_dispersion(const struct surges *surges, const struct surges *others);

/* How unlikely it is, in nats, that so many or more come within some hours where so many are
 * expected in them; 0: it is not. */
double surge_nats(double count, double expected, double hours, double dispersion);

#endif
