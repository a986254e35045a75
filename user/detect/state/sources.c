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
#define SHARED_FAILURES .08 /* a day and user, until it is learnt: some type many names wrong */
#define SHARED_MOST .16	    /* that may be learnt */
#define SHARED_OPENED .05   /* accounts opened for the first time, a day and user */
#define SHARED_LEAST_NATS .5 /* of a failure */
#define SAME_PERSON_US (20 * US_PER_SECOND) /* who typed one name wrong types another so soon */
#define SAME_PERSON_PART .4
#define KNOWN_DAYS 3
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

	if (now_us <= score->faded_us)
		return;
	factor = exp2(-(double)(now_us - score->faded_us) / HALF_LIFE_US);
	for (int list = 0; list < LIST_MAX; list++)
		score->nats[list] *= (float)factor;
	score->faded_us = now_us;
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

/* Customers are told apart by the last byte, and those of an IPv6 network by their /64. */
static uint64_t source_address_bit(const struct address *address)
{
	struct address network = network_of(address);
	unsigned int which = address->bytes[15];

	if (network.bytes[6] == 0 && network.bytes[7] == 0 && network.bytes[10] != 0xff)
		which = address->bytes[6] * 31U + address->bytes[7];
	return UINT64_C(1) << (which % 64);
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
	score->addresses = score->redeemed = 0;
}

static void source_begin(struct source_score *score, const struct source_contact *contact)
{
	clear_counts(score);
	score->first_us = contact->time_us;
	score->is_strange = contact->is_strange;
	for (int list = 0; list < LIST_MAX; list++)
		score->nats[list] = contact->is_strange ? STRANGE_NATS : 0;
}

void sources_note_activity(struct sources *sources, size_t rows, int64_t now_us)
{
	int64_t hour = now_us / US_PER_HOUR;

	if (hour > sources->activity_hour) {
		double *past = &sources->activity[sources->activity_hour % 24];

		if (sources->activity_hour)
			*past = *past > 0 ? .7 * *past + .3 * sources->activity_now
					  : sources->activity_now;
		sources->activity_now = 0;
		sources->activity_hour = hour;
	}
	sources->activity_now += (double)rows;
}

/* How much busier this hour is than the mean of the day; a busy one until it is known. */
static double sources_busy(const struct sources *sources, int64_t now_us)
{
	int64_t hour = now_us / US_PER_HOUR;
	double all = 0, near = 0;

	for (int i = 0; i < 24; i++) {
		if (sources->activity[i] <= 0)
			return 3;
		all += sources->activity[i] / 24;
	}
	for (int64_t i = hour + 23; i <= hour + 25; i++)
		near += sources->activity[i % 24] / 3;
	return fmin(fmax(near / all, .5), 3);
}

double sources_usual_per_hour(const struct sources *sources, const struct source_score *score,
			      double users, int64_t now_us)
{
	double a_day = SHARED_FAILURES * users;

	if (score && score->days >= KNOWN_DAYS)
		a_day = fmin(fmax(1.5 * score->usual, .02 * users), SHARED_MOST * users) + 1;
	return a_day / 24 * sources_busy(sources, now_us);
}

double sources_usual_opened(const struct source_score *score, double users, int64_t hours_us)
{
	double a_day = SHARED_OPENED * users;

	if (score->days >= KNOWN_DAYS)
		a_day = score->new_usual + .3;
	return a_day * (double)hours_us / US_PER_DAY;
}

uint64_t source_tried(const struct source_score *score, int64_t now_us)
{
	int32_t half_day = (int32_t)(now_us / (US_PER_DAY / 2));
	uint64_t sum = 0;

	for (int32_t i = 0; i < SOURCE_HALF_DAYS; i++)
		if (half_day - score->half_day + i < SOURCE_HALF_DAYS)
			sum += score->tried[(score->half_day - i + SOURCE_HALF_DAYS) %
					    SOURCE_HALF_DAYS];
	return sum;
}

static void source_note_tried(struct source_score *score, int64_t now_us)
{
	int32_t half_day = (int32_t)(now_us / (US_PER_DAY / 2));

	if (half_day - score->half_day >= SOURCE_HALF_DAYS)
		memset(score->tried, 0, sizeof(score->tried));
	else
		for (int32_t i = score->half_day + 1; i <= half_day; i++)
			score->tried[i % SOURCE_HALF_DAYS] = 0;
	if (half_day > score->half_day)
		score->half_day = half_day;
	if (score->tried[score->half_day % SOURCE_HALF_DAYS] < UINT16_MAX)
		score->tried[score->half_day % SOURCE_HALF_DAYS]++;
}

/* Nothing is learnt from days on which it was flagged. */
static void source_turn_day(struct source_score *score, int64_t now_us)
{
	double days = (double)(now_us - score->day_us) / US_PER_DAY;

	/* The first contact begins a day and ends none. */
	if (!score->day_us) {
		score->day_us = now_us;
		return;
	}
	if (days < 1)
		return;
	if (!score->is_flagged) {
		float weight = score->days ? .3F : 1;

		score->usual += weight * ((float)(score->failed_today / days) - score->usual);
		score->new_usual += weight * ((float)(score->opened_today / days) - score->new_usual);
		score->days += score->days < UINT16_MAX;
	}
	score->failed_today = score->opened_today = 0;
	score->day_us = now_us;
}

