/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

#include <stdlib.h>
#include <string.h>

enum tag {
	TAG_STATE = 1,
	TAG_HOUSE,
	TAG_PROVIDER,
	TAG_LEASE,
	TAG_HOME,
	TAG_CARRIER,
	TAG_OFFICE,
	TAG_CLIENTS,
	TAG_LAST,
	TAG_RATE,
	TAG_DAY,
	TAG_BOTS,
	TAG_WORLD,
};

/* Per mille of a day's logins in each hour. */
static const double working_hours[24] = {4,  2,	 2,  2,	 4,  12, 28, 62, 96, 88, 78, 68,
					 56, 66, 74, 72, 64, 54, 46, 42, 36, 24, 14, 6};
static const double free_hours[24] = {14, 8,  5,  4,  4,  8,  16, 32, 52, 66, 72, 70,
				      64, 60, 56, 54, 54, 58, 64, 68, 64, 52, 35, 20};

static uint64_t trait(const struct host *host, enum tag tag, uint64_t number)
{
	return stir3(host->seed, tag, number);
}

bool host_at_work(int day)
{
	return day % 7 < 5;
}

static void host_make_tenants(struct host *host)
{
	double total = 0, sum = 0;

	host->first = grown(NULL, (host->n_tenants + 1) * sizeof(*host->first));
	for (uint32_t i = 0; i < host->n_tenants; i++)
		total += pow(i + 1, -host->keys.skew);
	for (uint32_t i = 0; i < host->n_tenants; i++) {
		host->first[i] = (uint32_t)(sum / total * host->n_accounts);
		sum += pow(i + 1, -host->keys.skew);
	}
	host->first[host->n_tenants] = host->n_accounts;
	host->names = (struct names){.n_tenants = host->n_tenants, .first = host->first};
}

void host_make(struct host *host)
{
	const struct keys *keys = &host->keys;

	host->n_accounts = (uint32_t)keys->accounts;
	host->n_tenants = (uint32_t)keys->tenants;
	host->seed = stir((uint64_t)keys->seed ^ UINT64_C(0x7765656b73));
	host->calendar.n_days = (int)keys->days;
	host_make_tenants(host);
	host->states = grown(NULL, host->n_accounts);
	for (uint32_t i = 0; i < host->n_accounts; i++) {
		double share = share_of(trait(host, TAG_STATE, i));

		host->states[i] = i < keys->reserved			 ? RESERVED
				  : share < keys->used			 ? IN_USE
				  : share < keys->used + keys->cancelled ? CANCELLED
									 : UNUSED;
	}
}

void host_write_roster(const struct host *host, FILE *out)
{
	char name[256];

	for (uint32_t i = 0; i < host->n_accounts; i++) {
		double share = share_of(trait(host, TAG_LAST, i));
		double days = host->states[i] == IN_USE ? 2 * share : 40 + 900 * share * share;

		name[name_write(name, &host->names, i, FORM_RIGHT)] = '\0';
		fprintf(out, "%s\t%s\t", name,
			host->states[i] == CANCELLED ? "cancelled" : "active");
		if (host->states[i] == RESERVED || (host->states[i] == UNUSED && share > .8))
			fputs("-\n", out);
		else
			fprintf(out, "%lld\n", (long long)(START - (int64_t)(days * DAY)));
	}
}

int64_t host_time(const struct host *host, int day, double hour, uint32_t account)
{
	const struct keys *keys = &host->keys;
	uint32_t tenant = tenant_of(&host->names, account);
	double zone = keys->zones > 0 ? floor(share_of(stir(tenant)) * (keys->zones + 1)) : 0;

	zone += keys->dst > 0 && day >= keys->dst;
	return (START + day * DAY) * 1000 + (int64_t)((hour - zone) * 3600e3);
}

/* An hour of the day between two, by how many log in then. */
static double host_hour(struct chance *chance, int day, int from, int until)
{
	const double *weights = host_at_work(day) ? working_hours : free_hours;
	double total = 0, left;
	int hour;

	for (hour = from; hour < until; hour++)
		total += weights[hour];
	left = total * chance_share(chance);
	for (hour = from; hour < until - 1 && left >= weights[hour]; hour++)
		left -= weights[hour];
	return hour + chance_share(chance);
}

struct address world_address(uint64_t number)
{
	uint64_t stirred = stir3(TAG_WORLD, number, 0);
	uint64_t octet = 1 + stirred % 222;

	/* Not private, not local, not what these hosts' homes and carriers have. */
	while (octet == 10 || octet == 127 || octet == 172 || octet == 192 || octet == 100 ||
	       octet == 169 || octet == 198 || octet == 203 || (octet >= 60 && octet < 90))
		octet = (octet + 37) % 222 + 1;
	return (struct address){.low = octet << 24 | (stirred >> 32 & 0xffffff)};
}

