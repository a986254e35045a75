/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Three neighbouring hours are pooled: logins rise and fall within two hours. */
#include "detect/state/tenants.h"

#include <math.h>
#include <string.h>

#include "base/time.h"

#define LEAST_TENANTS 1024
#define FADE 0.8F
#define GAP_HOURS (24 * 14)
#define PRIOR_VOTES 20
#define WHOLE_DAY 0.8 /* of the day's share is the least for an hour */
#define SLACK 1.1
#define MARGIN 1.3	/* standard deviations */
#define BORROWED 3	/* events: with as many seen, hour and day weigh alike */
#define LEAST_RATE 0.03 /* per hour */
#define RECENT_HALF_LIFE_US (10 * US_PER_MINUTE)
#define RECENT_WEIGHT 30 /* votes; more of the last minutes outweigh what is usual */
#define GIVE_WAY_US (7 * US_PER_DAY)
#define STALE_US (6 * US_PER_HOUR)
#define STALE_FAST_US (10 * US_PER_MINUTE)
#define UPHEAVAL_FAST 7
#define STALE_SLOW_US (72 * US_PER_HOUR)
#define UPHEAVAL 10 /* networks within about an hour, on top of five times as many as usual */
#define OF_HOST 3 /* times as many on the whole host: some accounts do not suffice to feign one */
#define MULTIPLE 4  /* of what hosts see may be learnt */
#define LEAST_DAYS 2 /* of three hours together, that surges are learnt */
#define LEAST_LEARNT 1.0 /* per hour, of each class */

/* Of an attack's logins: by chance from where the owner has been, or others are moving. */
#define ATTACK_NEAR .1
#define LEAST_FAR .35 /* of owners' new networks, whatever was seen */

static const double prior[STRATUM_MAX][TENANT_CLASSES] = {
	[STRATUM_ALL] = {.950, .002, .033, .010, .005, .01, .3},
	[STRATUM_STRANGE] = {.60, .01, .13, .23, .03, .06, .3},
};

/* A day and account, of all networks and of strange ones: guessers, typing errors, journeys. */
static const double seen[STRATUM_MAX][TENANT_CLASSES] = {
	[STRATUM_ALL] = {10, .001, .05, .03, .001, .002, .1},
	[STRATUM_STRANGE] = {.1, .0002, .001, .001, .0002, .0002, .1},
};

void tenants_init(struct tenants *tenants, uint64_t accounts)
{
	size_t room = history_tenants_room(accounts);

	room = room < LEAST_TENANTS ? LEAST_TENANTS : room > MOST_TENANTS ? MOST_TENANTS : room;
	*tenants = (struct tenants){
		.table = table_new(sizeof(uint64_t), sizeof(struct tenant), room, NULL, NULL),
	};
}

void tenants_set_accounts(struct tenants *tenants, uint64_t accounts)
{
	tenants->whole.accounts = (float)accounts;
}

uint64_t tenants_lost(const struct tenants *tenants)
{
	return table_evicted(tenants->table);
}

void tenants_done(struct tenants *tenants)
{
	table_free(tenants->table);
}

void tenants_serialize(struct tenants *tenants, struct serializer *serializer)
{
	serializer_member(serializer, &tenants->whole, sizeof(tenants->whole));
	tenants->whole.host = NULL;
	serializer_table(serializer, tenants->table, sizeof(uint64_t), sizeof(struct tenant), NULL);
}

static double tenant_actives(const struct tenant *tenant)
{
	double sum = 0;

	for (int hour = 0; hour < 24; hour++)
		sum += tenant->past[STRATUM_ALL][hour][CONTACT_ACTIVE];
	return sum;
}

/* As many of the host's accounts as it has of its first logins. */
static void tenant_estimate_accounts(struct tenant *tenant)
{
	double all = tenant->host ? tenant_actives(tenant->host) : 0;

	if (tenant->host)
		tenant->accounts =
			tenant->host->accounts *
			(float)(all > 0 ? fmin(tenant_actives(tenant) / all, 1) : 1);
}

/* Failed votes of such an hour. */
static double tenant_failed_usually(const struct tenant *tenant, enum stratum stratum)
{
	double sum = 0;

	for (int c = CONTACT_BAD; c < CONTACT_MAX; c++)
		sum += tenant_seen_of_class(tenant, stratum, c);
	return sum;
}

/* Of every hour, or else the surges that are suspected would be missing; but of no attack that was
 * told of. */
