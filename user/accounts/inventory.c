/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One source after the other, in slices. The roster is read twice: once to see that each row is
 * right, once to believe it.
 *
 * When all accounts are known, a name that is not among them does not exist, which is evidence
 * against whoever tries it. That is claimed when a roster says so, or when all mail roots were
 * read to the end; and it is taken back when people log in who should not exist.
 */
#include "accounts/inventory_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/footprint.h"

#define SLICE_US 5000
#define PAUSE_US 20000
#define UNKNOWN_LEAST 20
#define UNKNOWN_PER_KNOWN .05

#define TOLD_NOW_AND_THEN (BIT(SOURCE_LAST_LOGINS) | BIT(SOURCE_DIRECTORIES) | BIT(SOURCE_DOVEADM))
#define OUTSIDE (BIT(SOURCE_ROSTER) | TOLD_NOW_AND_THEN)

const struct account_source *const account_sources[SOURCE_MAX] = {
	[SOURCE_ROSTER] = &roster_account_source,
	[SOURCE_LEDGER] = &ledger_account_source,
	[SOURCE_LAST_LOGINS] = &last_login_account_source,
	[SOURCE_DIRECTORIES] = &directory_account_source,
	[SOURCE_DOVEADM] = &doveadm_account_source,
};

static int64_t inventory_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

static void inventory_add_keys(const struct inventory *inventory)
{
	const struct config *config = inventory->settings.config;

	for (size_t i = 0; i < config->cancelled.count; i++)
		history_add_account(inventory->settings.history, config->cancelled.items[i],
				    ACCOUNT_CANCELLED, 0);
	for (size_t i = 0; i < config->honey.count; i++)
		history_add_account(inventory->settings.history, config->honey.items[i],
				    ACCOUNT_HONEY, 0);
}

/* A source that could say it was not read to its end in this run yet. */
static bool inventory_is_open(const struct inventory *inventory, enum source_number source)
{
	const struct reading *reading = &inventory->readings[source];

	return !reading->is_off && !reading->read_us && !reading->problem[0];
}

static void inventory_check_room(struct inventory *inventory)
{
	const struct inventory_settings *settings = &inventory->settings;

	if (inventory->is_full ||
	    history_accounts_lost(settings->history) == inventory->lost_before)
		return;
	inventory->is_full = true;
	log_warning("there are more accounts than the %llu that the detectors have room for, so "
		    "some are forgotten: set [detect] accounts to more",
		    (unsigned long long)settings->config->accounts);
}

static void inventory_update_complete(struct inventory *inventory)
{
	const struct reading *roster = &inventory->readings[SOURCE_ROSTER];
	const struct reading *directories = &inventory->readings[SOURCE_DIRECTORIES];
	const struct reading *doveadm = &inventory->readings[SOURCE_DOVEADM];
	/* One of nothing but honey is no list of all. */
	bool by_roster = roster->is_whole && inventory->n_active > 0;
	bool by_directories =
		directories->is_whole && directories->accounts > 0 && !inventory->is_distrusted;
	bool by_doveadm = doveadm->is_whole && doveadm->accounts > 0 && !inventory->is_distrusted;

	inventory_check_room(inventory);
	if (inventory->is_full)
		history_set_complete(inventory->settings.history, false);
	else if (by_roster || by_directories || by_doveadm)
		history_set_complete(inventory->settings.history, true);
	else if (!inventory_is_open(inventory, SOURCE_ROSTER) &&
		 !inventory_is_open(inventory, SOURCE_DIRECTORIES) &&
		 !inventory_is_open(inventory, SOURCE_DOVEADM))
		history_set_complete(inventory->settings.history, false);
	/* else what the last run knew goes on to hold */
}

static void inventory_tell(const struct inventory *inventory, const struct reading *reading,
			   const char *problem_before)
{
	const char *name = account_sources[inventory->source]->name;

	if (reading->problem[0] && strcmp(reading->problem, problem_before) != 0)
		log_warning("%s: %s", name, reading->problem);
	else if (!reading->problem[0] && (!reading->read_us || problem_before[0]))
		log_info("%s: %llu accounts", name, (unsigned long long)reading->so_far);
}

