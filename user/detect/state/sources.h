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

struct source_score {
	float nats[LIST_MAX];
	uint16_t counts[CONTACT_MAX]; /* first contacts since the score was last zero */
	bool is_flagged;	      /* past the level, and not yet back below half of it */
	bool is_strange;	      /* the network never opened anything here */
	bool is_rare;		      /* no other was flagged for more than a week */
	int64_t first_us, last_us, reported_us;
	struct address address; /* of the last failure */
	uint64_t addresses;	/* one bit each, by hash: several when more than one is set */
};

struct sources {
	struct table *scores; /* by network */
	struct rate contacts; /* first contacts, of all networks */
	struct rate flagged;  /* networks that crossed the level */
	double threshold;
};

void sources_init(struct sources *sources);
void sources_done(struct sources *sources);
void sources_serialize(struct sources *sources, struct serializer *serializer);

/* NULL when nothing speaks against it. The score is that of now_us. */
struct source_score *sources_find(struct sources *sources, uint64_t network, int64_t now_us);
double source_nats(const struct source_score *score);
/* Whether several addresses of the network failed; two may be a guesser and somebody's slip. */
bool source_is_many(const struct source_score *score);
uint64_t source_failures(const struct source_score *score);
uint64_t source_contacts(const struct source_score *score);

struct source_contact {
	uint64_t network;
	struct address address;
	enum contact_class class;
	bool is_strange;
	int64_t time_us;
};
/* Adds a first contact to the score that was found, or NULL; the score, or NULL when it is none. */
struct source_score *sources_add(struct sources *sources, const struct evidence *evidence,
				 const struct source_contact *contact, struct source_score *score);
/* Marks the score as flagged or not; whether it crossed the level just now. */
bool sources_flag(struct sources *sources, struct source_score *score, int64_t now_us);

/* [{"block", "address", "log_likelihood_ratio", "contacts", "failures", "last_seen"}] of those that
 * are flagged. */
json_t *sources_blocklist(struct sources *sources, int64_t now_us, int64_t most_age_us);

#endif
