/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One big read is somebody else's to judge: a tick counts so much and no more. */
#include "detect/trickle.h"

#include <math.h>

#include "base/time.h"

#define SWING 3.0 /* standard deviations by which an hour may differ from the days before */
#define ODD 8	  /* standard deviations */
#define LEAST_BYTES 150.0
#define CRUDE 30       /* times the mean is not usual */
#define LEAST_SHARE .1 /* of the mean variance */
#define HOUR_SECONDS 3600.0
#define MOST_NATS 4.0	/* of one tick */
#define LITTLE_NATS 2.0 /* that chance brings every few minutes */
#define MOST_SECONDS 60
#define FADE 0.9 /* per day */
#define FIRST_FADE 0.1
#define MARGIN 1.5 /* times the highest of the days before */
#define DAY_HOURS 24

static const double speeds[TRICKLE_SPEEDS] = {150, 400, 1000, 2500, 6000}; /* bytes a second */

static void add_point(struct trickle_line *line, double x, double y)
{
	line->ticks++;
	line->x += x;
	line->y += y;
	line->xx += x * x;
	line->xy += x * y;
}

static double line_covariance(const struct trickle_line *line)
{
	return line->ticks > 0 ? line->xy - line->x * line->y / line->ticks : 0;
}

static double line_variance(const struct trickle_line *line)
{
	return line->ticks > 0 ? line->xx - line->x * line->x / line->ticks : 0;
}

static double slope(double covariance, double variance)
{
	return variance > 0 ? fmax(covariance / variance, 0) : 0;
}

static double per_login(const struct trickle *trickle)
{
	return slope(trickle->covariance, trickle->variance);
}

/* Squares of what remains grow with the logins, and there are some without. */
static double variance_of(const struct trickle *trickle, double logins)
{
	const struct trickle_line *squares = &trickle->squares;
	double each = slope(line_covariance(squares), line_variance(squares)), mean;

	if (squares->ticks <= 0)
		return INFINITY;
	mean = squares->y / squares->ticks;
	each = fmin(each, squares->x > 0 ? squares->y / squares->x : 0);
	return fmax(mean + each * (logins - squares->x / squares->ticks), LEAST_SHARE * mean) +
	       LEAST_BYTES;
}

static double rest_of(const struct trickle *trickle, int hour)
{
	double rest = 0, seconds = 0;

	hour = (hour + DAY_HOURS) % DAY_HOURS;
	if (trickle->seconds[hour] > 0)
		return trickle->rest[hour] / trickle->seconds[hour];
	for (int i = 0; i < DAY_HOURS; i++) {
		rest += trickle->rest[i];
		seconds += trickle->seconds[i];
	}
	return seconds > 0 ? rest / seconds : 0;
}

/* From the middle of one hour to that of the next it changes evenly; and as much more as hours
 * differ from day to day. */
static double rest_per_second(const struct trickle *trickle, int64_t now_us)
{
	double at = (double)(now_us % US_PER_HOUR) / US_PER_HOUR - .5;
	int hour = (int)(trickle->hour % DAY_HOURS), next = at < 0 ? hour - 1 : hour + 1;

	return rest_of(trickle, hour) * (1 - fabs(at)) + rest_of(trickle, next) * fabs(at);
}

double trickle_rest(const struct trickle *trickle, int64_t now_us)
{
	return now_us - trickle->first_us > TRICKLE_KNOWN_US ? fmax(rest_per_second(trickle, now_us), 0) : 0;
}

static double swing(const struct trickle *trickle)
{
	return trickle->hours > 0 ? SWING * sqrt(trickle->swing / trickle->hours) : 0;
}

/* What the first days teach before they know better soon weighs nothing. */
static void end_day(struct trickle *trickle, int64_t now_us)
{
	double fade = now_us - trickle->first_us < TRICKLE_KNOWN_US ? FIRST_FADE : FADE;

	trickle->covariance *= fade;
	trickle->variance *= fade;
	trickle->squares.ticks *= fade;
	trickle->squares.x *= fade;
	trickle->squares.y *= fade;
	trickle->squares.xx *= fade;
	trickle->squares.xy *= fade;
	trickle->swing *= fade;
	trickle->hours *= fade;
	for (int i = 0; i < DAY_HOURS; i++) {
		trickle->rest[i] *= fade;
		trickle->seconds[i] *= fade;
	}
	for (int i = 0; i < TRICKLE_SPEEDS; i++) {
		trickle->highest[i] = fmaxf(trickle->highest[i] * (float)FADE, trickle->today[i]);
		trickle->today[i] = 0;
	}
}

/* Logins and bytes rise and fall together over the day for more reasons than one: only what they
 * do within an hour tells what a login costs. */
static void end_hour(struct trickle *trickle)
{
	trickle->covariance += line_covariance(&trickle->hour_bytes);
	trickle->variance += line_variance(&trickle->hour_bytes);
	trickle->hour_bytes = (struct trickle_line){0};
	if (trickle->surplus_seconds > HOUR_SECONDS / 2) {
		double surplus = trickle->surplus / trickle->surplus_seconds;

		trickle->swing += surplus * surplus;
		trickle->hours++;
	}
	trickle->surplus = trickle->surplus_seconds = 0;
}