static void tenant_learn_surges(struct tenant *tenant)
{
	int hour = (int)(tenant->hour % 24);
	double days = tenant->days[(hour + 23) % 24] + tenant->days[hour] +
		      tenant->days[(hour + 1) % 24];

	for (int s = 0; s < STRATUM_MAX; s++) {
		if (hour == 0)
			surges_fade(&tenant->surges[s]);
		if (days >= LEAST_DAYS && !tenant->campaign.since_us)
			surges_learn(&tenant->surges[s], tenant->failed_now[s],
				     tenant_failed_usually(tenant, s));
		tenant->failed_now[s] = 0;
	}
}

static void tenant_end_hour(struct tenant *tenant)
{
	int hour = (int)(tenant->hour % 24);

	tenant_learn_surges(tenant);
	if (!tenant->is_spoilt) {
		tenant->days[hour] = tenant->days[hour] * FADE + 1;
		for (int s = 0; s < STRATUM_MAX; s++)
			for (int c = 0; c < TENANT_CLASSES; c++)
				tenant->past[s][hour][c] =
					tenant->past[s][hour][c] * FADE + tenant->now[s][c];
	}
	memset(tenant->now, 0, sizeof(tenant->now));
	tenant->is_spoilt = false;
	tenant->hour++;
	tenant_estimate_accounts(tenant);
}

/* A long silence is an outage, and teaches nothing. */
static void tenant_advance(struct tenant *tenant, int64_t now_us)
{
	int64_t hour = now_us / US_PER_HOUR;

	if (!tenant->hour) {
		tenant->first_us = now_us;
		tenant->hour = hour;
		tenant->is_spoilt = true; /* only part of it was seen */
	}
	/* A clock that was far ahead is set right. */
	if (tenant->hour - hour > 24) {
		memset(tenant->now, 0, sizeof(tenant->now));
		tenant->hour = hour;
	}
	if (hour - tenant->hour > GAP_HOURS) {
		tenant_end_hour(tenant);
		tenant->hour = hour;
	}
	while (tenant->hour < hour)
		tenant_end_hour(tenant);
}

struct tenant *tenants_touch(struct tenants *tenants, uint64_t key, int64_t now_us)
{
	struct tenant *tenant = key == HISTORY_WHOLE_HOST
					? &tenants->whole
					: table_touch(tenants->table, &key, NULL);

	tenant->host = tenant == &tenants->whole ? NULL : &tenants->whole;
	if (tenant->hour != now_us / US_PER_HOUR)
		tenant_advance(tenant, now_us);
	return tenant;
}

void tenant_count(struct tenant *tenant, enum stratum stratum, int class)
{
	tenant->now[stratum][class]++;
}

void tenant_note_failed(struct tenant *tenant, enum stratum stratum)
{
	tenant->failed_now[stratum]++;
}

double tenant_dispersion(const struct tenant *tenant, enum stratum stratum)
{
	return surges_dispersion(&tenant->surges[stratum],
				 tenant->host ? &tenant->host->surges[stratum] : NULL);
}

void tenant_suspect(struct tenant *tenant, int64_t now_us)
{
	if (now_us - tenant->suspected_us > US_PER_DAY)
		tenant->unsuspected_us = now_us;
	tenant->suspected_us = now_us;
	if (now_us - tenant->unsuspected_us < GIVE_WAY_US)
		tenant->is_spoilt = true;
}

void tenant_note_known(struct tenant *tenant, bool is_bad, int64_t now_us)
{
	if (now_us > tenant->recent_us) {
		float factor =
			(float)exp2(-(double)(now_us - tenant->recent_us) / RECENT_HALF_LIFE_US);

		tenant->recent_bad *= factor;
		tenant->recent *= factor;
		tenant->recent_us = now_us;
	}
	tenant->recent_bad += is_bad;
	tenant->recent++;
}

void tenant_note_stale(struct tenant *tenant, int64_t now_us)
{
	if (now_us > tenant->stale_us) {
		double past_us = (double)(now_us - tenant->stale_us);

		tenant->stale_fast *= (float)exp2(-past_us / STALE_FAST_US);
		tenant->stale *= (float)exp2(-past_us / STALE_US);
		tenant->stale_slow *= (float)exp2(-past_us / STALE_SLOW_US);
		tenant->stale_us = now_us;
	}
	tenant->stale_fast++;
	tenant->stale++;
	tenant->stale_slow++;
}

