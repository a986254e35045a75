/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Days that are not everyday's and still nobody's fault. */
#include "scene.h"

enum { LIFE = 0x6c696665 };

static struct chance life_chance(const struct host *host, int day, uint64_t scene)
{
	return (struct chance){stir3(host->seed ^ LIFE, (uint64_t)day, scene)};
}

/* The n-th account of a tenant that is in use, or the tenant's first one. */
static uint32_t life_user(const struct host *host, uint32_t tenant, uint32_t n)
{
	for (uint32_t i = host->first[tenant]; i < host->first[tenant + 1]; i++)
		if (host->states[i] == IN_USE && n-- == 0)
			return i;
	return host->first[tenant];
}

static bool life_is_day(const struct host *host, int day)
{
	return day == (int)host->keys.day;
}

/* `reserved` new people: the computer in the office (or at home: form=1), the telephone in both;
 * the names are mistyped by one in ten. Afterwards they live as others do. */
static void life_hire(struct host *host, int day)
{
	struct chance chance = life_chance(host, day, 1);

	for (uint32_t i = 0; day >= host->keys.day && i < host->keys.reserved; i++) {
		double hour = host->keys.hour + 3 * chance_share(&chance);
		int64_t time_ms = host_time(host, day, hour, i);
		struct address home = host_home(host, i, time_ms);
		struct address office = host->keys.form > 0 ? home : host_office(host, i, day);

		if (!life_is_day(host, day)) {
			host_person_day(host, &chance, i, day);
			continue;
		}
		time_ms = host_types(host, &chance, time_ms, office.low ? office : home, i, .1);
		host_read(host, time_ms + 3000, office.low ? office : home, i, 3);
		host_auth(host, time_ms + 600000, host_carrier(host, i, day, 2), i, AUTH_SUCCESS,
			  2);
		host_auth(host, host_time(host, day, 18 + 4 * chance_share(&chance), i), home, i,
			  AUTH_SUCCESS, 3);
	}
}

/* `reserved` pupils in a quarter of an hour behind one address; half of them first try the
 * password of last year. */
static void life_school(struct host *host, int day)
{
	struct chance chance = life_chance(host, day, 2);
	struct address school = {.low = UINT64_C(62) << 24 | 99 << 16 | 4};

	for (uint32_t i = 0; day >= host->keys.day && i < host->keys.reserved; i++) {
		double hour = host->keys.hour + .25 * chance_share(&chance);
		int64_t time_ms = host_time(host, day, hour, i);

		if (!life_is_day(host, day) && !host_at_work(day))
			continue;
		if (life_is_day(host, day) && chance_share(&chance) < .5)
			host_auth(host, time_ms - 20000, school, i, AUTH_FAILURE, 1);
		time_ms = host_types(host, &chance, time_ms, school, i,
				     life_is_day(host, day) ? .15 : .02);
		host_read(host, time_ms + 2000, school, i, 1 + chance_below(&chance, 4));
	}
}

/* `people` of one firm arrive somewhere together, within `hours`, on each of `count` days. own=0:
 * each telephone is in a network of its own there. */
static void life_journey(struct host *host, int day)
{
	struct chance chance = life_chance(host, day, 3);
	uint32_t tenant = (uint32_t)host->keys.form % host->n_tenants;
	struct address there = world_address(stir3(host->seed, (uint64_t)day, 3));

	if (day < host->keys.day || day >= host->keys.day + host->keys.count)
		return;
	for (uint32_t n = 0; n < host->keys.people; n++) {
		uint32_t account = life_user(host, tenant, n + 3 * (uint32_t)day);
		double hour = host->keys.hour + host->keys.hours * chance_share(&chance);
		int64_t time_ms = host_time(host, day, hour, account);

		if (host->keys.own < 1)
			there = world_address(stir3(host->seed, account, 3));
		time_ms = host_types(host, &chance, time_ms, there, account, .03);
		host_read(host, time_ms + 2000, there, account, 2 + chance_below(&chance, 12));
		host_auth(host, time_ms + 900000, there, account, AUTH_SUCCESS, 6);
	}
}

/* Devices of `people` who left the firm go on in the office, once in five minutes. */
static void life_former(struct host *host, int day)
{
	struct chance chance = life_chance(host, day, 4);

	for (uint32_t n = 0; n < host->keys.people; n++) {
		uint32_t account = life_user(host, 0, n);
		struct address office = host_office(host, account, day);

		if (!office.low)
			office = host_home(host, account, (START + day * DAY) * 1000);
		for (int step = 0; step < 288; step += 3) {
			int64_t time_ms = (START + day * DAY + step * 300) * 1000 +
					  chance_below(&chance, 300000);

			calendar_add(&host->calendar, (struct event){.time_ms = time_ms,
								     .source = office,
								     .account = account,
								     .count = 3,
								     .kind = AUTH_FAILURE,
								     .form = FORM_FORMER});
		}
	}
}