/* Twelve providers. Two persons in three share a home with another. A home gets another address at
 * its own hour, after three days to three months; one whose IPv6 prefix rotates, each night. */
struct address host_home(const struct host *host, uint32_t account, int64_t time_ms)
{
	uint32_t house = account - (account % 3 == 1);
	uint64_t provider = trait(host, TAG_PROVIDER, house) % 12;
	uint64_t place = trait(host, TAG_HOME, house);
	uint64_t lease_hours = 24 * (3 + trait(host, TAG_LEASE, house) % 90);
	uint64_t hours = (uint64_t)(time_ms / 3600000);

	if (provider == 3 && host->keys.renumbered > 0 &&
	    time_ms >= (START + (int64_t)(host->keys.renumbered * DAY) + 3 * 3600) * 1000)
		house = ~house;
	if (share_of(place) < host->keys.ipv6) {
		bool rotates = share_of(stir(place)) < host->keys.rotating;
		uint64_t night = (hours + 24 - place % 6) / 24;
		uint64_t region = stir(place >> 32) % 256;
		uint64_t prefix = stir3(house, rotates ? night : 0, place) % (1U << 16);

		/* 2a02:PPPP:RRxx:xx00::/56, R the region of the provider. */
		return (struct address){
			.high = UINT64_C(0x2a02) << 48 | (0x100 + provider) << 32 | region << 24 |
				prefix << 8,
			.low = stir(account) | 1,
		};
	}
	return (struct address){
		.low = (60 + 2 * provider) << 24 |
		       stir3(house, (hours + place % lease_hours) / lease_hours, place) %
			       (1U << 25),
	};
}

struct address host_carrier(const struct host *host, uint32_t account, int day, int part)
{
	uint64_t carrier = trait(host, TAG_CARRIER, account) % 5;
	double many = host->keys.carrier_exits;
	uint64_t exits = many > 0 ? (uint64_t)many : 8 + host->n_accounts / 3000;
	uint64_t exit = stir3(account, (uint64_t)day * 4 + (uint64_t)part, carrier) % exits;

	if (share_of(stir(account ^ host->seed)) < host->keys.nat64)
		return (struct address){
			.high = UINT64_C(0x0064ff9b) << 32,
			.low = (84 + carrier) << 24 | exit * 61 % (1U << 24),
		};
	return (struct address){.low = (84 + carrier) << 24 | exit * 61 % (1U << 24)};
}

static bool host_has_moved(const struct host *host, int day)
{
	return host->keys.moved > 0 && day >= host->keys.moved;
}

struct address host_webmail(const struct host *host, int day)
{
	return (struct address){.low = 10U << 24 | 20 << 8 | (host_has_moved(host, day) ? 99 : 25)};
}

/* The first tenant's people share one; others sit in groups of five to sixty. 0: none. */
struct address host_office(const struct host *host, uint32_t account, int day)
{
	uint32_t tenant = tenant_of(&host->names, account);
	uint32_t in_tenant = account - host->first[tenant];
	uint64_t size = 10 + trait(host, TAG_OFFICE, tenant) % 110;
	uint64_t group = stir3(host->seed, tenant, in_tenant / size);

	if (tenant == 0 && host->keys.office > 0 &&
	    in_tenant < host->keys.reserved + host->keys.office / host->keys.used)
		return (struct address){.low = UINT64_C(62) << 24 | 7 << 16 |
					       (host_has_moved(host, day) ? 9 : 200) << 8 | 1};
	if (share_of(group) >= host->keys.offices)
		return (struct address){0};
	return (struct address){.low = UINT64_C(62) << 24 | stir(group) % (1U << 24)};
}

static uint8_t host_service(const struct host *host, uint32_t account)
{
	double share = share_of(trait(host, TAG_CLIENTS, account) << 20);

	return share < host->keys.pop3 ? POP3 : IMAP;
}

void host_auth(struct host *host, int64_t time_ms, struct address source, uint32_t account,
	       enum kind kind, uint32_t count)
{
	calendar_add(&host->calendar, (struct event){.time_ms = time_ms,
						     .source = source,
						     .account = account,
						     .count = count,
						     .kind = kind,
						     .service = host_service(host, account)});
}

void host_read(struct host *host, int64_t time_ms, struct address source, uint32_t account,
	       uint32_t count)
{
	uint8_t service = host_service(host, account);

	calendar_add(&host->calendar,
		     (struct event){.time_ms = time_ms,
				    .source = source,
				    .account = account,
				    .count = count,
				    .kind = READ,
				    .service = service,
				    .actor = service,
				    .bytes = count * (3000 + (uint32_t)(stir(account) % 60000))});
}

