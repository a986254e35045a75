/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and their sources: docs/evaluation.md. */
#include "people.h"

#include <stdio.h>
#include <stdlib.h>

#define VENUES 60000
#define CARRIERS 8

struct device { /* fails on its own, for a while */
	uint32_t account;
	double next, until, interval;
	uint32_t failures;
	char is_mobile;
};

struct host host = {
	.accounts = 200000,
	.tenants = 6,
	.active = .45,
	.dormant = .40,
	.weekend = 1,
	.foreign = .01,
	.regular = 1,
	.polls = 1,
	.moves = 20,
	.background = 1,
};
unsigned char *states, *tenants;
static unsigned char *habits; /* 1 mobile, 2 office, 4 aggregator */
static uint32_t *homes, *home_of, *office_of;
static uint32_t n_homes, n_offices, home_networks;
struct record *records;
size_t n_records;
static size_t room;
static struct device *devices;
static size_t n_devices, devices_room;
struct chance dice;

static const double hours[24] = {5,  5.5, 6,  6.5, 8,  11, 18, 26, 30, 33, 33, 33,
				 33, 33,  33, 33,  33, 33, 32, 30, 24, 17, 11, 7};

void add(double time, char kind, uint32_t source, uint32_t account, char outcome, uint32_t count,
	 char is_attack)
{
	if (n_records == room) {
		room = room ? room * 2 : 65536;
		records = realloc(records, room * sizeof(*records));
		if (!records)
			abort();
	}
	records[n_records++] =
		(struct record){time, source, account, count, kind, outcome, is_attack};
}

/* Networks of each sort lie apart: the first byte tells. */
static uint32_t address(unsigned int first, uint32_t network, uint32_t machine)
{
	return (first << 24) + (network << 8) + machine;
}

static uint32_t home_address(uint32_t network)
{
	return address(60, network, (uint32_t)chance_below(&dice, 254) + 1);
}

uint32_t anywhere(void)
{
	return address(100 + (unsigned int)chance_below(&dice, 60),
		       (uint32_t)chance_below(&dice, 65536), (uint32_t)chance_below(&dice, 254) + 1);
}

static uint32_t carrier(void)
{
	return address(80, (uint32_t)chance_below(&dice, CARRIERS),
		       (uint32_t)chance_below(&dice, 256));
}

static uint32_t venue(void)
{
	uint32_t number = (uint32_t)chance_below(&dice, VENUES);

	return address(60, number % home_networks, 255 - number / home_networks % 8);
}

uint32_t unknown_name(void)
{
	return host.accounts + (uint32_t)chance_below(&dice, 100000000);
}

static void make_homes(void)
{
	uint32_t i = 0;

	homes = calloc(host.accounts, sizeof(*homes));
	home_of = calloc(host.accounts, sizeof(*home_of));
	office_of = calloc(host.accounts, sizeof(*office_of));
	home_networks = host.accounts / 250 + 1;
	while (i < host.accounts) {
		double u = chance_unit(&dice);
		uint32_t size = u < .55 ? 1 : u < .85 ? 2 : u < .95 ? 3 : 4;

		homes[n_homes] = home_address((uint32_t)chance_below(&dice, home_networks));
		while (size-- && i < host.accounts)
			home_of[i++] = n_homes;
		n_homes++;
	}
}

/* Six as above; other numbers of them in falling sizes. */
static double *split_tenants(void)
{
	static const double six[] = {.38, .62, .77, .89, .97, 1};
	double *split = calloc(host.tenants, sizeof(*split)), sum = 0;

	for (uint32_t t = 0; t < host.tenants; t++)
		split[t] = sum += 1.0 / (t + 1.5);
	for (uint32_t t = 0; t < host.tenants; t++)
		split[t] = host.tenants == 6 ? six[t] : split[t] / sum;
	split[host.tenants - 1] = 1;
	return split;
}

