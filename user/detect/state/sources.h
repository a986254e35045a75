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
	bool is_flagged;	      /* above the threshold, and not yet back below half of it */
	bool is_strange;	      /* the network never opened anything here */
	bool is_rare;		      /* no other was flagged for more than a week */
	int64_t first_us, last_us, reported_us;
	struct address address; /* of the last failure */
	uint64_t addresses;	/* that failed: a bit for each, by its last byte */
};

struct sources {
	struct table *scores; /* by network */
	struct rate contacts; /* first contacts, of all networks */
	struct rate flagged;  /* networks that reached the threshold */
	double threshold;
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
};
/* Adds a first contact to the score that was found, or NULL; the score, or NULL when it is none. */
struct source_score *sources_add(struct sources *sources, const struct evidence *evidence,
				 const struct source_contact *contact, struct source_score *score);
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
