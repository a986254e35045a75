/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a trace of an invented mail host with six tenants: people at home, at work, on the road,
 * devices with old passwords, guessers that are always there; and, when asked for, one attack or
 * one harmless upheaval. docs/evaluation.md has the numbers and where they come from.
 *
 *	generate ACCOUNTS DAYS SEED ROSTER TRUTH [EVENT RATE START_DAY LIMIT [BACKGROUND]]
 *
 * EVENT: none stuffing own own10 active spray guess reset migration emptying
 * TRUTH gets a line for each attempt of the attack, TIME SOURCE ACCOUNT OUTCOME, and for those of
 * the guessers that are always there, with outcome "ambient".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people.h"

static FILE *truth;

struct event {
	const char *kind;
	double rate, start, next;
	long limit, done;
	uint32_t bots[10];
	uint32_t bot;	/* current, for one or two attempts */
	int bot_left;
};

static uint32_t own_target(void)
{
	uint32_t i;

	do
		i = (uint32_t)chance_below(&dice, accounts);
	while (tenants[i] != 0);
	return i;
}

static uint32_t next_bot(struct event *event)
{
	if (!event->bot_left) {
		event->bot = anywhere();
		event->bot_left = 1 + (int)chance_below(&dice, 2);
	}
	event->bot_left--;
	return event->bot;
}

static void attempt(struct event *event, double time)
{
	uint32_t target = own_target(), source = next_bot(event);
	bool is_success;

	if (strcmp(event->kind, "spray") == 0 || strcmp(event->kind, "guess") == 0)
		source = event->bots[0];
	if (strcmp(event->kind, "own10") == 0)
		source = event->bots[chance_below(&dice, 10)];
	if (strcmp(event->kind, "active") == 0)
		while (states[target] != ACTIVE)
			target = own_target();
	if (strcmp(event->kind, "active") == 0)
		is_success = chance_is(&dice, .9);
	else if (strncmp(event->kind, "own", 3) == 0)
		is_success = states[target] != CANCELLED && chance_is(&dice, .6);
	else
		is_success = states[target] != CANCELLED && chance_is(&dice, .01);
	if ((strcmp(event->kind, "stuffing") == 0 || strcmp(event->kind, "spray") == 0) &&
	    chance_is(&dice, .4)) {
		target = unknown_name();
		is_success = false;
	}
	if (strcmp(event->kind, "guess") == 0) {
		target = (uint32_t)event->start % accounts;
		is_success = false;
	}
	add(time, 'a', source, target, is_success ? 's' : 'f', 1, 1);
}

static void empty_one(struct event *event, double time)
{
	uint32_t target = own_target();

	while (states[target] != ACTIVE)
		target = own_target();
	add(time, 'a', event->bots[0], target, 's', 1, 1);
	add(time + 5, 'r', event->bots[0], target, '-', (uint16_t)sync_size(), 1);
}

static void reset_all(double time)
{
	for (uint32_t i = 0; i < accounts; i++)
		if (states[i] == ACTIVE && chance_is(&dice, .05))
			add_device(i, time + chance_unit(&dice) * HOUR, 8, 2);
}

static void run_event(struct event *event, double until)
{
	while (event->next < until && event->done < event->limit) {
		if (strcmp(event->kind, "reset") == 0)
			reset_all(until);
		else if (strcmp(event->kind, "emptying") == 0 ||
			 strcmp(event->kind, "migration") == 0)
			empty_one(event, event->next);
		else
			attempt(event, event->next);
		event->done++;
		event->next += chance_exponential(&dice, HOUR / event->rate);
	}
}

static int by_time(const void *one, const void *other)
{
	const struct record *a = one, *b = other;

	return a->time < b->time ? -1 : a->time > b->time;
}

static void name_of(const struct record *record, char *ret_name)
{
	if (record->account < accounts)
		sprintf(ret_name, "u%07u@isp%u.example", record->account,
			tenants[record->account] + 1);
	else
		sprintf(ret_name, "x%u@isp%u.example", record->account,
			record->is_attack == 1 ? 1 : 1 + record->account % 6);
}

static void write_record(const struct record *record)
{
	uint32_t a = record->source;
	char name[64], source[32];

	name_of(record, name);
	sprintf(source, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	if (record->kind == 'a')
		printf("%.3f\tauth\timap\t%s\t%s\t%s\t%u\t-\t-\n", record->time, source, name,
		       record->outcome == 's' ? "success" : "failure", record->count);
	else
		printf("%.3f\tread\timap\t%s\t%s\t-\t%u\t%u\t-\n", record->time, source, name,
		       record->count, record->count * 75000U);
	if (record->is_attack)
		fprintf(truth, "%.3f\t%s\t%s\t%s\n", record->time, source, name,
			record->is_attack == 2	 ? "ambient"
			: record->kind == 'r'	 ? "read"
			: record->outcome == 's' ? "success"
						 : "failure");
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
	struct event event = {.kind = "none"};
	int days;

	if (argc < 6)
		return 2;
	accounts = (uint32_t)atoi(argv[1]);
	days = atoi(argv[2]);
	dice.state = (uint64_t)atoi(argv[3]) * 7919;
	make_accounts();
	write_roster(argv[4]);
	truth = fopen(argv[5], "w");
	if (argc >= 10)
		event = (struct event){.kind = argv[6], .rate = atof(argv[7]),
				       .start = START + atof(argv[8]) * DAY,
				       .limit = atol(argv[9])};
	if (argc >= 11)
		background = atof(argv[10]);
	event.next = event.start;
	for (int i = 0; i < 10; i++)
		event.bots[i] = anywhere();
	for (uint32_t i = 0; i < accounts; i++)
		if (states[i] == CANCELLED && chance_is(&dice, .02))
			add_device(i, START, 480, 1.5);
	puts("#waxseal-trace 1");
	for (int hour = 0; hour < days * 24; hour++) {
		live_hour(START + hour * HOUR);
		run_event(&event, START + (hour + 1) * HOUR);
		write_until(START + (hour + 1) * HOUR);
	}
	fclose(truth);
	return 0;
}
