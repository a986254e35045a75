/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has been where: which sources opened which accounts, and which failed where they never
 * succeeded. Most login detectors judge what this module remembers.
 *
 * A pair of source and account is *good* once a login succeeded; its failures are a stale
 * password and count for nothing. Otherwise its first failure is one failed first contact of
 * the source, however often it repeats, and all its failures are fresh failures of the account.
 * When such a pair succeeds after all, both are taken back: somebody mistyped.
 *
 * Good pairs have a table of their own, so that a flood of invented names cannot push them out.
 */
#ifndef WAX_DETECT_CONTACTS_H
#define WAX_DETECT_CONTACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"
#include "detect/window.h"
#include "model/snapshot.h"

struct contacts {
	int64_t span_us;
	uint64_t turn; /* snapshots seen; marks whom this one concerns */
	struct table *good, *tried, *sources, *accounts;
};

/* A pair that succeeded. */
struct good_pair {
	int64_t since_us; /* first success */
};

struct source_record {
	struct window failed; /* first contacts that failed */
	struct window opened; /* first contacts that succeeded */
	uint64_t failures;    /* all failures on pairs never good, since the record exists */
	uint64_t news;	      /* turn of the last such failure */
	uint64_t judged;      /* turn in which a detector judged it; for the detector */
};

struct account_record {
	struct window failures; /* from sources that never succeeded there */
	struct window sources;	/* such sources */
	uint64_t news, judged;	/* turns, as above */
};

struct contacts *contacts_new(int64_t span_us, uint64_t good_pairs);
void contacts_free(struct contacts *contacts);

/* Every snapshot: begin, then all failures, then each success in turn (judge it before). */
void contacts_begin(struct contacts *contacts);
void contacts_add_failures(struct contacts *contacts, const struct snapshot *snapshot);
void contacts_add_success(struct contacts *contacts, const struct attempt_row *row);
/* All three for detectors that judge no single success. */
void contacts_observe(struct contacts *contacts, const struct snapshot *snapshot);

/* NULL: never good; nothing known. Valid until the next add. */
const struct good_pair *contacts_find_good(const struct contacts *contacts, const char *source,
					   const char *account);
struct source_record *contacts_find_source(const struct contacts *contacts, const char *source);
struct account_record *contacts_find_account(const struct contacts *contacts, const char *account);

/* Whether the source tried this account and never succeeded. */
bool contacts_has_tried(const struct contacts *contacts, const char *source, const char *account);

/*
 * Failed first contacts of a source within the span, when they are at least as many as the
 * successful ones, else 0: a large network has some people who mistype, and many more who do not.
 */
uint64_t contacts_guesses(const struct contacts *contacts, const char *source, int64_t now_us);

#endif
