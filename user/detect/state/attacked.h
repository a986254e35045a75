/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accounts that fail from networks which never opened them: how fast, from how many networks.
 * A person mistypes a few times, then stops or succeeds; a program goes on.
 */
#ifndef WAX_DETECT_STATE_ATTACKED_H
#define WAX_DETECT_STATE_ATTACKED_H

#include "base/table.h"
#include "detect/state/contacts.h"

struct attacked_account {
	double nats;	   /* of the rate form */
	double networks;   /* within about a day; one that the tenant knows counts for a third */
	uint64_t failures; /* since it began */
	uint32_t ticks;	   /* with failures, since it began */
	uint32_t distinct; /* networks since it began */
	double slow;	   /* failures within about a day, from networks that never opened it */
	uint64_t network;  /* that failed first */
	bool is_alone;	   /* no other did */
	bool is_inside;	   /* some came by an address that many share, and that opened it before */
	bool is_near;	   /* the first one is where the owner's provider is */
	bool is_local;	   /* it belongs to those that the tenant knows */
	bool is_unseen;	   /* nobody ever opened it, and no list has it: it may not exist */
	double reported;   /* networks, when they were reported as too many; 0: not since they faded */
	int64_t first_us, last_us, reported_us;
};

#define ATTACKED_FAILURE_NATS 1.61
/* 29 failures in quick succession. Found by simulation: without the passwords, theory cannot
 * separate a stubborn program with an old password from a guessing one. */
#define ATTACKED_NATS 35.0
/* Networks within a day, where hardly anybody guesses: a name such as sales@ is on every list. */
#define ATTACKED_NETWORKS 12.0
/* Failures of a day that go on slowly: from one network more than a telephone makes that asks every
 * five minutes with an old password; or from three networks and more. */
#define ATTACKED_SLOW_ALONE 2500
#define ATTACKED_SLOW 500
#define ATTACKED_SLOW_NETWORKS 3

struct attacked {
	struct table *accounts;
	double networks; /* of all accounts, within about a day */
	int64_t networks_us;
};

void attacked_init(struct attacked *attacked);
void attacked_done(struct attacked *attacked);
void attacked_serialize(struct attacked *attacked, struct serializer *serializer);
/* NULL when nothing speaks of an attack. */
struct attacked_account *attacked_find(const struct attacked *attacked, uint64_t account);
/* For each contact with failures; NULL when the account does not exist. */
struct attacked_account *attacked_add(struct attacked *attacked, const struct contact *contact);
/* Sum at which an account is under attack. */
double attacked_threshold(const struct attacked_account *account);
/* How many networks within a day are too many: more than bots try on each account here, of which
 * there are so many. */
double attacked_most_networks(const struct attacked *attacked,
			      const struct attacked_account *account, uint64_t accounts);
bool attacked_is_slow(const struct attacked_account *account);
/* What is left of its sums at now_us. */
void attacked_fade(const struct attacked_account *account, int64_t now_us, double *ret_nats,
		   double *ret_networks);
void attacked_forget(struct attacked *attacked, uint64_t account);

#endif