bool tenant_is_in_upheaval(const struct tenant *tenant)
{
	double usual = 4 * (double)tenant->stale_slow / STALE_SLOW_US;
	double factor = tenant->host ? 1 : OF_HOST;

	return tenant->stale > factor * UPHEAVAL + usual * STALE_US ||
	       tenant->stale_fast > factor * UPHEAVAL_FAST + usual * STALE_FAST_US;
}

/* That may be learnt for an hour. */
static double tenant_most(const struct tenant *tenant, enum stratum stratum, int class)
{
	return LEAST_LEARNT + MULTIPLE * seen[stratum][class] * tenant->accounts / 24;
}

double tenant_above(const struct tenant *tenant)
{
	double most = 0, days = 0, count = 0;

	for (int hour = 0; hour < 24; hour++) {
		days += tenant->days[hour];
		for (int c = CONTACT_BAD; c < CONTACT_MAX; c++)
			count += tenant->past[STRATUM_STRANGE][hour][c];
	}
	for (int c = CONTACT_BAD; c < CONTACT_MAX; c++)
		most += tenant_most(tenant, STRATUM_STRANGE, c);
	return days > 0 ? count / days / most : 0;
}

double tenant_seen_of_class(const struct tenant *tenant, enum stratum stratum, int class)
{
	int hour = (int)(tenant->hour % 24);
	double count = 0, days = 0;

	for (int i = hour + 23; i <= hour + 25; i++) {
		days += tenant->days[i % 24];
		count += tenant->past[stratum][i % 24][class];
	}
	return days > 0 ? count / days : 0;
}

double tenant_seen_per_hour(const struct tenant *tenant)
{
	double sum = 0;

	for (int c = CONTACT_BAD; c < CONTACT_MAX; c++)
		sum += tenant_seen_of_class(tenant, STRATUM_STRANGE, c);
	return sum;
}

static double tenant_count_of_hour(const struct tenant *tenant, enum stratum stratum, int class,
				   int hour)
{
	return fmin(tenant->past[stratum][hour][class],
		    tenant->days[hour] * tenant_most(tenant, stratum, class));
}

static double tenant_count_near(const struct tenant *tenant, enum stratum stratum, int class,
				int hour)
{
	double sum = 0;

	for (int i = 23; i <= 25; i++)
		sum += tenant_count_of_hour(tenant, stratum, class, (hour + i) % 24);
	return sum;
}

static double tenant_count_near_hour(const struct tenant *tenant, enum stratum stratum, int class)
{
	return tenant_count_near(tenant, stratum, class, (int)(tenant->hour % 24));
}

/* As many as three average hours hold. */
static double tenant_count_mean(const struct tenant *tenant, enum stratum stratum, int class)
{
	double sum = 0;

	for (int hour = 0; hour < 24; hour++)
		sum += tenant_count_of_hour(tenant, stratum, class, hour);
	return sum / 8;
}

/* Where little was seen: as on the host, and before that a guess. */
static double tenant_prior_share(const struct tenant *tenant, enum stratum stratum, int class)
{
	double count = 0, votes = 0;

	if (!tenant->host)
		return prior[stratum][class];
	for (int c = 0; c < CONTACT_MAX; c++)
		votes += tenant_count_near_hour(tenant->host, stratum, c);
	count = tenant_count_near_hour(tenant->host, stratum, class);
	return (count + PRIOR_VOTES * prior[stratum][class]) / (votes + PRIOR_VOTES);
}

static double tenant_estimate_share(double count, double votes, double before, int class)
{
	if (class != CONTACT_ACTIVE)
		count += MARGIN * sqrt(count + 1);
	return (count + PRIOR_VOTES * before) / (votes + PRIOR_VOTES);
}

double tenant_share(const struct tenant *tenant, enum stratum stratum, int class)
{
	double votes = 0, all = 0, share, before = tenant_prior_share(tenant, stratum, class);

	for (int c = 0; c < CONTACT_MAX; c++) {
		votes += tenant_count_near_hour(tenant, stratum, c);
		all += 8 * tenant_count_mean(tenant, stratum, c);
	}
	share = tenant_estimate_share(tenant_count_near_hour(tenant, stratum, class), votes,
				      before, class);
	/* A rare class may by chance be missing from three hours of four days. */
	if (class != CONTACT_ACTIVE)
		share = fmax(share,
			     WHOLE_DAY * tenant_estimate_share(
						 8 * tenant_count_mean(tenant, stratum, class), all,
						 before, class));
	return fmin(share, .999);
}