/* The source was read to its end, or is not to be believed. */
static void inventory_finish(struct inventory *inventory, bool is_broken)
{
	struct reading *reading = &inventory->readings[inventory->source];
	char problem_before[ACCOUNT_SOURCE_PROBLEM_BYTES];

	account_sources[inventory->source]->close(take_ptr(inventory->state));
	memcpy(problem_before, reading->problem, sizeof(problem_before));
	memcpy(reading->problem, inventory->problem, sizeof(reading->problem));
	inventory_tell(inventory, reading, problem_before);
	if (!is_broken) {
		reading->is_whole = !reading->problem[0];
		reading->accounts = reading->so_far;
		reading->read_us = time_now_us();
	}
	if (inventory->source == SOURCE_ROSTER && !is_broken) {
		inventory_add_keys(inventory);
		history_end_list(inventory->settings.history);
	}
	inventory_update_complete(inventory);
}

static void inventory_begin(struct inventory *inventory, enum source_number source)
{
	inventory->source = source;
	inventory->problem[0] = '\0';
	inventory->readings[source].so_far = 0;
	inventory->readings[source].begun_us = inventory_clock_us();
	inventory->scope.now_us = time_now_us();
	inventory->state = account_sources[source]->open(&inventory->scope);
	inventory->readings[source].is_off = !inventory->state;
}

/* Again from the beginning, and now it counts. */
static void inventory_believe(struct inventory *inventory)
{
	account_sources[SOURCE_ROSTER]->close(take_ptr(inventory->state));
	inventory_begin(inventory, SOURCE_ROSTER);
	inventory->is_checking = false;
	inventory->n_active = 0;
	history_begin_list(inventory->settings.history);
}

static void inventory_note_roster(struct inventory *inventory)
{
	struct stat status = {};

	(void)stat(inventory->scope.roster, &status);
	inventory->roster = status;
}

static bool inventory_begin_next(struct inventory *inventory)
{
	for (int source = 0; source < SOURCE_MAX; source++) {
		if (!(inventory->wanted & BIT(source)))
			continue;
		inventory->wanted &= ~BIT(source);
		if (source == SOURCE_ROSTER && inventory->scope.roster)
			inventory_note_roster(inventory);
		inventory_begin(inventory, source);
		inventory->is_checking = source == SOURCE_ROSTER;
		if (inventory->state)
			return true;
	}
	inventory_update_complete(inventory);
	footprint_shrink();
	return false;
}

static void inventory_take(struct inventory *inventory, const struct found_account *found)
{
	struct history *history = inventory->settings.history;

	inventory->readings[inventory->source].so_far++;
	if (inventory->is_checking)
		return;
	inventory->n_active += found->state == ACCOUNT_ACTIVE;
	if (found->state != ACCOUNT_UNSEEN)
		history_add_account(history, found->account, found->state, found->last_us);
	else if (inventory->source != SOURCE_DOVEADM)
		history_add_seen(history, found->account, found->last_us);
	else if (history_account(history, history_name(history, found->account)) == ACCOUNT_UNSEEN)
		/* Nobody knows when it was used: that must not be held against it. */
		history_add_seen(history, found->account, inventory->scope.now_us);
	if (found->source && found->last_us) {
		struct address address = address_parse(found->source);

		history_add_pair(history, found->account, &address, found->first_us,
				 found->last_us);
	}
}

enum progress { PROGRESS_SOME, PROGRESS_WAITS, PROGRESS_DONE };

static enum progress inventory_step(struct inventory *inventory)
{
	struct found_account found;

	if (!inventory->state && !inventory_begin_next(inventory))
		return PROGRESS_DONE;
	switch (account_sources[inventory->source]->step(inventory->state, &found,
							 inventory->problem)) {
	case ACCOUNT_SOURCE_ONE: inventory_take(inventory, &found); break;
	case ACCOUNT_SOURCE_NONE: break;
	case ACCOUNT_SOURCE_WAIT: return PROGRESS_WAITS;
	case ACCOUNT_SOURCE_BROKEN: inventory_finish(inventory, true); break;
	case ACCOUNT_SOURCE_END:
		if (inventory->is_checking)
			inventory_believe(inventory);
		else
			inventory_finish(inventory, false);
		break;
	}
	return PROGRESS_SOME;
}

static void inventory_arm(struct inventory *inventory, uint64_t pause_us)
{
	(void)sd_event_source_set_time_relative(inventory->timer, pause_us);
	(void)sd_event_source_set_enabled(inventory->timer, SD_EVENT_ONESHOT);
}

static int inventory_on_timer(sd_event_source *source, uint64_t due_us, void *context)
{
	struct inventory *inventory = context;
	int64_t end_us = inventory_clock_us() + SLICE_US;
	enum progress progress;

	(void)source;
	(void)due_us;
	do
		progress = inventory_step(inventory);
	while (progress == PROGRESS_SOME && inventory_clock_us() < end_us);
	if (progress != PROGRESS_DONE)
		inventory_arm(inventory, PAUSE_US);
	return 0;
}