static void source_count_day(struct source_score *score, bool is_failure, int64_t now_us)
{
	uint16_t *count = is_failure ? &score->failed_today : &score->opened_today;

	source_turn_day(score, now_us);
	*count += *count < UINT16_MAX;
	if (is_failure)
		source_note_tried(score, now_us);
}

static void source_weigh(struct source_score *score, const struct evidence *evidence,
			 const struct source_contact *contact)
{
	for (int list = 0; list < LIST_MAX; list++) {
		double nats = score->nats[list] + evidence_weight(evidence, list, contact->class,
								  contact->is_strange);

		score->nats[list] = (float)fmin(fmax(nats, 0), MOST_NATS);
	}
}

static const double shared_factors[LIST_MAX] = {[LIST_OUTSIDE] = 3, [LIST_OWN] = 11};

/* Whoever opens many accounts there opens them every day, and that is no contact: failures are
 * compared with how many people make, for three and eleven times as many (a CUSUM of a Poisson
 * rate). The two sums take the places of those for two lists. First what the time since the last
 * contact takes away: */
static void source_pass_time(struct source_score *score, double per_hour, int64_t now_us)
{
	double hours = fmax((double)(now_us - score->last_us) / US_PER_HOUR, 0);

	for (int list = 0; list < LIST_MAX; list++)
		score->nats[list] = (float)fmax(
			score->nats[list] - (shared_factors[list] - 1) * per_hour * hours, 0);
}

static void source_weigh_shared(struct source_score *score, const struct evidence *evidence,
				const struct source_contact *contact, int64_t gap_us)
{
	double part = gap_us < SAME_PERSON_US ? SAME_PERSON_PART : 1;

	if (contact->class == CONTACT_ACTIVE)
		return;
	for (int list = 0; list < LIST_MAX; list++) {
		double weight = evidence_weight(evidence, LIST_OUTSIDE, contact->class,
						contact->is_strange);

		score->nats[list] = (float)fmin(
			score->nats[list] +
				part * fmax(fmin(log(shared_factors[list]), weight),
					    SHARED_LEAST_NATS),
			MOST_NATS);
	}
}

struct source_score *sources_add(struct sources *sources, const struct evidence *evidence,
				 const struct source_contact *contact, struct source_score *score)
{
	bool is_new = false, is_failure = contact->class != CONTACT_ACTIVE;
	int64_t gap_us;
	bool is_shared;

	if (!score && !is_failure)
		return NULL;
	if (!score)
		score = table_touch(sources->scores, &contact->network, &is_new);
	else
		(void)table_touch(sources->scores, &contact->network, NULL);
	gap_us = is_new ? INT64_MAX : contact->time_us - score->last_us;
	is_shared = contact->users >= SOURCE_SHARED_BY;
	if (is_shared && !is_new)
		source_pass_time(score,
				 sources_usual_per_hour(sources, score, contact->users,
							contact->time_us),
				 contact->time_us);
	if (is_new || (source_nats(score) <= 0 && is_failure))
		source_begin(score, contact);
	score->last_us = score->faded_us = contact->time_us;
	source_count(score, contact->class);
	source_count_day(score, contact->class != CONTACT_ACTIVE &&
					contact->class != CONTACT_DORMANT,
			 contact->time_us);
	if (is_shared)
		source_weigh_shared(score, evidence, contact, gap_us);
	else
		source_weigh(score, evidence, contact);
	if (is_failure) {
		score->address = contact->address;
		score->addresses |= source_address_bit(&contact->address);
	}
	return score;
}

void sources_redeem(struct source_score *score, const struct evidence *evidence, bool is_strange,
		    int64_t now_us)
{
	uint16_t *tried = &score->tried[score->half_day % SOURCE_HALF_DAYS];

	if (score->counts[CONTACT_BAD] == 0)
		return;
	score->counts[CONTACT_BAD]--;
	score->redeemed += score->redeemed < UINT16_MAX;
	if (now_us / (US_PER_DAY / 2) == score->half_day && *tried > 0)
		--*tried;
	for (int list = 0; list < LIST_MAX; list++)
		score->nats[list] = (float)fmax(
			score->nats[list] -
				evidence_weight(evidence, list, CONTACT_BAD, is_strange),
			0);
}

bool sources_flag(struct sources *sources, struct source_score *score, int64_t now_us)
{
	double nats = source_nats(score);

	if (score->is_flagged && nats < sources->threshold / 2)
		score->is_flagged = false;
	if (now_us - score->stubborn_us > US_PER_DAY)
		score->stubborn_us = 0;
	if (score->is_flagged || nats < sources->threshold)
		return false;
	score->is_flagged = true;
	score->crossed_us = now_us;
	rate_add(&sources->flagged, now_us, 1);
	score->is_rare = sources->flagged.sum < RARE;
	return true;
}

void sources_note_stubborn(struct sources *sources, uint64_t network, const struct address *address,
			   int64_t now_us)
{
	struct source_score *score = table_touch(sources->scores, &network, NULL);

	if (!score->first_us)
		score->first_us = now_us;
	score->address = *address;
	score->addresses |= source_address_bit(address);
	score->last_us = score->stubborn_us = now_us;
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
		if ((score->is_flagged || score->stubborn_us) && now_us - score->last_us <= most_age_us &&
		    !unblockable_has(unblockable, &score->address))
			json_array_append_new(rows, source_row(score, unblockable));
	return rows;
}