double tenant_recent_bad(const struct tenant *tenant)
{
	double usual = tenant_share(tenant, STRATUM_ALL, CONTACT_BAD);

	return fmax(usual, (tenant->recent_bad + RECENT_WEIGHT * usual) /
				   (tenant->recent + RECENT_WEIGHT));
}

double tenant_per_hour(const struct tenant *tenant, enum stratum stratum, int class)
{
	int hour = (int)(tenant->hour % 24);
	double days = 0, count = tenant_count_near_hour(tenant, stratum, class);

	for (int i = 23; i <= 25; i++)
		days += tenant->days[(hour + i) % 24];
	if (days < .5)
		return INFINITY; /* nothing is known of this hour */
	return SLACK * (count + sqrt(count + 1)) / days;
}

static double tenant_rare_of_hour(const struct tenant *tenant, enum stratum stratum, int class,
				  int hour)
{
	double days = 0, all_days = 0, count = tenant_count_near(tenant, stratum, class, hour);
	double all = 8 * tenant_count_mean(tenant, stratum, class), daily;

	for (int i = 0; i < 24; i++)
		all_days += tenant->days[i];
	for (int i = 23; i <= 25; i++)
		days += tenant->days[(hour + i) % 24];
	if (days < .5)
		return INFINITY;
	daily = fmax((all + sqrt(all + 1)) / all_days, LEAST_RATE);
	return (count + BORROWED + sqrt(count + 1)) / (days + BORROWED / daily);
}

double tenant_rare_per_hour(const struct tenant *tenant, enum stratum stratum, int class)
{
	return tenant_rare_of_hour(tenant, stratum, class, (int)(tenant->hour % 24));
}

double tenant_rare_at(const struct tenant *tenant, enum stratum stratum, int class,
		      int64_t time_us)
{
	double rare = tenant_rare_of_hour(tenant, stratum, class,
					  (int)(time_us / US_PER_HOUR % 24));

	return isfinite(rare) ? rare : tenant_most(tenant, stratum, class);
}

/* Usual successes of strange networks in an hour, of those that are as far or as near. */
static double tenant_usual_successes(const struct tenant *tenant, enum contact_class class,
				     bool is_far)
{
	double all = tenant_rare_per_hour(tenant, STRATUM_STRANGE, class), far;

	if (class != CONTACT_ACTIVE)
		return all;
	far = tenant_rare_per_hour(tenant, STRATUM_STRANGE, TENANT_FAR);
	far = fmin(fmax(far, LEAST_FAR * all), all);
	return is_far ? far : fmax(all - far, all / 4);
}

static double tenant_own_attack_odds(const struct tenant *tenant, enum contact_class class,
				     bool is_far)
{
	double campaign =
		tenant->campaign.since_us ? tenant->campaign.successes_per_hour[class] : 0;
	double new_networks =
		tenant->new_networks.since_us ? tenant->new_networks.successes_per_hour[class] : 0;
	double normal = tenant_usual_successes(tenant, class, is_far);
	double part = class != CONTACT_ACTIVE ? 1 : is_far ? 1 - ATTACK_NEAR : ATTACK_NEAR;

	return isfinite(normal) ? part * fmax(campaign, new_networks) / normal : 0;
}

/* An attack on all tenants is one on each. */
double tenant_attack_odds(const struct tenant *tenant, enum contact_class class,
			  bool is_strange_to_all, bool is_far)
{
	double own = tenant_own_attack_odds(tenant, class, is_far);

	return tenant->host && is_strange_to_all
		       ? fmax(own, tenant_own_attack_odds(tenant->host, class, is_far)) : own;
}

static int64_t earlier(int64_t one_us, int64_t other_us)
{
	if (!one_us || !other_us)
		return one_us ? one_us : other_us;
	return one_us < other_us ? one_us : other_us;
}

bool tenant_has_campaign(const struct tenant *tenant)
{
	return tenant->campaign.since_us || (tenant->host && tenant->host->campaign.since_us);
}

int64_t tenant_attack_since(const struct tenant *tenant)
{
	int64_t own = earlier(tenant->campaign.since_us, tenant->new_networks.since_us);

	return tenant->host ? earlier(own, tenant_attack_since(tenant->host)) : own;
}
