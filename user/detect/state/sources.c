/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two sums per network, one for each kind of list, that halve within a day. */
#include "detect/state/sources.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"

#define SOURCES 163840
#define HALF_LIFE_US US_PER_DAY
/* A network from which nobody ever logged in: e^2.6 times likelier for an attacker. */
#define STRANGE_NATS 2.6
#define RARE 1.25    /* decayed count of flagged networks, this one included */
#define MOST_NATS 60 /* so that a network that stopped is forgiven within days */

void sources_init(struct sources *sources)
{
	*sources = (struct sources){
		.scores = table_new(sizeof(uint64_t), sizeof(struct source_score), SOURCES, NULL,
				    NULL),
		.threshold = EVIDENCE_FLOOR + M_LN2,
	};
}

void sources_done(struct sources *sources)
{
	table_free(sources->scores);
}

void sources_serialize(struct sources *sources, struct serializer *serializer)
{
	serializer_member(serializer, &sources->contacts, sizeof(sources->contacts));
	serializer_member(serializer, &sources->flagged, sizeof(sources->flagged));
	serializer_member(serializer, &sources->threshold, sizeof(sources->threshold));
	serializer_table(serializer, sources->scores, sizeof(uint64_t), sizeof(struct source_score),
			 NULL);
}

static void source_fade(struct source_score *score, int64_t now_us)
{
	double factor;

	if (now_us <= score->last_us)
		return;
	factor = exp2(-(double)(now_us - score->last_us) / HALF_LIFE_US);
	for (int list = 0; list < LIST_MAX; list++)
		score->nats[list] *= (float)factor;
	score->last_us = now_us;
}

struct source_score *sources_find(struct sources *sources, uint64_t network, int64_t now_us)
{
	struct source_score *score = table_find(sources->scores, &network);

	if (score)
		source_fade(score, now_us);
	return score;
}

double source_nats(const struct source_score *score)
{
	return fmax(score->nats[LIST_OUTSIDE], score->nats[LIST_OWN]);
}

bool source_is_many(const struct source_score *score)
{
	return __builtin_popcountll(score->addresses) >= 3;
}

uint64_t source_failures(const struct source_score *score)
{
	return (uint64_t)score->counts[CONTACT_BAD] + score->counts[CONTACT_UNKNOWN] +
	       score->counts[CONTACT_CANCELLED];
}

uint64_t source_contacts(const struct source_score *score)
{
	return source_failures(score) + score->counts[CONTACT_ACTIVE] +
	       score->counts[CONTACT_DORMANT];
}

static void source_count(struct source_score *score, enum contact_class class)
{
	if (score->counts[class] < UINT16_MAX)
		score->counts[class]++;
}

static void clear_counts(struct source_score *score)
{
	for (int c = 0; c < CONTACT_MAX; c++)
		score->counts[c] = 0;
	score->addresses = 0;
}

static void source_begin(struct source_score *score, const struct source_contact *contact)
{
	clear_counts(score);
	score->first_us = contact->time_us;
	score->is_strange = contact->is_strange;
	for (int list = 0; list < LIST_MAX; list++)
		score->nats[list] = contact->is_strange ? STRANGE_NATS : 0;
}

struct source_score *sources_add(struct sources *sources, const struct evidence *evidence,
				 const struct source_contact *contact, struct source_score *score)
{
	bool is_new = false, is_failure = contact->class != CONTACT_ACTIVE;

	if (!score && !is_failure)
		return NULL;
	if (!score)
		score = table_touch(sources->scores, &contact->network, &is_new);
	else
		(void)table_touch(sources->scores, &contact->network, NULL);
	if (is_new || (source_nats(score) <= 0 && is_failure))
		source_begin(score, contact);
	score->last_us = contact->time_us;
	source_count(score, contact->class);
	for (int list = 0; list < LIST_MAX; list++) {
		double nats = score->nats[list] +
			      evidence_weight(evidence, list, contact->class, contact->is_strange);

		score->nats[list] = (float)fmin(fmax(nats, 0), MOST_NATS);
	}
	if (is_failure) {
		score->address = contact->address;
		score->addresses |= UINT64_C(1) << (contact->address.bytes[15] % 64);
	}
	return score;
}

bool sources_flag(struct sources *sources, struct source_score *score, int64_t now_us)
{
	double nats = source_nats(score);

	if (score->is_flagged && nats < sources->threshold / 2)
		score->is_flagged = false;
	if (score->is_flagged || nats < sources->threshold)
		return false;
	score->is_flagged = true;
	rate_add(&sources->flagged, now_us, 1);
	score->is_rare = sources->flagged.sum < RARE;
	return true;
}

void sources_forgive(struct sources *sources, const struct network_list *trusted)
{
	struct source_score *next = table_next(sources->scores, NULL);

	while (next) {
		struct source_score *score = next;
		uint64_t key;

		next = table_next(sources->scores, score);
		memcpy(&key, table_key(sources->scores, score), sizeof(key));
		if (network_list_has(trusted, &score->address))
			(void)table_remove(sources->scores, &key);
	}
}

static bool unblockable_has(const struct unblockable *unblockable, const struct address *address)
{
	return !address_is_known(address) || address_is_loopback(address) ||
	       address_is_link_local(address) || network_list_has(unblockable->trusted, address) ||
	       network_list_has(unblockable->own, address);
}

/* The whole network of several, unless it has one in it that must not be blocked. */
static bool source_blocks_network(const struct source_score *score,
				  const struct unblockable *unblockable)
{
	bool is_many = (score->addresses & (score->addresses - 1)) != 0;

	return is_many && !network_list_meets(unblockable->trusted, &score->address) &&
	       !network_list_meets(unblockable->own, &score->address);
}

static json_t *source_row(const struct source_score *score, const struct unblockable *unblockable)
{
	char network[NETWORK_TEXT_BYTES], address[NETWORK_TEXT_BYTES], seen[TIME_TEXT_BYTES];

	network_format(&score->address, network);
	address_format(&score->address, address);
	time_format(score->last_us, seen);
	return json_pack("{s:s, s:s, s:f, s:I, s:I, s:s}", "block",
			 source_blocks_network(score, unblockable) ? network : address, "address",
			 address, "log_likelihood_ratio", round(source_nats(score) * 100) / 100,
			 "contacts", (json_int_t)source_contacts(score), "failures",
			 (json_int_t)source_failures(score), "last_seen", seen);
}

json_t *sources_blocklist(struct sources *sources, const struct unblockable *unblockable,
			  int64_t now_us, int64_t most_age_us)
{
	json_t *rows = json_array();

	for (struct source_score *score = table_next(sources->scores, NULL); score;
	     score = table_next(sources->scores, score))
		if (score->is_flagged && now_us - score->last_us <= most_age_us &&
		    !unblockable_has(unblockable, &score->address))
			json_array_append_new(rows, source_row(score, unblockable));
	return rows;
}
