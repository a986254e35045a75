/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is normal at each tenant: how many votes of each class there are in each hour of the day, of
 * all networks and of those new to the tenant (strange). Nothing is learnt from an hour in which an
 * attack is suspected, and no more than a multiple of what hosts of this size see: an attack that
 * runs while it is learnt does not become the normal.
 *
 * The whole host is one of them (HISTORY_WHOLE_HOST). Small tenants borrow its shares.
 */
#ifndef WAX_DETECT_STATE_TENANTS_H
#define WAX_DETECT_STATE_TENANTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "detect/state/history.h"
#include "detect/stats/evidence.h"
#include "detect/stats/surge.h"

enum stratum {
	STRATUM_ALL,
	STRATUM_STRANGE, /* from networks that never opened anything of the tenant */
	STRATUM_MAX,
};

/* Counted beside the classes of contacts: whatever hits an unused mailbox, and successes of strange
 * networks with whose provider the account was never opened. */
#define TENANT_UNUSED CONTACT_MAX
#define TENANT_FAR (CONTACT_MAX + 1)
#define TENANT_CLASSES (CONTACT_MAX + 2)

/* What a running alarm says of the attack: its successes, beyond the usual ones. */
struct attack_estimate {
	int64_t since_us;			/* 0: there is no alarm */
	double successes_per_hour[CONTACT_MAX]; /* of CONTACT_ACTIVE and CONTACT_DORMANT */
};

struct tenant {
	const struct tenant *host; /* all tenants; NULL: this is it */
	int64_t first_us;
	float accounts; /* that it has, roughly */
	/* Known networks with an old password: of minutes, of hours, of three days. */
	float stale_fast, stale, stale_slow;
	int64_t stale_us;
	float past[STRATUM_MAX][24][TENANT_CLASSES]; /* fading by day */
	float now[STRATUM_MAX][TENANT_CLASSES];	     /* of the running hour */
	float days[24];				     /* that past has, fading like it */
	/* Failed votes of the running hour, whatever is suspected, and how much hours differ. */
	float failed_now[STRATUM_MAX];
	struct surges surges[STRATUM_MAX];
	int64_t hour;				     /* the running one, since the epoch; 0: none */
	int64_t suspected_us,
		unsuspected_us;	  /* last suspicion, and since when without a day's break */
	bool is_spoilt;		  /* nothing is learnt from the running hour */
	float recent_bad, recent; /* votes of networks known here; of the last minutes */
	int64_t recent_us;
	struct attack_estimate campaign, new_networks; /* as the detectors of these see it */
	int64_t looked_back_us;	  /* begin of the attack that takeover has looked back on */
	int64_t last_takeover_us; /* of a mailbox that was then read far */
};

/* Added to thresholds, in nats. What is normal is an estimate, and events come in clumps, so three
 * to ten times fewer false alarms are accepted. */
#define TENANT_MARGIN 2.3

#define MOST_TENANTS 16384 /* that detectors keep a sum of */

struct tenants {
	struct table *table;
	struct tenant whole; /* all of them */
};

/* accounts: how many to have room for. */
void tenants_init(struct tenants *tenants, uint64_t accounts);
/* How many accounts exist; what may be learnt depends on it. */
void tenants_set_accounts(struct tenants *tenants, uint64_t accounts);
uint64_t tenants_lost(const struct tenants *tenants);
void tenants_done(struct tenants *tenants);
void tenants_serialize(struct tenants *tenants, struct serializer *serializer);
struct tenant *tenants_touch(struct tenants *tenants, uint64_t key, int64_t now_us);

void tenant_count(struct tenant *tenant, enum stratum stratum, int class);
/* A vote that failed, also while an attack is suspected: how much hours differ is learnt of all. */
void tenant_note_failed(struct tenant *tenant, enum stratum stratum);
/* How much the failed votes of an hour vary from day to day (stats/surge.h). */
double tenant_dispersion(const struct tenant *tenant, enum stratum stratum);
/* A detector's sum is above half its threshold: nothing is learnt from this hour. After a week of
 * this, learning goes on: it is the normal then. */
void tenant_suspect(struct tenant *tenant, int64_t now_us);

/* A vote of a network that the tenant knows. When passwords are changed for many at once, wrong
 * ones are usual there for a while. */
void tenant_note_known(struct tenant *tenant, bool is_bad, int64_t now_us);
double tenant_recent_bad(const struct tenant *tenant);

/* A network that is known for an account failed on it, for the first time that day. When many do at
 * once, passwords were changed: wrong ones say nothing then. */
void tenant_note_stale(struct tenant *tenant, int64_t now_us);
bool tenant_is_in_upheaval(const struct tenant *tenant);

/* How many times more failures of strange networks were seen while learning than may be learnt; 1 or
 * less: no more. */
double tenant_above(const struct tenant *tenant);

/* Failures of strange networks in an hour like this one as they were seen, not as may be learnt. */
double tenant_seen_per_hour(const struct tenant *tenant);

/* Of one class and stratum. */
double tenant_seen_of_class(const struct tenant *tenant, enum stratum stratum, int class);

/* Share of a class among the votes of this hour of the day, rather too high than too low. */
double tenant_share(const struct tenant *tenant, enum stratum stratum, int class);
/* Expected per hour at this hour of the day, rather too high than too low. */
double tenant_per_hour(const struct tenant *tenant, enum stratum stratum, int class);
/* The same for what is rare: an hour of which little was seen borrows from the whole day. */
double tenant_rare_per_hour(const struct tenant *tenant, enum stratum stratum, int class);

/* That of the hour of the day in which a time lies; as much as may be learnt until it is known. */
double tenant_rare_at(const struct tenant *tenant, enum stratum stratum, int class,
		      int64_t time_us);

/* Odds that a success from a strange network belongs to an attack that is going on, on the tenant,
 * or on all when the network is strange to all; 0: none is. */
double tenant_attack_odds(const struct tenant *tenant, enum contact_class class,
			  bool is_strange_to_all, bool is_far);
/* Whether campaign tells of an attack on the tenant, or on all: what it tells, no other needs to. */
bool tenant_has_campaign(const struct tenant *tenant);
/* Since when; 0: none is. */
int64_t tenant_attack_since(const struct tenant *tenant);

#endif