static void inventory_want(struct inventory *inventory, unsigned int wanted)
{
	if (!inventory->settings.config->warm_start)
		wanted &= BIT(SOURCE_ROSTER);
	inventory->wanted |= wanted;
	inventory_arm(inventory, 0);
}

int inventory_open(const struct inventory_settings *settings, sd_event *event,
		   struct inventory **ret)
{
	struct inventory *inventory = xcalloc(1, sizeof(*inventory));
	int r;

	inventory->settings = *settings;
	inventory->scope = (struct account_source_settings){
		.roster = settings->config->roster,
		.roots = settings->roots,
		.last_logins = settings->last_logins,
		.doveadm_commands = settings->doveadm_commands,
		.ledger = settings->ledger,
		.since_us = settings->since_us,
	};
	r = sd_event_add_time_relative(event, &inventory->timer, CLOCK_MONOTONIC, 0, US_PER_MS,
				       inventory_on_timer, inventory);
	if (r < 0) {
		free(inventory);
		return r;
	}
	for (int source = 0; source < SOURCE_MAX; source++)
		inventory->readings[source].is_off =
			source != SOURCE_ROSTER && !settings->config->warm_start;
	inventory->readings[SOURCE_ROSTER].is_off = !inventory->scope.roster;
	inventory->lost_before = history_accounts_lost(settings->history);
	inventory->looked_us = time_now_us();
	if (!inventory->scope.roster)
		history_begin_list(settings->history);
	inventory_add_keys(inventory);
	if (!inventory->scope.roster)
		history_end_list(settings->history);
	inventory_want(inventory, OUTSIDE | BIT(SOURCE_LEDGER));
	*ret = inventory;
	return 0;
}

void inventory_close(struct inventory *inventory)
{
	if (!inventory)
		return;
	if (inventory->state)
		account_sources[inventory->source]->close(inventory->state);
	sd_event_source_disable_unref(inventory->timer);
	free(inventory);
}

void inventory_look_again(struct inventory *inventory)
{
	inventory->is_distrusted = false;
	inventory->with_account = inventory->without_account = 0;
	inventory->looked_us = time_now_us();
	inventory_want(inventory, OUTSIDE);
}

static bool inventory_roster_has_changed(const struct inventory *inventory)
{
	const struct stat *before = &inventory->roster;
	struct stat now = {};

	if (!inventory->scope.roster)
		return false;
	(void)stat(inventory->scope.roster, &now);
	return now.st_ino != before->st_ino || now.st_dev != before->st_dev ||
	       now.st_size != before->st_size || now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

void inventory_tick(struct inventory *inventory, int64_t now_us)
{
	bool is_late =
		now_us - inventory->looked_us >= (int64_t)inventory->settings.config->look_again_us;

	if (inventory->state || inventory->wanted)
		return;
	if (is_late || now_us < inventory->looked_us) {
		inventory->looked_us = now_us;
		inventory_want(inventory, TOLD_NOW_AND_THEN);
	}
	if (inventory_roster_has_changed(inventory))
		inventory_want(inventory, BIT(SOURCE_ROSTER));
}

static void inventory_distrust(struct inventory *inventory)
{
	inventory->is_distrusted = true;
	inventory_update_complete(inventory);
	log_warning("%llu of %llu accounts that logged in are neither listed nor have a mail "
		    "directory: such names are no longer taken for ones that do not exist",
		    (unsigned long long)inventory->without_account,
		    (unsigned long long)(inventory->without_account + inventory->with_account));
}

void inventory_observe(struct inventory *inventory, const struct snapshot *snapshot)
{
	const struct history *history = inventory->settings.history;

	if (inventory->is_distrusted || inventory->readings[SOURCE_ROSTER].is_whole ||
	    !history_is_complete(history))
		return;
	for (size_t i = 0; i < snapshot->n_attempts; i++) {
		const struct attempt_row *row = &snapshot->attempts[i];

		if (!*row->account || !row->count[OUTCOME_SUCCESS])
			continue;
		if (history_account(history, history_name(history, row->account)) == ACCOUNT_UNSEEN)
			inventory->without_account++;
		else
			inventory->with_account++;
	}
	if (inventory->without_account >= UNKNOWN_LEAST &&
	    (double)inventory->without_account >
		    UNKNOWN_PER_KNOWN * (double)inventory->with_account)
		inventory_distrust(inventory);
}
