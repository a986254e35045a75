/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence: the natural logarithm of a likelihood ratio, ln(q/p). q is how often an attacker who
 * tries the entries of a list makes such a contact, p how often the users of this host do. Its
 * unit is the nat: 2.3 nats mean ten times as likely, 6.9 a thousand times. Variables in nats are
 * called so; operators read `log_likelihood_ratio`.
 *
 * Detectors add evidence up, never below zero (Page's test, the CUSUM: E. S. Page, "Continuous
 * inspection schemes", Biometrika 41, 1954). A sum raises an alert at
 *
 *	threshold = ln(updates per day / accepted false alarms per day), at least 6.9
 *
 * since without an attack it reaches a threshold h about once in e^h updates. This one rule holds
 * for all detectors.
 */
#ifndef WAX_DETECT_STATS_EVIDENCE_H
#define WAX_DETECT_STATS_EVIDENCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/serializer.h"

/* What became of the first contact of a network with an account. */
enum contact_class {
	CONTACT_ACTIVE,	   /* success on an account in use */
	CONTACT_DORMANT,   /* success on one that was not used for 90 days, or was cancelled */
	CONTACT_BAD,	   /* wrong password */
	CONTACT_UNKNOWN,   /* a name that never existed */
	CONTACT_CANCELLED, /* an account that was given up */
	CONTACT_MAX,
};

/* Which list the attacker has. */
enum list_kind {
	LIST_OUTSIDE, /* from breaches elsewhere: many names do not exist, few passwords are right
		       */
	LIST_OWN,     /* stolen here: all names exist or existed, most passwords are right */
	LIST_MAX,
};

/* The lowest threshold: a handful of events never raises an alert. */
#define EVIDENCE_FLOOR 6.9

/* Events per day, from a count that decays. */
struct rate {
	double sum;
	int64_t since_us, last_us;
};
void rate_add(struct rate *rate, int64_t now_us, double count);
double rate_per_day(const struct rate *rate, int64_t now_us);

double evidence_threshold(double updates_per_day, double false_alarms_per_day);

/* p: how often the users of this host make each class of first contact. It starts from the usual
 * shares and follows what networks that are not suspected do. */
struct evidence {
	double counts[CONTACT_MAX];
	double benign[CONTACT_MAX];	       /* p */
	double weights[LIST_MAX][CONTACT_MAX]; /* ln(q/p) */
	int64_t day;
	/* Contacts of the last minutes from networks known here; an address once a day. */
	double recent_bad, recent;
	int64_t recent_us;
};
void evidence_init(struct evidence *evidence);
void evidence_learn(struct evidence *evidence, enum contact_class class, int64_t now_us);
/* When many passwords are changed at once, wrong ones are usual for a while. */
void evidence_note_recent(struct evidence *evidence, bool is_bad, int64_t now_us);
/* ln(q/p) of a contact made now. */
double evidence_weight(const struct evidence *evidence, enum list_kind list,
		       enum contact_class class, bool is_strange);
/* q: the share of a class in such a list. */
double evidence_share(enum list_kind list, enum contact_class class);
/* p where nothing was learnt yet. */
double evidence_usual(enum contact_class class);

/* "wrong passwords", "names that never existed" ... */
const char *contact_class_text(enum contact_class class);

/* What an alert's "evidence" says of the sum behind it: {MEASURE: sum, "threshold": ...,
 * "contributions": [{"what", "count", "adds"}]}, for `waxseal explain`. */
#define EVIDENCE_RATIO "log_likelihood_ratio"
#define EVIDENCE_NETWORKS "weighted_networks"
#define EVIDENCE_BYTES "excess_bytes"
#define EVIDENCE_FAILURES "failures_a_day"
void evidence_report(json_t *evidence, const char *measure, double sum, double threshold);
/* adds: how much of the sum it is. */
void evidence_contribute(json_t *evidence, const char *what, double count, double adds);
/* Appends what is missing to the sum as a contribution of its own, without a count, so that all of them
 * add up. */
void evidence_settle(json_t *evidence, double sum);

#endif