static void turn_hour(struct trickle *trickle, int64_t now_us)
{
	int64_t hour = now_us / US_PER_HOUR;

	if (hour == trickle->hour)
		return;
	end_hour(trickle);
	if (hour / DAY_HOURS != trickle->hour / DAY_HOURS)
		end_day(trickle, now_us);
	trickle->hour = hour;
}

static void learn(struct trickle *trickle, const struct trickle_tick *tick, double seconds,
		  double expected)
{
	int hour = (int)(trickle->hour % DAY_HOURS);

	add_point(&trickle->hour_bytes, tick->logins,
		  tick->bytes - rest_per_second(trickle, tick->now_us) * seconds);
	if (trickle->variance <= 0)
		return;
	trickle->rest[hour] += tick->bytes - per_login(trickle) * tick->logins;
	trickle->seconds[hour] += seconds;
	if (tick->now_us - trickle->first_us > 3 * US_PER_DAY / 2)
		add_point(&trickle->squares, tick->logins,
			  (tick->bytes - expected) * (tick->bytes - expected));
	/* The first day has nothing to differ from. */
	if (tick->now_us - trickle->first_us > US_PER_DAY) {
		trickle->surplus += tick->bytes - expected;
		trickle->surplus_seconds += seconds;
	}
}

static void weigh(struct trickle *trickle, double excess, double variance, double seconds,
		  const struct trickle_tick *tick)
{
	for (int i = 0; i < TRICKLE_SPEEDS; i++) {
		double dump = speeds[i] * seconds;
		double nats = fmin((excess - dump / 2) * dump / variance, MOST_NATS);

		if (trickle->nats[i] < LITTLE_NATS) {
			trickle->since_us[i] = tick->now_us;
			trickle->excess[i] = 0;
		}
		trickle->excess[i] += fmin(excess, ODD * sqrt(variance));
		trickle->nats[i] = (float)fmin(fmax(trickle->nats[i] + nats, 0), 3 * tick->level);
	}
}

static bool find_strongest(const struct trickle *trickle, double level, struct trickle_verdict *ret)
{
	double best = 1;

	for (int i = 0; i < TRICKLE_SPEEDS; i++) {
		double least = fmax(level, MARGIN * trickle->highest[i]);

		if (trickle->nats[i] / least < best)
			continue;
		best = trickle->nats[i] / least;
		*ret = (struct trickle_verdict){trickle->nats[i], least, trickle->excess[i],
						trickle->since_us[i]};
	}
	return best > 1;
}

static bool may_learn(struct trickle *trickle, const struct trickle_tick *tick)
{
	bool is_suspected = false;

	for (int i = 0; i < TRICKLE_SPEEDS; i++)
		is_suspected |= trickle->nats[i] > tick->level / 2;
	if (!is_suspected)
		trickle->suspected_us = 0;
	else if (!trickle->suspected_us)
		trickle->suspected_us = tick->now_us;
	return !is_suspected || tick->is_learning ||
	       tick->now_us - trickle->suspected_us > US_PER_DAY;
}

static void note_highest(struct trickle *trickle)
{
	for (int i = 0; i < TRICKLE_SPEEDS; i++)
		trickle->today[i] = fmaxf(trickle->today[i], trickle->nats[i]);
}

/* Until spreads are known: a file read as a whole would be the mean of all. */
static bool is_usual(struct trickle *trickle, const struct trickle_tick *tick)
{
	double logins = tick->logins + 1;

	if (trickle->crude_logins > 0 &&
	    tick->bytes > CRUDE * logins * (trickle->crude_bytes / trickle->crude_logins + 1))
		return false;
	trickle->crude_bytes += tick->bytes;
	trickle->crude_logins += logins;
	return true;
}

static double expect(const struct trickle *trickle, const struct trickle_tick *tick, double seconds)
{
	return fmax(per_login(trickle) * tick->logins +
			    rest_per_second(trickle, tick->now_us) * seconds,
		    LEAST_BYTES);
}

bool trickle_add(struct trickle *trickle, const struct trickle_tick *tick,
		 struct trickle_verdict *ret)
{
	double seconds = (double)(tick->now_us - trickle->last_us) / US_PER_SECOND;
	double expected, variance, excess;
	bool is_alarm = false, is_ready;

	if (!trickle->first_us)
		trickle->first_us = tick->now_us;
	is_ready = tick->now_us - trickle->first_us > TRICKLE_KNOWN_US;
	turn_hour(trickle, tick->now_us);
	trickle->last_us = tick->now_us;
	seconds = fmin(fmax(seconds, 1), MOST_SECONDS);
	expected = expect(trickle, tick, seconds);
	variance = variance_of(trickle, tick->logins);
	excess = tick->bytes - expected;
	if (is_ready) {
		weigh(trickle, excess - swing(trickle) * seconds, variance, seconds, tick);
		is_alarm = find_strongest(trickle, tick->level, ret) && !tick->is_learning;
		if (!is_alarm)
			note_highest(trickle);
	}
	if (is_ready ? excess * excess < ODD * ODD * variance && may_learn(trickle, tick)
		     : is_usual(trickle, tick))
		learn(trickle, tick, seconds, expected);
	return is_alarm;
}
