/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence in nats: how much likelier a first contact is from somebody who works through a list
 * than from the people who live here. Sums of it are clamped at zero (Page's test) and raise an
 * alarm at a level that follows from how often the sum changes and how many false alarms are
 * accepted: ln(updates per day / false alarms per day). One rule for all detectors.
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

/* Which list the somebody works through. */
enum list_kind {
	LIST_OUTSIDE, /* from other breaches: many names do not exist, few passwords fit */
	LIST_OWN,     /* stolen here: all names exist or did, most passwords fit */
	LIST_MAX,
};

/* Least level: a handful of events never is an alarm. */
#define EVIDENCE_FLOOR 6.9

/* Updates per day, as a decayed count. */
struct rate {
	double sum;
	int64_t since_us, last_us;
};
void rate_add(struct rate *rate, int64_t now_us, double count);
double rate_per_day(const struct rate *rate, int64_t now_us);

double evidence_level(double updates_per_day, double false_alarms_per_day);

/* How often the people of this host make each class of first contact; starts from what is usual
 * and follows what is seen of networks that are not suspected. */
struct evidence {
	double counts[CONTACT_MAX];
	double benign[CONTACT_MAX];
	double weights[LIST_MAX][CONTACT_MAX];
	int64_t day;
	/* Of the last hour or so, from networks known here; an address once a day. */
	double recent_bad, recent;
	int64_t recent_us;
};
void evidence_init(struct evidence *evidence);
void evidence_learn(struct evidence *evidence, enum contact_class class, int64_t now_us);
/* When passwords are changed for many at once, wrong ones are usual for a while. */
void evidence_note_recent(struct evidence *evidence, bool is_bad, int64_t now_us);
/* ln(q/p) of a contact now. */
double evidence_weight(const struct evidence *evidence, enum list_kind list,
		       enum contact_class class, bool is_strange);
double evidence_share(enum list_kind list, enum contact_class class);
double evidence_usual(enum contact_class class);

/* "wrong passwords", "names that never existed" ... */
const char *contact_class_words(enum contact_class class);

/* "evidence": {"nats", "level", "contributions": [{"what", "count", "nats"}]} for explain. */
void evidence_tell(json_t *evidence, double nats, double level);
void evidence_contribute(json_t *evidence, const char *what, double count, double nats);

#endif
