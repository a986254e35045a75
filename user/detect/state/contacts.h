/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What detectors see of a tick's logins: first contacts of a network with an account, and failures
 * on accounts that the network never opened. Each has a class by what became of it. A client that
 * polls its own mailbox, with a right password or an old one, is not among them.
 *
 * A vote is the first contact of a network with a tenant on that day (failures of all classes count
 * once), so that one network cannot outweigh the others.
 */
#ifndef WAX_DETECT_STATE_CONTACTS_H
#define WAX_DETECT_STATE_CONTACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "base/serializer.h"
#include "detect/stats/evidence.h"
#include "detect/state/history.h"
#include "model/network.h"
#include "detect/state/outage.h"
#include "detect/state/regions.h"
#include "detect/state/sources.h"
#include "detect/state/tenants.h"
#include "model/snapshot.h"

struct contact {
	const struct attempt_row *row;
	struct address address;
	uint64_t account, network, tenant; /* hashes; network 0: unknown */
	uint64_t client_prefix;		   /* hash of the address, for IPv6 of its /64 */
	uint64_t region;		   /* of a provider (region_of()); 0: none */
	struct tenant *normal; /* what is normal at the tenant; NULL: not one of this host */
	/* With this contact: of the network or of the address, whichever is higher; NULL: none. */
	struct source_score *score;
	enum account_state state; /* before this */
	enum contact_class class;
	uint64_t failures;	  /* of the row */
	double nats_before;	  /* of the address, or of a strange network */
	uint64_t failures_before; /* first contacts that failed, of the same */
	uint64_t opened_before;	  /* and those that succeeded */
	uint64_t tried_before;	  /* that failed within a day or so, whatever the sum says */
	bool is_trusted; /* by its address */
	bool is_whole_host; /* seen as one of all tenants: tenant is HISTORY_WHOLE_HOST */
	bool is_near; /* the account was opened before from the same provider's region */
	bool is_far;  /* a success of a strange network that no owner's new address explains */
	bool is_first_use;  /* nobody ever opened the account before: it is an abstention */
	bool is_known_pair; /* failures of an owner's network that many share; no contact else */
	bool has_old_device; /* its password was changed with many others: devices lag behind */
	double users;	    /* accounts that were opened from its address lately */
	bool is_first; /* the network neither opened the account nor failed on it before */
	bool is_success;
	bool was_tried;	      /* the network failed on this very account before */
	bool is_strange;      /* network new to the tenant, as far as that can be known */
	bool is_local;	      /* network known to the tenant; neither: not enough is known */
	bool is_newcomer;     /* strange, or was until it opened its first mailbox that day */
	bool is_newcomer_to_all; /* the same to all tenants */
	bool is_network_score;	 /* score is the network's, not the address's */
	bool is_strange_vote; /* counted as strange among the votes */
	bool is_returning;    /* the network failed here on one of the days before */
	bool is_vote;	      /* first of its network and day, failed or not */
	bool is_unused_vote;  /* hits an unused mailbox, first of both that day */
	bool has_crossed;     /* the score reached its threshold with this */
	bool was_flagged;
};

struct contacts {
	struct contact *items;
	size_t count, capacity;
	/* The same as seen by all tenants together: what is strange, a vote and normal there. Empty
	 * while there is but one. */
	struct contact *of_host;
	size_t n_of_host, of_host_capacity;
	struct table
		*newcomers; /* by network and tenant: when the network first opened a mailbox */
	struct table *new_accounts; /* when somebody first used them; of the last week */
	struct regions regions;
	struct outage outage; /* lasts minutes: nobody remembers it over a restart */
};

struct contact_context {
	struct history *history;
	struct sources *sources;
	struct tenants *tenants;
	struct evidence *evidence;
	const struct network_list *trusted; /* whoever stands behind them is not known by them */
	bool can_learn;	     /* not on the very first day */
	bool can_be_strange; /* networks have been learnt for long enough */
	int64_t young_us;    /* for so long a tenant does not vote */
};

/* Replaces the list by the contacts of the snapshot, and adds them to the history. Failures come
 * before successes: the order within a tick is not known, and so a guess that is right is found. */
void contacts_collect(struct contacts *contacts, const struct contact_context *with,
		      const struct snapshot *snapshot);
void contacts_init(struct contacts *contacts);
void contacts_serialize(struct contacts *contacts, struct serializer *serializer);
void contacts_done(struct contacts *contacts);

/* The score of an address: its own or that of its network, whichever is higher; NULL: none. */
struct source_score *contact_source_score(const struct history *history, struct sources *sources,
					  const struct address *address, int64_t now_us);
/* Adds the contact to the scores of its address and network, and notes what they were before.
 * is_strange: to the whole host; is_known: its network opened accounts here before. */
void contact_score(const struct contact_context *with, struct contact *contact, bool is_strange,
		   bool is_known);
/* 0: none. */
uint64_t contact_region(const struct history *history, const struct address *address);
uint64_t contact_client_prefix(const struct history *history, const struct address *address);

#endif