int64_t host_types(struct host *host, struct chance *chance, int64_t time_ms, struct address source,
		   uint32_t account, double typo)
{
	if (chance_share(chance) < typo) {
		struct event event = {.time_ms = time_ms,
				      .source = source,
				      .account = account,
				      .count = 1 + (chance_share(chance) < .3),
				      .kind = AUTH_FAILURE,
				      .form = (uint8_t)(FORM_MISTYPED + chance_below(chance, 12))};

		calendar_add(&host->calendar, event);
		time_ms += 1000 * (5 + (int64_t)chance_below(chance, 40));
	}
	while (chance_share(chance) < host->keys.wrong) {
		host_auth(host, time_ms, source, account, AUTH_FAILURE, 1);
		time_ms += 1000 * (4 + (int64_t)chance_below(chance, 30));
	}
	host_auth(host, time_ms, source, account, AUTH_SUCCESS, 1);
	return time_ms;
}

void host_stale_device(struct host *host, struct chance *chance, int64_t time_ms,
		       struct address source, uint32_t account, double hours, double every)
{
	int64_t end_ms = time_ms + (int64_t)(hours * 3600e3);

	/* One record a minute, or less often when it tries less often. */
	for (double step = every > 60 ? every : 60; time_ms < end_ms;
	     time_ms += (int64_t)(step * 1000))
		host_auth(host, time_ms + (int64_t)chance_below(chance, 20000), source, account,
			  AUTH_FAILURE, every < 60 ? (uint32_t)(60 / every) : 1);
}

/* What a client finds of a day's mail. */
static void host_looks(struct host *host, struct chance *chance, int64_t time_ms,
		       struct address source, uint32_t account, double share)
{
	host_read(host, time_ms + 1000 + (int64_t)chance_below(chance, 20000), source, account,
		  chance_poisson(chance, host->keys.mail * share));
}

/* It polls all day, and all night. */
static void host_telephone(struct host *host, struct chance *chance, uint32_t account, int day,
			   double busy)
{
	static const int parts[5] = {0, 7, 12, 18, 24};
	struct address office = host_office(host, account, day);

	for (int part = 0; part < 4; part++) {
		double hour = parts[part] + (parts[part + 1] - parts[part]) * chance_share(chance);
		int64_t time_ms = host_time(host, day, hour, account);
		struct address source = host_home(host, account, time_ms);
		bool outside = host_at_work(day) ? part == 1 || part == 2 : part == 2;

		if (outside && chance_share(chance) < .7)
			source = office.low && chance_share(chance) < .6
					 ? office
					 : host_carrier(host, account, day, part);
		host_auth(host, time_ms, source, account, AUTH_SUCCESS,
			  chance_poisson(chance, 5 * busy));
		host_looks(host, chance, time_ms, source, account, .15);
	}
}

static void host_computer(struct host *host, struct chance *chance, uint32_t account, int day,
			  double busy)
{
	struct address office = host_office(host, account, day);

	for (int half = 0; half < 2; half++) {
		double hour = host_hour(chance, day, 7 + 5 * half, 13 + 9 * half);
		int64_t time_ms = host_time(host, day, hour, account);
		struct address source = office.low && host_at_work(day)
						? office
						: host_home(host, account, time_ms);

		host_auth(host, time_ms, source, account, AUTH_SUCCESS,
			  chance_poisson(chance, 4 * busy));
		host_looks(host, chance, time_ms, source, account, .2);
	}
}

static void host_browser(struct host *host, struct chance *chance, uint32_t account, int day,
			 double busy)
{
	struct address webmail = host_webmail(host, day);

	for (uint32_t n = chance_poisson(chance, 2 * busy); n > 0; n--) {
		int64_t time_ms = host_time(host, day, host_hour(chance, day, 6, 24), account);

		time_ms = host_types(host, chance, time_ms, webmail, account, host->keys.typo);
		host_looks(host, chance, time_ms, webmail, account, .4);
	}
}

/* A new telephone: typed in at home, and all mail of the last weeks is copied. */
static void host_device(struct host *host, struct chance *chance, uint32_t account, int day)
{
	int64_t time_ms = host_time(host, day, host_hour(chance, day, 9, 22), account);
	struct address source = host_home(host, account, time_ms);

	time_ms = host_types(host, chance, time_ms, source, account, .08);
	host_read(host, time_ms + 4000, source, account,
		  (uint32_t)chance_lognormal(chance, 200, 1));
}

static void host_elsewhere(struct host *host, struct chance *chance, uint32_t account, int day)
{
	struct address source = world_address(chance_next(chance));

	for (uint32_t n = 1 + chance_poisson(chance, 1); n > 0; n--) {
		double hour = host_hour(chance, day, 7, 24);
		int64_t time_ms = host_types(host, chance, host_time(host, day, hour, account),
					     source, account, host->keys.typo);

		host_looks(host, chance, time_ms, source, account, .3);
	}
}