/* Passwords of the first tenant (form=1: of the whole host) are new; every device learns it later.
 */
static void life_passwords(struct host *host, int day)
{
	struct chance chance = life_chance(host, day, 5);
	uint32_t end = host->keys.form > 0 ? host->n_accounts : host->first[1];

	for (uint32_t i = 0; life_is_day(host, day) && i < end; i++) {
		double hour = host->keys.hour + .2 * chance_share(&chance);
		int64_t time_ms = host_time(host, day, hour, i);
		struct address office = host_office(host, i, day);

		if (host->states[i] != IN_USE || chance_share(&chance) >= host->keys.right)
			continue;
		for (int device = 0; device < 2; device++) {
			struct address source = device == 0 && office.low ? office
						: chance_share(&chance) < .6
							? host_home(host, i, time_ms)
							: host_carrier(host, i, day, 1);

			host_stale_device(host, &chance, time_ms, source, i,
					  chance_lognormal(&chance, 3, 1.3),
					  chance_lognormal(&chance, 240, 1.2));
		}
	}
}

/* Mailboxes of the first tenant are copied to (form=0) or from (form=1) this host by one address.
 */
static void life_migration(struct host *host, int day)
{
	struct chance chance = life_chance(host, day, 6);
	struct address mover = world_address(stir(host->seed ^ 6));
	uint32_t left = (uint32_t)host->keys.people;
	int64_t time_ms = (START + day * DAY) * 1000 + (int64_t)(host->keys.hour * 3600e3);

	for (uint32_t i = 0; life_is_day(host, day) && i < host->first[1] && left > 0;
	     i++, left--) {
		host_auth(host, time_ms, mover, i,
			  host->states[i] == CANCELLED ? AUTH_FAILURE : AUTH_SUCCESS, 1);
		if (host->keys.form > 0 && host->states[i] != CANCELLED)
			host_read(host, time_ms + 2000, mover, i,
				  (uint32_t)chance_lognormal(&chance, 400, 1));
		time_ms += 1000 + chance_below(&chance, 20000);
	}
}

/* A program of the host reads what is new in each mailbox, every night; form says which. */
static void life_backup(struct host *host, int day)
{
	struct chance chance = life_chance(host, day, 7);

	for (uint32_t i = 0; i < host->n_accounts; i++) {
		int64_t time_ms = (START + day * DAY + 7200) * 1000 +
				  (int64_t)(3600e3 * i / host->n_accounts);
		uint32_t messages = day == 0 ? 300 : chance_poisson(&chance, host->keys.mail);

		if (host->states[i] == CANCELLED || host->states[i] == RESERVED)
			continue;
		calendar_add(&host->calendar, (struct event){.time_ms = time_ms,
							     .account = i,
							     .count = messages,
							     .bytes = messages * 20000,
							     .kind = READ,
							     .actor = 2});
	}
}

/* Twice a minute one account from `sources` addresses; with form=1 also a wrong password on
 * purpose. */
static void life_probe(struct host *host, int day)
{
	uint32_t account = life_user(host, 0, 1);

	for (int minute = 0; minute < 1440; minute++) {
		int64_t time_ms = (START + day * DAY + minute * 60) * 1000;
		uint64_t which = (uint64_t)(minute % (int)host->keys.sources);
		struct address probe = world_address(stir(host->seed ^ 8) + which);

		host_auth(host, time_ms, probe, account, AUTH_SUCCESS, 2);
		if (host->keys.form > 0 && minute % 5 == 0)
			host_auth(host, time_ms + 3000, probe, account, AUTH_FAILURE, 1);
	}
}

/* A service that its customers let read their mailboxes: `people` of them, from `sources`
 * addresses of one network, all day; some change their passwords and forget the service. From
 * `day` on it wins `count` customers a day. */
static void life_collector(struct host *host, int day)
{
	double customers = host->keys.people;
	uint64_t network = world_address(stir(host->seed ^ 9)).low & ~UINT64_C(255);
	uint32_t n = 0;

	if (host->keys.count > 0)
		customers = (day - host->keys.day + 1) * host->keys.count;
	for (uint32_t i = 0; i < host->n_accounts && n < customers; i++) {
		struct chance chance = {stir3(host->seed ^ 9, (uint64_t)day, i)};
		struct address source = {.low = network + 10 + i % (uint32_t)host->keys.sources};
		bool forgotten = share_of(stir3(host->seed ^ 10, (uint64_t)day / 4, i)) < .01;

		if (host->states[i] != IN_USE)
			continue;
		n++;
		for (int part = 0; part < 3; part++) {
			int64_t time_ms = (START + day * DAY + part * 28800) * 1000 +
					  chance_below(&chance, 28800000);

			host_auth(host, time_ms, source, i, forgotten ? AUTH_FAILURE : AUTH_SUCCESS,
				  30);
			if (!forgotten)
				host_read(host, time_ms + 1000, source, i,
					  chance_poisson(&chance, host->keys.mail / 3));
		}
	}
}

