/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mail host and its people.
 *
 * What a person is (home, provider, office, clients) follows from seed and number, and each person
 * has own chances each day: a scene that is added changes nobody else's week.
 */
#ifndef WAX_WEEKS_HOST_H
#define WAX_WEEKS_HOST_H

#include "chance.h"
#include "event.h"

/* What distinguishes one host from another; all of them `key=value` of the command line. */
struct keys {
	double seed, accounts, tenants, skew, days;
	/* Shares of accounts in use and cancelled; the rest is unused. */
	double used, cancelled;
	/* Shares of people who use webmail only, who have an office, and who poll from one. */
	double webmail, offices, desktop, pop3;
	/* People of the first tenant behind one address. */
	double office;
	/* Shares of homes with IPv6, of those whose prefix is new each day; of NAT64 on the road.
	 */
	double ipv6, rotating, nat64;
	double carrier_exits; /* addresses of a carrier; 0: by the number of accounts */
	/* Of logins by hand, how many follow a mistyped name, or password. */
	double typo, wrong;
	/* Per person and day: changed passwords, new devices, days elsewhere. Per unused account
	 * and day: comes into use. */
	double changed, devices, travel, wakes;
	double mail; /* messages per person and day */
	/* Guesses per hour, of how many the account exists, guesses of one source a day. */
	double bots, bots_known, bots_tries;
	double zones,
		dst; /* hours over which tenants are spread; day on which summer time begins */
	/* From one day to before another traffic is so many times the usual. */
	double season, season_from, season_until;
	double moved,
		renumbered; /* day on which office and webmail, or a provider, change addresses */
	double reserved;    /* accounts of the first tenant that nobody has opened yet */
	/* What scenes ask for; see there. */
	double day, hour, hours, rate, right, known, people, sources, spread, own, reads, form,
		count;
};

enum state { IN_USE, UNUSED, CANCELLED, RESERVED };

struct host {
	struct keys keys;
	struct names names;
	uint32_t n_accounts, n_tenants;
	uint32_t *first;
	uint8_t *states;
	uint64_t seed;
	struct calendar calendar;
};

void host_make(struct host *host);
void host_write_roster(const struct host *host, FILE *out);
void host_day(struct host *host, int day);

/* Hour of a tenant's day, as the world's time. */
int64_t host_time(const struct host *host, int day, double hour, uint32_t account);
bool host_at_work(int day);

/* Where somebody is. */
struct address host_home(const struct host *host, uint32_t account, int64_t time_ms);
struct address host_carrier(const struct host *host, uint32_t account, int day, int part);
struct address host_office(const struct host *host, uint32_t account, int day);
struct address host_webmail(const struct host *host, int day);
/* Anywhere in the world; the same for the same number. */
struct address world_address(uint64_t number);

/* One record, or as many attempts as it stands for. */
void host_auth(struct host *host, int64_t time_ms, struct address source, uint32_t account,
	       enum kind kind, uint32_t count);
void host_read(struct host *host, int64_t time_ms, struct address source, uint32_t account,
	       uint32_t count);
/* Somebody types name and password, perhaps wrongly, and then is in. Returns when. */
int64_t host_types(struct host *host, struct chance *chance, int64_t time_ms, struct address source,
		   uint32_t account, double typo);
/* Telephone and computer of somebody for a day. */
void host_person_day(struct host *host, struct chance *chance, uint32_t account, int day);
/* A device goes on with the old password for so many hours, once in `every` seconds. */
void host_stale_device(struct host *host, struct chance *chance, int64_t time_ms,
		       struct address source, uint32_t account, double hours, double every);

#endif