static double host_busy(const struct host *host, uint32_t account, int day)
{
	const struct keys *keys = &host->keys;
	double busy = .4 + 1.6 * share_of(trait(host, TAG_RATE, account));

	if (!host_at_work(day))
		busy *= .45;
	if (keys->season > 0 && day >= keys->season_from && day < keys->season_until)
		busy *= keys->season;
	return busy;
}

void host_person_day(struct host *host, struct chance *chance, uint32_t account, int day)
{
	const struct keys *keys = &host->keys;
	uint64_t clients = trait(host, TAG_CLIENTS, account);
	double busy = host_busy(host, account, day);

	if (share_of(clients) < keys->webmail) {
		host_browser(host, chance, account, day, busy);
		return;
	}
	if (share_of(stir(clients)) < .8)
		host_telephone(host, chance, account, day, busy);
	if (share_of(stir(clients)) >= .8 || share_of(stir(~clients)) < keys->desktop)
		host_computer(host, chance, account, day, busy);
	if (chance_share(chance) < keys->devices)
		host_device(host, chance, account, day);
	if (chance_share(chance) < keys->travel)
		host_elsewhere(host, chance, account, day);
	if (chance_share(chance) < keys->changed) {
		int64_t time_ms = host_time(host, day, host_hour(chance, day, 8, 23), account);

		host_stale_device(host, chance, time_ms, host_home(host, account, time_ms), account,
				  chance_lognormal(chance, 5, 1.4),
				  chance_lognormal(chance, 300, 1));
	}
}

/* Unused mailboxes that somebody remembers; forgotten devices of cancelled ones. */
static void host_idle_day(struct host *host, struct chance *chance, uint32_t account, int day)
{
	int64_t begin_ms = host_time(host, day, 0, account);
	bool forgotten = host->states[account] == CANCELLED && share_of(stir(account)) < .02;

	if (forgotten)
		host_stale_device(host, chance, begin_ms, host_home(host, account, begin_ms),
				  account, 24, 900 + 9000 * share_of(stir(~account)));
	if (host->states[account] == UNUSED && chance_share(chance) < host->keys.wakes) {
		int64_t time_ms = host_time(host, day, host_hour(chance, day, 8, 23), account);
		struct address home = host_home(host, account, time_ms);

		time_ms = host_types(host, chance, time_ms, home, account, .05);
		host_read(host, time_ms + 5000, home, account, chance_poisson(chance, 30));
	}
}

static uint32_t bot_account(const struct host *host, struct chance *chance)
{
	double share = chance_share(chance);

	/* Some addresses are on more lists than others. */
	return (uint32_t)(stir((uint64_t)(share * share * host->n_accounts)) % host->n_accounts);
}

/* Those who guess everywhere, always: a few names from each of many networks, in surges. */
static void host_bots(struct host *host, int day)
{
	const struct keys *keys = &host->keys;
	struct chance chance = {stir3(host->seed, TAG_BOTS, (uint64_t)day)};
	double each = keys->bots_tries > 1 ? keys->bots_tries : 1;

	for (int hour = 0; hour < 24; hour++) {
		double surge = chance_lognormal(&chance, .85, .5);

		for (uint32_t n = chance_poisson(&chance, keys->bots * surge / each); n > 0; n--) {
			double old = chance_share(&chance);
			uint64_t number = (uint64_t)(pow(old, 1.5) * (100 + keys->bots * 100));
			uint32_t tries = 1 + chance_poisson(&chance, each - 1);
			int64_t time_ms = (START + day * DAY + hour * 3600) * 1000 +
					  chance_below(&chance, 3600000);

			while (tries-- > 0) {
				struct event event = {.time_ms = time_ms,
						      .source = world_address(~host->seed + number),
						      .account = bot_account(host, &chance),
						      .count = 1,
						      .kind = AUTH_FAILURE,
						      .intent = BOT,
						      .service = chance_below(&chance, 3)};

				if (chance_share(&chance) >= keys->bots_known)
					event.form = chance_share(&chance) < .7 ? FORM_ROLE
										: FORM_FORMER;
				calendar_add(&host->calendar, event);
				time_ms += chance_below(&chance, 600000);
			}
		}
	}
}

void host_day(struct host *host, int day)
{
	for (uint32_t i = 0; i < host->n_accounts; i++) {
		struct chance chance = {stir3(host->seed ^ TAG_DAY, (uint64_t)day, i)};

		if (host->states[i] == IN_USE)
			host_person_day(host, &chance, i, day);
		else if (host->states[i] != RESERVED)
			host_idle_day(host, &chance, i, day);
	}
	host_bots(host, day);
}
