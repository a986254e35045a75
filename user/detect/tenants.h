/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The normal of each tenant, per hour of the day: how many first contacts of each class, all of
 * them and those from networks the tenant had not known. An hour in which a campaign was
 * suspected teaches nothing.
 */
#ifndef WAX_DETECT_TENANTS_H
#define WAX_DETECT_TENANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "detect/evidence.h"

enum stratum {
	STRATUM_ALL,
	STRATUM_STRANGE, /* from networks that never opened anything of the tenant */
	STRATUM_MAX,
};

/* One more class is counted beside those of contacts: whatever hits an unused mailbox. */
#define TENANT_UNUSED CONTACT_MAX
#define TENANT_CLASSES (CONTACT_MAX + 1)

struct tenant {
	float past[STRATUM_MAX][24][TENANT_CLASSES]; /* fading by day */
	float now[STRATUM_MAX][TENANT_CLASSES];	     /* of the running hour */
	float days[24];				     /* behind past, fading alike */
	int64_t hour;				     /* running, since the epoch; 0: none */
	int64_t suspected_us, unsuspected_us;	     /* last time that ... */
	bool is_spoilt;				     /* the running hour */
	/* Of a running campaign, else 0: since when, and what share of the first contacts from
	 * strange networks is its. */
	int64_t campaign_since_us;
	float campaign_share;
	bool campaign_is_own;
};

/* Normals are estimates, and events come in clumps: judged as if three to ten times fewer false
 * alarms were accepted. */
#define TENANT_MARGIN 2.3

struct tenants {
	struct table *table;
};

void tenants_init(struct tenants *tenants);
void tenants_done(struct tenants *tenants);
void tenants_keep(struct tenants *tenants, struct archive *archive);
struct tenant *tenants_touch(struct tenants *tenants, uint64_t key, int64_t now_us);

void tenant_count(struct tenant *tenant, enum stratum stratum, int class);
/* A detector's evidence stands at more than half its level: do not learn from this. Gives way
 * after a week, for then it is the normal. */
void tenant_suspect(struct tenant *tenant, int64_t now_us);

/* Share of a class among the votes of this hour of the day, rather too high than too low. */
double tenant_share(const struct tenant *tenant, enum stratum stratum, int class);
/* Expected per hour at this hour of the day, rather too high than too low. */
double tenant_per_hour(const struct tenant *tenant, enum stratum stratum, int class);

#endif
