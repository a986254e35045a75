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
	uint16_t count;
	char kind;    /* a: auth, r: read */
	char outcome; /* s, f */
	char is_attack;
};


extern uint32_t accounts;
extern unsigned char *states, *tenants;
extern struct record *records;
extern size_t n_records;
extern struct chance dice;
extern double background; /* how many guessers, 1: as usual */

void make_accounts(void);
void write_roster(const char *path);
void live_hour(double begin);

void add(double time, char kind, uint32_t source, uint32_t account, char outcome, uint16_t count,
	 char is_attack);
void add_device(uint32_t i, double time, double hours_median, double sigma);
uint32_t anywhere(void);
uint32_t unknown_name(void);
double sync_size(void);

#endif
