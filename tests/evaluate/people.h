/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The invented host: who lives there, and an hour of their life. */
#ifndef WAX_TESTS_EVALUATE_PEOPLE_H
#define WAX_TESTS_EVALUATE_PEOPLE_H

#include <stddef.h>
#include <stdint.h>

#include "random.h"

#define START 1782000000.0 /* a midnight, more or less */
#define DAY 86400.0
#define HOUR 3600.0

enum state { ACTIVE, DORMANT, CANCELLED };

struct record {
	double time;
	uint32_t source;
	uint32_t account; /* number; names that never existed lie beyond */
	uint32_t count;
	char kind;    /* a: auth, r: read, s: credential store, count in bytes */
	char outcome; /* s, f */
	char is_attack;
};


/* What may differ from host to host; the initial values are those of docs/evaluation.md. */
struct host {
	uint32_t accounts, tenants;
	double active, dormant; /* shares of the accounts */
	double zones;		/* hours between the daily rhythms of one tenant and the next */
	double weekend;		/* of a working day's life, on two days of seven */
	double ipv6;		/* share of the networks */
	double foreign;		/* logins from strange networks per user and day */
	double syncs;		/* share of them that copy the mailbox to a new device */
	double regular;		/* share of users whose client asks each day, from home */
	double polls;		/* records of such a day: 1 stands for all of them */
	double moves;		/* days between two addresses of a home */
	double background;	/* guessers, 1: as usual */
	double lookup;		/* bytes that a login reads of the credential store; 0: no records */
	double deliveries;	/* lookups without a login, per account and day */
	double rereads;		/* per day: a passwd-file that changed is read as a whole */
};

extern struct host host;
extern unsigned char *states, *tenants;
extern struct record *records;
extern size_t n_records;
extern struct chance dice;

void make_accounts(void);
void write_roster(const char *path);
/* What goes on since before the beginning. */
void live_before(void);
void live_hour(double begin);

void add(double time, char kind, uint32_t source, uint32_t account, char outcome, uint32_t count,
	 char is_attack);
void add_device(uint32_t i, double time, double hours_median, double sigma);
uint32_t anywhere(void);
uint32_t unknown_name(void);
double sync_size(void);

#endif
