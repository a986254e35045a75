/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The weight of one tick is bounded: a single big read is credential_volume's fast dump. */
#include "detect/stats/byte_cusum.h"

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

static const double speeds[BYTE_CUSUM_SPEEDS] = {150, 400, 1000, 2500, 6000}; /* bytes a second */

static void add_point(struct byte_cusum_line *line, double x, double y)
{
	line->ticks++;
	line->x += x;
	line->y += y;
	line->xx += x * x;
	line->xy += x * y;
}

static double line_covariance(const struct byte_cusum_line *line)
{
	return line->ticks > 0 ? line->xy - line->x * line->y / line->ticks : 0;
}

static double line_variance(const struct byte_cusum_line *line)
{
	return line->ticks > 0 ? line->xx - line->x * line->x / line->ticks : 0;
}

static double slope(double covariance, double variance)
{
	return variance > 0 ? fmax(covariance / variance, 0) : 0;
}

static double per_login(const struct byte_cusum *byte_cusum)
{
	return slope(byte_cusum->covariance, byte_cusum->variance);
}

/* Squares of what remains grow with the logins, and there are some without. */
static double variance_of(const struct byte_cusum *byte_cusum, double logins)
{
	const struct byte_cusum_line *squares = &byte_cusum->squares;
	double each = slope(line_covariance(squares), line_variance(squares)), mean;

	if (squares->ticks <= 0)
		return INFINITY;
	mean = squares->y / squares->ticks;
	each = fmin(each, squares->x > 0 ? squares->y / squares->x : 0);
	return fmax(mean + each * (logins - squares->x / squares->ticks), LEAST_SHARE * mean) +
	       LEAST_BYTES;
}

static double rest_of(const struct byte_cusum *byte_cusum, int hour)
{
	double rest = 0, seconds = 0;

	hour = (hour + DAY_HOURS) % DAY_HOURS;
	if (byte_cusum->seconds[hour] > 0)
		return byte_cusum->rest[hour] / byte_cusum->seconds[hour];
	for (int i = 0; i < DAY_HOURS; i++) {
		rest += byte_cusum->rest[i];
		seconds += byte_cusum->seconds[i];
	}
	return seconds > 0 ? rest / seconds : 0;
}

/* From the middle of one hour to that of the next it changes evenly; and as much more as hours
 * differ from day to day. */
static double rest_per_second(const struct byte_cusum *byte_cusum, int64_t now_us)
{
	double at = (double)(now_us % US_PER_HOUR) / US_PER_HOUR - .5;
	int hour = (int)(byte_cusum->hour % DAY_HOURS), next = at < 0 ? hour - 1 : hour + 1;

	return rest_of(byte_cusum, hour) * (1 - fabs(at)) + rest_of(byte_cusum, next) * fabs(at);
}

double byte_cusum_rest(const struct byte_cusum *byte_cusum, int64_t now_us)
{
	return now_us - byte_cusum->first_us > BYTE_CUSUM_KNOWN_US
		       ? fmax(rest_per_second(byte_cusum, now_us), 0)
		       : 0;
}

static double swing(const struct byte_cusum *byte_cusum)
{
	return byte_cusum->hours > 0 ? SWING * sqrt(byte_cusum->swing / byte_cusum->hours) : 0;
}

/* What the first days teach before they know better soon weighs nothing. */
static void end_day(struct byte_cusum *byte_cusum, int64_t now_us)
{
	double fade = now_us - byte_cusum->first_us < BYTE_CUSUM_KNOWN_US ? FIRST_FADE : FADE;

	byte_cusum->covariance *= fade;
	byte_cusum->variance *= fade;
	byte_cusum->squares.ticks *= fade;
	byte_cusum->squares.x *= fade;
	byte_cusum->squares.y *= fade;
	byte_cusum->squares.xx *= fade;
	byte_cusum->squares.xy *= fade;
	byte_cusum->swing *= fade;
	byte_cusum->hours *= fade;
	for (int i = 0; i < DAY_HOURS; i++) {
		byte_cusum->rest[i] *= fade;
		byte_cusum->seconds[i] *= fade;
	}
	for (int i = 0; i < BYTE_CUSUM_SPEEDS; i++) {
		byte_cusum->highest[i] =
			fmaxf(byte_cusum->highest[i] * (float)FADE, byte_cusum->today[i]);
		byte_cusum->today[i] = 0;
	}
}

/* Logins and bytes rise and fall together over the day for more reasons than one: only what they
 * do within an hour shows what a login costs. */
static void end_hour(struct byte_cusum *byte_cusum)
{
	byte_cusum->covariance += line_covariance(&byte_cusum->hour_bytes);
	byte_cusum->variance += line_variance(&byte_cusum->hour_bytes);
	byte_cusum->hour_bytes = (struct byte_cusum_line){0};
	if (byte_cusum->surplus_seconds > HOUR_SECONDS / 2) {
		double surplus = byte_cusum->surplus / byte_cusum->surplus_seconds;

		byte_cusum->swing += surplus * surplus;
		byte_cusum->hours++;
	}
	byte_cusum->surplus = byte_cusum->surplus_seconds = 0;
}

static void turn_hour(struct byte_cusum *byte_cusum, int64_t now_us)
{
	int64_t hour = now_us / US_PER_HOUR;

	/* A clock that was far ahead is set right. */
	if (hour < byte_cusum->hour - DAY_HOURS)
		byte_cusum->hour = hour;
	if (hour <= byte_cusum->hour)
		return;
	end_hour(byte_cusum);
	if (hour / DAY_HOURS != byte_cusum->hour / DAY_HOURS)
		end_day(byte_cusum, now_us);
	byte_cusum->hour = hour;
}

