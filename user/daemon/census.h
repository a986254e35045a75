/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has an account on this host: told to the detectors' memory from all places that know, a few
 * milliseconds at a time, at the start and again now and then, since accounts come and go.
 */
#ifndef WAX_DAEMON_CENSUS_H
#define WAX_DAEMON_CENSUS_H

#include <jansson.h>
#include <systemd/sd-event.h>

#include "daemon/config.h"
#include "daemon/residents.h"
#include "model/snapshot.h"

struct census;

struct census_settings {
	const struct config *config;
	const struct words *roots, *last_logins, *listings;
	struct ledger *ledger;
	struct memory *memory;
	int64_t since_us; /* the memory knows what was before; 0: nothing */
};

/* Begins to read. The pointers must stay valid. Returns 0 or -errno. */
int census_open(const struct census_settings *settings, sd_event *event, struct census **ret);
void census_close(struct census *census);

/* Reads again what may have changed; the ledger is not among it. */
void census_look_again(struct census *census);
/* Every few seconds: has the roster changed, is it time to look again? */
void census_tick(struct census *census, int64_t now_us);
/* Before a tick is judged: do those who log in have accounts that are known? */
void census_observe(struct census *census, const struct snapshot *snapshot);

/* {"complete", "accounts", "capacity", "places": [...]}. New reference. */
json_t *census_status(const struct census *census);
/* Sentences about what could not be read. */
void census_add_problems(const struct census *census, struct words *problems);

/* For --check-config: 0, or -EINVAL with the roster's mistake. */
int census_check_roster(const char *path, char *ret_problem);

#endif
