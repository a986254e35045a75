/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The account inventory: which accounts exist on this host. It reads all sources that know, a few
 * milliseconds at a time, at the start and again from time to time, and enters them in the detectors'
 * history.
 */
#ifndef WAX_ACCOUNTS_INVENTORY_H
#define WAX_ACCOUNTS_INVENTORY_H

#include <jansson.h>
#include <systemd/sd-event.h>

#include "config/config.h"
#include "accounts/account_source.h"
#include "model/snapshot.h"

struct inventory;

struct inventory_settings {
	const struct config *config;
	const struct watch_entries *roots;
	const struct strlist *last_logins, *doveadm_commands;
	struct ledger *ledger;
	struct history *history;
	int64_t since_us; /* the history knows what was before; 0: nothing */
};

/* Begins to read. The pointers must stay valid. Returns 0 or -errno. */
int inventory_open(const struct inventory_settings *settings, sd_event *event, struct inventory **ret);
void inventory_close(struct inventory *inventory);

/* Reads again what may have changed; the ledger is not among it. */
void inventory_look_again(struct inventory *inventory);
/* Every few seconds: has the roster changed, is it time to look again? */
void inventory_tick(struct inventory *inventory, int64_t now_us);
/* Before the detectors see a tick: do those who log in have accounts that are known? */
void inventory_observe(struct inventory *inventory, const struct snapshot *snapshot);

/* {"complete", "accounts", "capacity", "places": [...]}. New reference. */
json_t *inventory_status(const struct inventory *inventory);
/* Sentences about what could not be read. */
void inventory_add_problems(const struct inventory *inventory, struct strlist *problems);

/* For --check-config: 0, or -EINVAL with the roster's mistake. */
int inventory_check_roster(const char *path, char *ret_problem);

#endif
