/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a trace of an invented mail host: people at home, at work, on the road, devices with old
 * passwords, guessers that are always there; and, when asked for, one attack or one harmless
 * upheaval. docs/evaluation.md has the numbers and where they come from.
 *
 *	generate ROSTER TRUTH [KEY=VALUE ...]
 *
 * The keys are the rows of `keys` below; those of the host and those of the event roll dice of
 * their own, so that all attacks of one seed happen to the same people.
 * TRUTH gets a line for each attempt of the attack, TIME SOURCE ACCOUNT OUTCOME [MESSAGES OR
 * ROWS], and for those of the guessers that are always there, with outcome "ambient".
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attack.h"
#include "people.h"

static double days = 9, seed = 1, sizes[2] = {200000, 6};
static FILE *truth;
static struct chance store_dice; /* what is read of the store changes nobody's day */

static const struct key {
	const char *name;
	double *value;
} keys[] = {
	{"accounts", &sizes[0]},	 {"tenants", &sizes[1]},
	{"days", &days},		 {"seed", &seed},
	{"active", &host.active},	 {"dormant", &host.dormant},
	{"zones", &host.zones},		 {"weekend", &host.weekend},
	{"ipv6", &host.ipv6},		 {"foreign", &host.foreign},
	{"syncs", &host.syncs},		 {"regular", &host.regular},
	{"polls", &host.polls},		 {"moves", &host.moves},
	{"background", &host.background}, {"lookup", &host.lookup},
	{"deliveries", &host.deliveries}, {"rereads", &host.rereads},
	{"rate", &attack.rate},		 {"start", &attack.start},
	{"limit", &attack.limit},	 {"tries", &attack.tries},
	{"hits", &attack.hits},		 {"reads", &attack.reads},
	{"tenant", &attack.tenant},
};

static bool set(const char *argument)
{
	size_t length = strcspn(argument, "=");

	if (strncmp(argument, "event=", 6) == 0) {
		attack.kind = argument + 6;
		return true;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (argument[length] && strlen(keys[i].name) == length &&
		    strncmp(argument, keys[i].name, length) == 0) {
			*keys[i].value = atof(argument + length + 1);
			return true;
		}
	return false;
}

static int by_time(const void *one, const void *other)
{
	const struct record *a = one, *b = other;

	return a->time < b->time ? -1 : a->time > b->time;
}

static void name_of(const struct record *record, char *ret_name)
{
	uint32_t tenant = record->account < host.accounts ? tenants[record->account]
			  : record->is_attack == 1	   ? (uint32_t)attack.tenant
							   : record->account % host.tenants;

	sprintf(ret_name, "%c%07u@isp%u.example", record->account < host.accounts ? 'u' : 'x',
		record->account, tenant + 1);
}

/* A /24 with its hosts, or a /48 with as many /64. */
static void address_of(uint32_t a, char *ret_text)
{
	if ((double)((a >> 8) * 2654435761U >> 8) < host.ipv6 * (1 << 24))
		sprintf(ret_text, "2a0%x:%x:%x:%x::1", a >> 28, a >> 24 & 15, a >> 8 & 0xffff,
			a & 255);
	else
		sprintf(ret_text, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

/* To the millisecond, never rounded up: what a second read must not lie in the next. */
static double stamp(double time)
{
	return floor(time * 1000) / 1000;
}

static void write_store(double time, double opens, double bytes)
{
	printf("%.3f\tstore\t-\t-\t/etc/dovecot/users\t-\t%.0f\t%.0f\t/usr/libexec/dovecot/auth\n",
	       stamp(time), opens, bytes);
}

/* Mail comes by night, too, and more of it by day. */
static double deliveries_in(double time, double seconds)
{
	double night = cos((time - START) / DAY * 2 * M_PI), rate = host.deliveries * host.accounts / DAY;

	return (double)chance_poisson(&store_dice, rate * seconds * (1 - .6 * night));
}

/* What the server read for the logins of the last second, at the end of it. */
static void write_lookups(const struct record *record)
{
	static double logins, time, before = START;

	if ((long)time != (long)record->time && host.lookup > 0 && time > 0) {
		double lookups = logins + deliveries_in(time, time - before);
		double bytes = host.lookup * lookups +
			       host.lookup / 5 * sqrt(lookups) * chance_normal(&store_dice);

		if (chance_is(&store_dice, host.rereads / DAY * (time - before)))
			bytes += 150.0 * host.accounts;
		if (bytes > 0)
			write_store(time, lookups, bytes);
		logins = 0;
		before = time;
	}
	if (record->kind == 's')
		write_store(record->time, 1, record->count);
	time = record->time;
	logins += record->kind == 'a' ? record->count : 0;
}

static void write_truth(const struct record *record, const char *source, const char *name)
{
	const char *word = record->is_attack == 2   ? "ambient"
			   : record->kind == 'r'    ? "read"
			   : record->kind == 's'    ? "dump"
			   : record->outcome == 's' ? "success"
						    : "failure";

	if (record->is_attack)
		fprintf(truth, "%.3f\t%s\t%s\t%s\t%u\n", stamp(record->time), source, name, word,
			record->count);
}

static void write_record(const struct record *record)
{
	char name[64], source[64];

	write_lookups(record);
	name_of(record, name);
	address_of(record->source, source);
	if (record->kind == 'a')
		printf("%.3f\tauth\timap\t%s\t%s\t%s\t%u\t-\t-\n", stamp(record->time), source, name,
		       record->outcome == 's' ? "success" : "failure", record->count);
	else if (record->kind == 'r')
		printf("%.3f\tread\timap\t%s\t%s\t-\t%u\t%u\t-\n", stamp(record->time), source, name,
		       record->count, record->count * 75000U);
	write_truth(record, source, name);
}

/* What lies beyond the hour waits for its own. */
static void write_until(double until)
{
	size_t n = 0, kept = 0;

	qsort(records, n_records, sizeof(*records), by_time);
	while (n < n_records && records[n].time < until)
		write_record(&records[n++]);
	while (n < n_records)
		records[kept++] = records[n++];
	n_records = kept;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	for (int i = 3; i < argc; i++)
		if (!set(argv[i])) {
			fprintf(stderr, "generate: %s: no such key\n", argv[i]);
			return 2;
		}
	host.accounts = (uint32_t)sizes[0];
	host.tenants = (uint32_t)sizes[1];
	dice.state = (uint64_t)seed * 7919;
	store_dice.state = (uint64_t)seed * 15485863 + 5;
	make_accounts();
	write_roster(argv[1]);
	truth = fopen(argv[2], "w");
	if (!truth)
		return 1;
	attack_prepare((uint64_t)seed);
	live_before();
	puts("#waxseal-trace 1");
	for (int hour = 0; hour < days * 24; hour++) {
		live_hour(START + hour * HOUR);
		attack_hour(START + (hour + 1) * HOUR);
		write_until(START + (hour + 1) * HOUR);
	}
	fclose(truth);
	return 0;
}