static void learn(struct byte_cusum *byte_cusum, const struct byte_cusum_tick *tick, double seconds,
		  double expected)
{
	int hour = (int)(byte_cusum->hour % DAY_HOURS);

	add_point(&byte_cusum->hour_bytes, tick->logins,
		  tick->bytes - rest_per_second(byte_cusum, tick->now_us) * seconds);
	if (byte_cusum->variance <= 0)
		return;
	byte_cusum->rest[hour] += tick->bytes - per_login(byte_cusum) * tick->logins;
	byte_cusum->seconds[hour] += seconds;
	if (tick->now_us - byte_cusum->first_us > 3 * US_PER_DAY / 2)
		add_point(&byte_cusum->squares, tick->logins,
			  (tick->bytes - expected) * (tick->bytes - expected));
	/* The first day has nothing to differ from. */
	if (tick->now_us - byte_cusum->first_us > US_PER_DAY) {
		byte_cusum->surplus += tick->bytes - expected;
		byte_cusum->surplus_seconds += seconds;
	}
}

static void weigh(struct byte_cusum *byte_cusum, double excess, double variance, double seconds,
		  const struct byte_cusum_tick *tick)
{
	for (int i = 0; i < BYTE_CUSUM_SPEEDS; i++) {
		double dump = speeds[i] * seconds;
		double nats = fmin((excess - dump / 2) * dump / variance, MOST_NATS);

		if (byte_cusum->nats[i] < LITTLE_NATS) {
			byte_cusum->since_us[i] = tick->now_us;
			byte_cusum->excess[i] = 0;
		}
		byte_cusum->excess[i] += fmin(excess, ODD * sqrt(variance));
		byte_cusum->nats[i] =
			(float)fmin(fmax(byte_cusum->nats[i] + nats, 0), 3 * tick->threshold);
	}
}

static bool find_strongest(const struct byte_cusum *byte_cusum, double threshold,
			   struct byte_cusum_verdict *ret)
{
	double best = 1;

	for (int i = 0; i < BYTE_CUSUM_SPEEDS; i++) {
		double least = fmax(threshold, MARGIN * byte_cusum->highest[i]);

		if (byte_cusum->nats[i] / least < best)
			continue;
		best = byte_cusum->nats[i] / least;
		*ret = (struct byte_cusum_verdict){byte_cusum->nats[i], least,
						   byte_cusum->excess[i], byte_cusum->since_us[i]};
	}
	return best > 1;
}

static bool may_learn(struct byte_cusum *byte_cusum, const struct byte_cusum_tick *tick)
{
	bool is_suspected = false;

	for (int i = 0; i < BYTE_CUSUM_SPEEDS; i++)
		is_suspected |= byte_cusum->nats[i] > tick->threshold / 2;
	if (!is_suspected)
		byte_cusum->suspected_us = 0;
	else if (!byte_cusum->suspected_us)
		byte_cusum->suspected_us = tick->now_us;
	return !is_suspected || tick->is_learning ||
	       tick->now_us - byte_cusum->suspected_us > US_PER_DAY;
}

static void note_highest(struct byte_cusum *byte_cusum)
{
	for (int i = 0; i < BYTE_CUSUM_SPEEDS; i++)
		byte_cusum->today[i] = fmaxf(byte_cusum->today[i], byte_cusum->nats[i]);
}

/* Until spreads are known: a file read as a whole would be the mean of all. */
static bool is_usual(struct byte_cusum *byte_cusum, const struct byte_cusum_tick *tick)
{
	double logins = tick->logins + 1;

	if (byte_cusum->crude_logins > 0 &&
	    tick->bytes > CRUDE * logins * (byte_cusum->crude_bytes / byte_cusum->crude_logins + 1))
		return false;
	byte_cusum->crude_bytes += tick->bytes;
	byte_cusum->crude_logins += logins;
	return true;
}

static double expect(const struct byte_cusum *byte_cusum, const struct byte_cusum_tick *tick,
		     double seconds)
{
	return fmax(per_login(byte_cusum) * tick->logins +
			    rest_per_second(byte_cusum, tick->now_us) * seconds,
		    LEAST_BYTES);
}

bool byte_cusum_add(struct byte_cusum *byte_cusum, const struct byte_cusum_tick *tick,
		    struct byte_cusum_verdict *ret)
{
	double seconds = (double)(tick->now_us - byte_cusum->last_us) / US_PER_SECOND;
	double expected, variance, excess;
	bool is_alarm = false, is_ready;

	if (!byte_cusum->first_us)
		byte_cusum->first_us = tick->now_us;
	is_ready = tick->now_us - byte_cusum->first_us > BYTE_CUSUM_KNOWN_US;
	turn_hour(byte_cusum, tick->now_us);
	byte_cusum->last_us = tick->now_us;
	seconds = fmin(fmax(seconds, 1), MOST_SECONDS);
	expected = expect(byte_cusum, tick, seconds);
	variance = variance_of(byte_cusum, tick->logins);
	excess = tick->bytes - expected;
	if (is_ready) {
		weigh(byte_cusum, excess - swing(byte_cusum) * seconds, variance, seconds, tick);
		is_alarm = find_strongest(byte_cusum, tick->threshold, ret) && !tick->is_learning;
		if (!is_alarm)
			note_highest(byte_cusum);
	}
	if (is_ready ? excess * excess < ODD * ODD * variance && may_learn(byte_cusum, tick)
		     : is_usual(byte_cusum, tick))
		learn(byte_cusum, tick, seconds, expected);
	return is_alarm;
}
