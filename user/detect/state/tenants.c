/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Three neighbouring hours are pooled: logins rise and fall within two hours. */
#include "detect/state/tenants.h"

#include <math.h>
#include <string.h>

#include "base/time.h"

#define TENANTS 1024
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

static const double prior[STRATUM_MAX][TENANT_CLASSES] = {
	[STRATUM_ALL] = {.950, .002, .033, .010, .005, .01},
	[STRATUM_STRANGE] = {.60, .01, .13, .23, .03, .06},
};

void tenants_init(struct tenants *tenants)
{
	tenants->table = table_new(sizeof(uint64_t), sizeof(struct tenant), TENANTS, NULL, NULL);
}

void tenants_done(struct tenants *tenants)
{
	table_free(tenants->table);
}

void tenants_serialize(struct tenants *tenants, struct serializer *serializer)
{
	serializer_table(serializer, tenants->table, sizeof(uint64_t), sizeof(struct tenant), NULL);
}

static void tenant_end_hour(struct tenant *tenant)
{
	int hour = (int)(tenant->hour % 24);

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
}

/* A long silence is an outage, and teaches nothing. */
static void tenant_advance(struct tenant *tenant, int64_t now_us)
{
	int64_t hour = now_us / US_PER_HOUR;

	if (!tenant->hour) {
		tenant->hour = hour;
		tenant->is_spoilt = true; /* only part of it was seen */
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
	struct tenant *tenant = table_touch(tenants->table, &key, NULL);

	if (tenant->hour != now_us / US_PER_HOUR)
		tenant_advance(tenant, now_us);
	return tenant;
}

void tenant_count(struct tenant *tenant, enum stratum stratum, int class)
{
	tenant->now[stratum][class]++;
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

static double tenant_count_near_hour(const struct tenant *tenant, enum stratum stratum, int class)
{
	int hour = (int)(tenant->hour % 24);
	double sum = 0;

	for (int i = 23; i <= 25; i++)
		sum += tenant->past[stratum][(hour + i) % 24][class];
	return sum;
}

/* As many as three average hours hold. */
static double tenant_count_mean(const struct tenant *tenant, enum stratum stratum, int class)
{
	double sum = 0;

	for (int hour = 0; hour < 24; hour++)
		sum += tenant->past[stratum][hour][class];
	return sum / 8;
}

static double tenant_estimate_share(double count, double votes, enum stratum stratum, int class)
{
	if (class != CONTACT_ACTIVE)
		count += MARGIN * sqrt(count + 1);
	return (count + PRIOR_VOTES * prior[stratum][class]) / (votes + PRIOR_VOTES);
}

double tenant_share(const struct tenant *tenant, enum stratum stratum, int class)
{
	double votes = 0, all = 0, share;

	for (int c = 0; c < CONTACT_MAX; c++) {
		votes += tenant_count_near_hour(tenant, stratum, c);
		all += 8 * tenant_count_mean(tenant, stratum, c);
	}
	share = tenant_estimate_share(tenant_count_near_hour(tenant, stratum, class), votes,
				      stratum, class);
	/* A rare class may by chance be missing from three hours of four days. */
	if (class != CONTACT_ACTIVE)
		share = fmax(share,
			     WHOLE_DAY * tenant_estimate_share(
						 8 * tenant_count_mean(tenant, stratum, class), all,
						 stratum, class));
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

double tenant_rare_per_hour(const struct tenant *tenant, enum stratum stratum, int class)
{
	int hour = (int)(tenant->hour % 24);
	double days = 0, all_days = 0, count = tenant_count_near_hour(tenant, stratum, class);
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

double tenant_attack_odds(const struct tenant *tenant, enum contact_class class)
{
	double campaign =
		tenant->campaign.since_us ? tenant->campaign.successes_per_hour[class] : 0;
	double new_networks =
		tenant->new_networks.since_us ? tenant->new_networks.successes_per_hour[class] : 0;
	double normal = tenant_rare_per_hour(tenant, STRATUM_STRANGE, class);

	return isfinite(normal) ? fmax(campaign, new_networks) / normal : 0;
}

int64_t tenant_attack_since(const struct tenant *tenant)
{
	int64_t campaign = tenant->campaign.since_us, new_networks = tenant->new_networks.since_us;

	if (!campaign || !new_networks)
		return campaign ? campaign : new_networks;
	return campaign < new_networks ? campaign : new_networks;
}
