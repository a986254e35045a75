/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who takes part in an attack that is being watched: addresses and accounts, at most SUSPECTS. */
#ifndef WAX_DETECT_STATE_SUSPECTS_H
#define WAX_DETECT_STATE_SUSPECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/serializer.h"
#include "detect/stats/evidence.h"
#include "model/network.h"
#include "model/alert.h"

#define SUSPECTS 8192

struct suspect {
	struct address address;
	int64_t time_us;
	uint32_t class;
	/* suspects_mark() */
	bool is_at_home;   /* its network opened mailboxes of the tenant before */
	bool is_returning; /* its network failed here on one of the days before */
	char *account; /* owned */
};

/* A ring: past the cap the oldest is forgotten. */
struct suspects {
	struct suspect *items;
	size_t capacity, first, count, named; /* of how many the account is in a finding already */
};

/* class: the caller's, for suspects_count(). */
void suspects_add(struct suspects *suspects, const struct address *address, const char *account,
		  uint32_t class, int64_t time_us);
/* What else is known of the one that was added last. */
void suspects_mark(struct suspects *suspects, bool is_at_home, bool is_returning);
/* How many of them came from networks that return. */
size_t suspects_returning(const struct suspects *suspects);
/* The newest is 0; NULL: there are not so many. */
const struct suspect *suspects_newest(const struct suspects *suspects, size_t back);
/* Forgets what came before. */
void suspects_trim(struct suspects *suspects, int64_t before_us);
void suspects_clear(struct suspects *suspects);
/* Adds "sources" and "source_count" to the evidence, and the accounts not yet named. */
void suspects_report(struct suspects *suspects, struct finding *finding);
/* Whether at least one in seven failed, and more than one: of a list some always do, of owners who
 * remember their mailboxes hardly any. */
#define SUSPECTS_FAIL 7
bool suspects_fail(const struct suspects *suspects, int64_t since_us);
/* Of other classes than this one. */
size_t suspects_since(const struct suspects *suspects, int64_t since_us, uint32_t but_class);
/* How many of each tenant, {TENANT: count}: the SUSPECTS_TENANTS with the most. New reference. */
#define SUSPECTS_TENANTS 100
json_t *suspects_tenants(const struct suspects *suspects, size_t *ret_tenants,
			 const char **ret_most, size_t *ret_of_most);
uint32_t suspects_count(const struct suspects *suspects, uint32_t class);
void suspects_serialize(struct suspects *suspects, struct serializer *serializer);

#endif