void make_accounts(void)
{
	double left = 0, *split = split_tenants();

	states = calloc(host.accounts, 1);
	tenants = calloc(host.accounts, 1);
	habits = calloc(host.accounts, 1);
	make_homes();
	for (uint32_t i = 0; i < host.accounts; i++) {
		double u = chance_unit(&dice);

		states[i] = u < host.active		    ? ACTIVE
			    : u < host.active + host.dormant ? DORMANT
							     : CANCELLED;
		u = chance_unit(&dice);
		while (u > split[tenants[i]])
			tenants[i]++;
		if (states[i] != ACTIVE)
			continue;
		habits[i] = (unsigned char)(chance_is(&dice, .55) | chance_is(&dice, .15) << 1 |
					    chance_is(&dice, .03) << 2);
		if (habits[i] & 2) {
			if (left < 1) {
				left = chance_lognormal(&dice, 12, 1.3) + 1;
				n_offices++;
			}
			office_of[i] = address(70, n_offices, 1);
			left--;
		}
	}
	free(split);
}

void write_roster(const char *path)
{
	static const char *const words[] = {"active", "active", "cancelled"};
	FILE *file = fopen(path, "w");

	if (!file)
		abort();
	for (uint32_t i = 0; i < host.accounts; i++) {
		double age = states[i] == ACTIVE ? chance_unit(&dice) * 20
						 : 100 + chance_unit(&dice) * 700;

		fprintf(file, "u%07u@isp%u.example\t%s\t%.0f\n", i, tenants[i] + 1,
			words[states[i]], START - age * DAY);
	}
	fclose(file);
}

static uint32_t place_of(uint32_t i)
{
	double u = chance_unit(&dice);

	if (u < .7 || !(habits[i] & 1))
		return homes[home_of[i]];
	return u < .9 ? carrier() : venue();
}

/* Somebody types a password. */
static void log_in(double time, uint32_t i, uint32_t source)
{
	uint32_t mistyped = unknown_name();

	if (chance_is(&dice, .02))
		do
			add(time += 7, 'a', source, mistyped, 'f', 1, 0);
		while (chance_is(&dice, .2));
	if (chance_is(&dice, .02))
		do
			add(time += 7, 'a', source, i, 'f', 1, 0);
		while (chance_is(&dice, 2 / 3.0));
	if (chance_is(&dice, .02))
		do
			add(time += 7, 'a', source, i, 'f', 1, 0);
		while (chance_is(&dice, 1 / 3.0));
	add(time + 7, 'a', source, i, 's', 1, 0);
	add(time + 9, 'r', source, i, '-', (uint32_t)(1 + chance_below(&dice, 15)), 0);
}

double sync_size(void)
{
	return fmin(chance_lognormal(&dice, 600, 1.6) + 1, 60000);
}

static void poll(double time, uint32_t home, uint32_t i)
{
	for (int n = 0; n < host.polls; n++)
		add(time + n * DAY / host.polls, 'a', home, i, 's', (uint32_t)(96 / host.polls), 0);
}

static void log_in_abroad(double time, uint32_t i)
{
	uint32_t source = anywhere();

	log_in(time, i, source);
	if (chance_is(&dice, host.syncs))
		add(time + 60, 'r', source, i, '-', (uint32_t)sync_size(), 0);
}

static void live_active(double time, uint32_t i, double part)
{
	uint32_t home = homes[home_of[i]];

	if (chance_is(&dice, part) && chance_is(&dice, host.regular))
		poll(time, home, i);
	if (habits[i] & 1 && chance_is(&dice, .6 * part))
		add(time, 'a', carrier(), i, 's', 5, 0);
	if (habits[i] & 2 && chance_is(&dice, .7 * part))
		add(time, 'a', office_of[i], i, 's', 20, 0);
	if (habits[i] & 4 && chance_is(&dice, part))
		add(time, 'a', address(75, (uint32_t)chance_below(&dice, 4),
				       (uint32_t)chance_below(&dice, 256)), i, 's', 20, 0);
	if (chance_is(&dice, .075 * part))
		log_in(time, i, venue());
	if (chance_is(&dice, host.foreign * part))
		log_in_abroad(time, i);
	if (chance_is(&dice, .25 * part))
		log_in(time, i, place_of(i));
	if (chance_is(&dice, 1.6 / 900 * part)) {
		uint32_t source = place_of(i);

		add(time, 'a', source, i, 's', 1, 0);
		add(time + 60, 'r', source, i, '-', (uint32_t)sync_size(), 0);
	}
}

