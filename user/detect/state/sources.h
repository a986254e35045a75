/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evidence against each network that fails at first contact: the score behind source_guessing,
 * takeover and the block list. Networks that only succeed need no entry.
 */
#ifndef WAX_DETECT_STATE_SOURCES_H
#define WAX_DETECT_STATE_SOURCES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "detect/stats/evidence.h"
#include "model/network.h"

#define SOURCE_HALF_DAYS 3

struct source_score {
	float nats[LIST_MAX];
	uint16_t counts[CONTACT_MAX]; /* first contacts since the score was last zero */
	bool is_flagged;	      /* above the threshold, and not yet back below half of it */
	bool is_strange;	      /* the network never opened anything here */
	bool is_rare;		      /* no other was flagged for more than a week */
	int64_t first_us, last_us, reported_us;
	int64_t crossed_us; /* it last reached the threshold */
	int64_t faded_us; /* its nats stand for this time */
	struct address address; /* of the last failure */
	uint64_t addresses;	/* that failed: a bit for each, by its last byte */
	/* First contacts that failed, by half a day: what no background hides. */
	uint16_t tried[SOURCE_HALF_DAYS];
	int32_t half_day;
	/* Where many people are behind one address: failures a day, learnt, and those of the
	 * running day. */
	float usual, new_usual;
	uint16_t days, failed_today, opened_today;
	int64_t day_us;
	uint16_t redeemed; /* failures after which the same account was opened, since it was zero */
	int64_t stubborn_us; /* when it last went on against one account (brute_force); 0: it did not */
};

struct sources {
	struct table *scores; /* by network */
	struct rate contacts; /* first contacts, of all networks */
	struct rate flagged;  /* networks that reached the threshold */
	double threshold;
	double activity[24]; /* logins by hour of the day, fading */
	double activity_now;
	int64_t activity_hour;
};

void sources_init(struct sources *sources);
void sources_done(struct sources *sources);
void sources_serialize(struct sources *sources, struct serializer *serializer);

/* NULL: it has no score. The score is faded to now_us. */
struct source_score *sources_find(struct sources *sources, uint64_t network, int64_t now_us);
double source_nats(const struct source_score *score);
/* Whether three or more addresses of the network failed; two may be a guesser and a typing error.
 */
bool source_is_many(const struct source_score *score);
uint64_t source_failures(const struct source_score *score);
uint64_t source_contacts(const struct source_score *score);

struct source_contact {
	uint64_t network;
	struct address address;
	enum contact_class class;
	bool is_strange;
	int64_t time_us;
	double users; /* accounts that were opened from there lately */
};

/* Rows of one tick: what hours people are awake. */
void sources_note_activity(struct sources *sources, size_t rows, int64_t now_us);
/* First contacts that failed within a day or one and a half. */
uint64_t source_tried(const struct source_score *score, int64_t now_us);
/* Where so many are behind one address, failures are compared with what is usual there. */
#define SOURCE_SHARED_BY 12
/* Failures and newly opened accounts expected from so many users in an hour, now. */
double sources_usual_per_hour(const struct sources *sources, const struct source_score *score,
			      double users, int64_t now_us);
double sources_usual_opened(const struct source_score *score, double users, int64_t since_us);
/* It has gone on against one account for long: a row of the block list. */
void sources_note_stubborn(struct sources *sources, uint64_t network, const struct address *address,
			   int64_t now_us);
/* Adds a first contact to the score that was found, or NULL; the score, or NULL when it is none. */
struct source_score *sources_add(struct sources *sources, const struct evidence *evidence,
				 const struct source_contact *contact, struct source_score *score);
/* It opened an account on which it had failed: that was somebody who mistyped, and not a guess. */
void sources_redeem(struct source_score *score, const struct evidence *evidence, bool is_strange,
		    int64_t now_us);
/* Flags the score or takes the flag off; returns whether it has just reached the threshold. */
bool sources_flag(struct sources *sources, struct source_score *score, int64_t now_us);

/* Forgets what is known against addresses of the list. */
void sources_forgive(struct sources *sources, const struct network_list *trusted);

/* Whom a firewall must not shut out, besides loopback and link-local addresses. */
struct unblockable {
	const struct network_list *trusted, *own;
};
/* [{"block", "address", "log_likelihood_ratio", "contacts", "failures", "last_seen"}] of those that
 * are flagged. No `block` has one of the unblockable in it. */
json_t *sources_blocklist(struct sources *sources, const struct unblockable *unblockable,
			  int64_t now_us, int64_t most_age_us);

#endif