/* One device of one account fails `rate` times an hour for `hours`; form=1: under a wrong name. */
static void life_hammer(struct host *host, int day)
{
	uint32_t account = life_user(host, 0, 5);
	int64_t time_ms = (START + (int64_t)(host->keys.day * DAY + host->keys.hour * 3600)) * 1000;
	struct address home = host_home(host, account, time_ms);

	for (int second = 0; life_is_day(host, day) && second < host->keys.hours * 3600;
	     second += 10)
		calendar_add(&host->calendar,
			     (struct event){.time_ms = time_ms + second * MS,
					    .source = home,
					    .account = account,
					    .count = (uint32_t)(host->keys.rate / 360),
					    .kind = AUTH_FAILURE,
					    .form = host->keys.form > 0 ? FORM_MISTYPED : 0});
}

/* A new version of the mail server: every client copies its mailbox once more. */
static void life_resync(struct host *host, int day)
{
	struct chance chance = life_chance(host, day, 13);

	for (uint32_t i = 0; life_is_day(host, day) && i < host->n_accounts; i++) {
		int64_t time_ms = host_time(host, day, 24 * chance_share(&chance), i);
		struct address home = host_home(host, i, time_ms);

		if (host->states[i] != IN_USE)
			continue;
		host_auth(host, time_ms, home, i, AUTH_SUCCESS, 1);
		host_read(host, time_ms + 2000, home, i,
			  (uint32_t)chance_lognormal(&chance, 1500, 1));
	}
}

/* One mailbox that `people` of the first tenant open, each at home and in the office. */
static void life_shared(struct host *host, int day)
{
	struct chance chance = life_chance(host, day, 14);
	uint32_t shared = life_user(host, 0, 2);

	for (uint32_t n = 0; n < host->keys.people; n++) {
		uint32_t person = life_user(host, 0, 10 + n);
		int64_t time_ms = host_time(host, day, 7 + 15 * chance_share(&chance), person);
		struct address office = host_office(host, person, day);
		struct address source = office.low && chance_share(&chance) < .5
						? office
						: host_home(host, person, time_ms);

		host_auth(host, time_ms, source, shared, AUTH_SUCCESS, 4);
		host_read(host, time_ms + 2000, source, shared, chance_poisson(&chance, 5));
	}
}

/* The store of passwords does not answer: for `hours` every login fails, and is tried again. */
static void life_outage(struct host *host, int day)
{
	if (!life_is_day(host, day))
		return;
	host->calendar.down_ms = (START + day * DAY) * 1000 + (int64_t)(host->keys.hour * 3600e3);
	host->calendar.down_for_ms = (int64_t)(host->keys.hours * 3600e3);
}

/* Payslips: one in five of the first tenant's unused mailboxes is opened at home that day. */
static void life_payday(struct host *host, int day)
{
	struct chance chance = life_chance(host, day, 11);

	for (uint32_t i = 0; life_is_day(host, day) && i < host->first[1]; i++) {
		int64_t time_ms = host_time(host, day, 8 + 14 * chance_share(&chance), i);
		struct address home = host_home(host, i, time_ms);

		if (host->states[i] != UNUSED || chance_share(&chance) >= .2)
			continue;
		time_ms = host_types(host, &chance, time_ms, home, i, .05);
		host_read(host, time_ms + 5000, home, i, 1);
	}
}

/* As much as `people` do within a second on both sides of each midnight. */
static void life_midnight(struct host *host, int day)
{
	struct chance chance = life_chance(host, day, 12);

	for (uint32_t n = 0; n < host->keys.people; n++) {
		uint32_t account = chance_below(&chance, host->n_accounts);
		int64_t time_ms =
			(START + (day + 1) * DAY) * 1000 - 1000 + chance_below(&chance, 2000);

		if (host->states[account] == IN_USE)
			host_auth(host, time_ms, host_home(host, account, time_ms), account,
				  AUTH_SUCCESS, 1);
	}
}

/* At `hour` of `day` the clock goes back by `hours`: a trace stands still meanwhile. */
static void life_clock(struct host *host, int day)
{
	if (!life_is_day(host, day))
		return;
	host->calendar.stopped_ms =
		(START + day * DAY) * 1000 + (int64_t)(host->keys.hour * 3600e3);
	host->calendar.stopped_for_ms = (int64_t)(host->keys.hours * 3600e3);
}

const struct scene life_scenes[] = {
	{"hire", life_hire},
	{"school", life_school},
	{"journey", life_journey},
	{"former", life_former},
	{"passwords", life_passwords},
	{"migration", life_migration},
	{"backup", life_backup},
	{"probe", life_probe},
	{"collector", life_collector},
	{"hammer", life_hammer},
	{"payday", life_payday},
	{"midnight", life_midnight},
	{"clock", life_clock},
	{"resync", life_resync},
	{"shared", life_shared},
	{"outage", life_outage},
	{0},
};