void add_device(uint32_t i, double time, double hours_median, double sigma)
{
	static const double intervals[] = {300, 900, 1800, 3600};
	double u = chance_unit(&dice);

	if (n_devices == devices_room) {
		devices_room = devices_room ? 2 * devices_room : 1024;
		devices = realloc(devices, devices_room * sizeof(*devices));
	}
	devices[n_devices++] = (struct device){
		.account = i,
		.next = time,
		.until = time + fmin(chance_lognormal(&dice, hours_median, sigma), 60 * 24) * HOUR,
		.interval = intervals[u < .35 ? 0 : u < .7 ? 1 : u < .9 ? 2 : 3],
		.failures = u < .5 ? 1 : u < .8 ? 2 : 4,
		.is_mobile = (char)(habits[i] & 1 && chance_is(&dice, .4)),
	};
}

static void run_devices(double until)
{
	for (size_t d = 0; d < n_devices; d++) {
		struct device *device = &devices[d];
		uint32_t source = device->is_mobile && chance_is(&dice, .5)
					  ? carrier()
					  : homes[home_of[device->account]];

		for (; device->next < until && device->next < device->until;
		     device->next += device->interval)
			add(device->next, 'a', source, device->account, 'f', device->failures, 0);
		if (device->next >= device->until)
			devices[d--] = devices[--n_devices];
	}
}

static void renumber(double part)
{
	uint64_t moves = chance_poisson(&dice, n_homes / host.moves * part);

	while (moves--) {
		uint32_t home = (uint32_t)chance_below(&dice, n_homes);
		uint32_t network = chance_is(&dice, .6)
					   ? (homes[home] >> 8) & 0xffff
					   : (uint32_t)chance_below(&dice, home_networks);

		homes[home] = home_address(network);
	}
}

static void guessers(double time, double part)
{
	uint64_t n = chance_poisson(&dice, 300e-6 * host.accounts * part * host.background);

	while (n--) {
		double at = time + chance_unit(&dice) * HOUR;
		double attempts = chance_lognormal(&dice, 3, 1.5);
		uint32_t source = anywhere();

		for (int i = 0; i < attempts && i < 3000; i++) {
			bool is_unknown = chance_is(&dice, .75);
			uint32_t name = is_unknown ? unknown_name()
						   : (uint32_t)chance_below(&dice, host.accounts);

			add(at, 'a', source, name, 'f', 1, 2);
			at += chance_lognormal(&dice, 40, 1.2);
		}
	}
}

static void wake(double time, uint32_t i)
{
	uint32_t source = chance_is(&dice, .97) ? homes[home_of[i]] : anywhere();

	if (chance_is(&dice, .4))
		add(time, 'a', source, i, 'f', (uint32_t)(1 + chance_below(&dice, 5)), 0);
	add(time + 60, 'a', source, i, 's', 1, 0);
	states[i] = ACTIVE;
}

void live_before(void)
{
	for (uint32_t i = 0; i < host.accounts; i++)
		if (states[i] == CANCELLED && chance_is(&dice, .02))
			add_device(i, START + chance_unit(&dice) * HOUR, 480, 1.5);
}

/* Share of a day's life in the hour that begins then, where the tenant lives. */
static double part_of(double begin, uint32_t tenant)
{
	double hour = (begin - START) / HOUR + 7 * 24 - tenant * host.zones, sum = 0;
	int day = (int)(hour / 24) % 7; /* from Sunday on */

	for (int h = 0; h < 24; h++)
		sum += hours[h];
	return hours[(int)hour % 24] / sum * (day == 0 || day == 6 ? host.weekend : 1);
}

static void live_one(double begin, uint32_t i, double part)
{
	double time = begin + chance_unit(&dice) * HOUR;

	if (states[i] == ACTIVE) {
		live_active(time, i, part);
		if (chance_is(&dice, part / 1080))
			add_device(i, time, 8, 2);
	} else if (states[i] == DORMANT && chance_is(&dice, part / 2000)) {
		wake(time, i);
	} else if (states[i] == CANCELLED && chance_is(&dice, part / 2000)) {
		add_device(i, time, 480, 1.5);
	}
}

void live_hour(double begin)
{
	double *parts = calloc(host.tenants, sizeof(*parts)), part = part_of(begin, 0);

	for (uint32_t t = 0; t < host.tenants; t++)
		parts[t] = part_of(begin, t);
	for (uint32_t i = 0; i < host.accounts; i++)
		live_one(begin, i, parts[tenants[i]]);
	run_devices(begin + HOUR);
	renumber(part);
	guessers(begin, part);
	free(parts);
}
