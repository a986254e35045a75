/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One attack, or one harmless upheaval. */
#ifndef WAX_TESTS_EVALUATE_ATTACK_H
#define WAX_TESTS_EVALUATE_ATTACK_H

#include <stdint.h>

/* none stuffing own own10 active spray guess reset migration emptying dump */
struct attack {
	const char *kind;
	double rate;   /* attempts, mailboxes or rows per hour */
	double start;  /* days after the beginning */
	double limit;  /* attempts, mailboxes or rows */
	double tries;  /* of one source, at most */
	double hits;   /* share of the tries that succeed; below 0: as the kind has it */
	double reads;  /* 1: what was opened is read, too */
	double tenant; /* that is attacked */
};

extern struct attack attack;

void attack_prepare(uint64_t seed);
/* Adds what happens until then. */
void attack_hour(double until);

#endif
