/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shares and where they come from: docs/detectors/README.md. */
#include "detect/stats/evidence.h"

#include <math.h>

#include "base/time.h"

#define RATE_HALF_LIFE_US (4 * US_PER_DAY)
#define RECENT_HALF_LIFE_US (10 * US_PER_MINUTE)
#define RECENT_CONTACTS 100
#define USUAL_CONTACTS 2000 /* contacts; what is seen counts more from there on */
#define WEEKLY_FADE 0.9	    /* per day */
#define STRAY 4		    /* p stays between a quarter and four times the usual share */

static const double usual[CONTACT_MAX] = {
	[CONTACT_ACTIVE] = .950,  [CONTACT_DORMANT] = .002,   [CONTACT_BAD] = .033,
	[CONTACT_UNKNOWN] = .010, [CONTACT_CANCELLED] = .005,
};

static const double shares[LIST_MAX][CONTACT_MAX] = {
	[LIST_OUTSIDE] = {.010, .001, .389, .580, .020},
	[LIST_OWN] = {.270, .240, .340, .010, .140},
};

static const char *const class_texts[CONTACT_MAX] = {
	[CONTACT_ACTIVE] = "successful logins to mailboxes in use",
	[CONTACT_DORMANT] = "successful logins to mailboxes unused for 90 days",
	[CONTACT_BAD] = "wrong passwords",
	[CONTACT_UNKNOWN] = "names that never existed",
	[CONTACT_CANCELLED] = "cancelled mailboxes",
};

void rate_add(struct rate *rate, int64_t now_us, double count)
{
	if (!rate->since_us)
		rate->since_us = rate->last_us = now_us;
	if (now_us > rate->last_us) {
		rate->sum *= exp2(-(double)(now_us - rate->last_us) / RATE_HALF_LIFE_US);
		rate->last_us = now_us;
	}
	rate->sum += count;
}

double rate_per_day(const struct rate *rate, int64_t now_us)
{
	const double mean_days = (double)RATE_HALF_LIFE_US / US_PER_DAY / M_LN2;
	double days = (double)(now_us - rate->since_us) / US_PER_DAY;
	double idle = (double)(now_us - rate->last_us) / RATE_HALF_LIFE_US;

	if (days < 1)
		days = 1;
	return rate->sum * exp2(-idle) / mean_days / (1 - exp(-days / mean_days));
}

double evidence_threshold(double updates_per_day, double false_alarms_per_day)
{
	return fmax(EVIDENCE_FLOOR, log(fmax(updates_per_day, 1) / false_alarms_per_day));
}

static void evidence_update_weights(struct evidence *evidence)
{
	double sum = 0;

	for (int c = 0; c < CONTACT_MAX; c++)
		sum += evidence->counts[c];
	for (int c = 0; c < CONTACT_MAX; c++) {
		double share =
			(evidence->counts[c] + USUAL_CONTACTS * usual[c]) / (sum + USUAL_CONTACTS);

		share = fmin(fmax(share, usual[c] / STRAY), fmin(usual[c] * STRAY, .99));
		evidence->benign[c] = share;
		for (int list = 0; list < LIST_MAX; list++)
			evidence->weights[list][c] = log(shares[list][c] / share);
	}
}

void evidence_init(struct evidence *evidence)
{
	*evidence = (struct evidence){0};
	evidence_update_weights(evidence);
}

void evidence_learn(struct evidence *evidence, enum contact_class class, int64_t now_us)
{
	int64_t day = now_us / US_PER_DAY;

	/* Rows of one tick lie on both sides of midnight. */
	if (day > evidence->day) {
		evidence_update_weights(evidence);
		for (int c = 0; c < CONTACT_MAX; c++)
			evidence->counts[c] *= WEEKLY_FADE;
		evidence->day = day;
	}
	evidence->counts[class]++;
}

void evidence_note_recent(struct evidence *evidence, bool is_bad, int64_t now_us)
{
	if (now_us > evidence->recent_us) {
		double factor = exp2(-(double)(now_us - evidence->recent_us) / RECENT_HALF_LIFE_US);

		evidence->recent_bad *= factor;
		evidence->recent *= factor;
		evidence->recent_us = now_us;
	}
	evidence->recent_bad += is_bad;
	evidence->recent++;
}

double evidence_weight(const struct evidence *evidence, enum list_kind list,
		       enum contact_class class, bool is_strange)
{
	double recent;

	if (class != CONTACT_BAD || is_strange)
		return evidence->weights[list][class];
	recent = (evidence->recent_bad + RECENT_CONTACTS * evidence->benign[class]) /
		 (evidence->recent + RECENT_CONTACTS);
	return fmin(evidence->weights[list][class], log(shares[list][class] / recent));
}

double evidence_share(enum list_kind list, enum contact_class class)
{
	return shares[list][class];
}

double evidence_usual(enum contact_class class)
{
	return usual[class];
}

const char *contact_class_text(enum contact_class class)
{
	return class_texts[class];
}

void evidence_report(json_t *evidence, const char *measure, double sum, double threshold)
{
	json_object_set_new(evidence, measure, json_real(round(sum * 100) / 100));
	json_object_set_new(evidence, "threshold", json_real(round(threshold * 100) / 100));
	json_object_set_new(evidence, "contributions", json_array());
}

void evidence_contribute(json_t *evidence, const char *what, double count, double adds)
{
	if (count > 0)
		json_array_append_new(json_object_get(evidence, "contributions"),
				      json_pack("{s:s, s:f, s:f}", "what", what, "count",
						round(count * 10) / 10, "adds",
						round(adds * 100) / 100));
}

void evidence_settle(json_t *evidence, double sum)
{
	json_t *contributions = json_object_get(evidence, "contributions"), *row;
	double rest = round(sum * 100) / 100;
	size_t i;

	json_array_foreach(contributions, i, row)
		rest -= json_number_value(json_object_get(row, "adds"));
	rest = round(rest * 100) / 100;
	if (fabs(rest) < .005)
		return;
	json_array_append_new(
		contributions,
		json_pack("{s:s, s:n, s:f}", "what",
			  rest < 0 ? "taken away by time, successes and limits"
				   : "what was known of it before",
			  "count", "adds", rest));
}
