/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One place after the other, in slices. The roster is read twice: once to see that each row is
 * right, once to believe it.
 *
 * When all accounts are known, a name that is not among them does not exist, which is evidence
 * against whoever tries it. That is claimed when a roster says so, or when all mail roots were
 * read to the end; and it is taken back when people log in who should not exist.
 */
#include "daemon/census_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/footprint.h"

#define SLICE_US 5000
#define PAUSE_US 20000
#define STRANGERS_LEAST 20
#define STRANGERS_PER_RESIDENT .05

#define TOLD_NOW_AND_THEN (BIT(PLACE_LOGINS) | BIT(PLACE_HOUSES) | BIT(PLACE_LISTING))
#define OUTSIDE (BIT(PLACE_ROSTER) | TOLD_NOW_AND_THEN)

const struct residents *const census_places[PLACE_MAX] = {
	[PLACE_ROSTER] = &listed_residents,	   [PLACE_LEDGER] = &counted_residents,
	[PLACE_LOGINS] = &logged_in_residents,	   [PLACE_HOUSES] = &housed_residents,
	[PLACE_LISTING] = &listed_users_residents,
};

static int64_t census_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

static void census_add_keys(const struct census *census)
{
	const struct config *config = census->settings.config;

	for (size_t i = 0; i < config->cancelled.count; i++)
		memory_add_account(census->settings.memory, config->cancelled.items[i],
				   ACCOUNT_CANCELLED, 0);
	for (size_t i = 0; i < config->honey.count; i++)
		memory_add_account(census->settings.memory, config->honey.items[i], ACCOUNT_HONEY,
				   0);
}

/* Some place that could say it was not read to its end in this run yet. */
static bool census_is_open(const struct census *census, enum place place)
{
	const struct reading *reading = &census->readings[place];

	return !reading->is_off && !reading->read_us && !reading->problem[0];
}

static void census_check_room(struct census *census)
{
	const struct census_settings *settings = &census->settings;

	if (census->is_full || memory_accounts_lost(settings->memory) == census->lost_before)
		return;
	census->is_full = true;
	log_warning("there are more accounts than the %llu that the detectors have room for, so "
		    "some are forgotten: set [detect] accounts to more",
		    (unsigned long long)settings->config->accounts);
}

static void census_judge(struct census *census)
{
	const struct reading *roster = &census->readings[PLACE_ROSTER];
	const struct reading *houses = &census->readings[PLACE_HOUSES];
	const struct reading *listing = &census->readings[PLACE_LISTING];
	/* One of nothing but honey is no list of all. */
	bool by_roster = roster->is_whole && census->n_active > 0;
	bool by_houses = houses->is_whole && houses->accounts > 0 && !census->is_distrusted;
	bool by_listing = listing->is_whole && listing->accounts > 0 && !census->is_distrusted;

	census_check_room(census);
	if (census->is_full)
		memory_set_complete(census->settings.memory, false);
	else if (by_roster || by_houses || by_listing)
		memory_set_complete(census->settings.memory, true);
	else if (!census_is_open(census, PLACE_ROSTER) && !census_is_open(census, PLACE_HOUSES) &&
		 !census_is_open(census, PLACE_LISTING))
		memory_set_complete(census->settings.memory, false);
	/* else what the last run knew goes on to hold */
}

static void census_tell(const struct census *census, const struct reading *reading,
			const char *problem_before)
{
	const char *name = census_places[census->place]->name;

	if (reading->problem[0] && strcmp(reading->problem, problem_before) != 0)
		log_warning("%s: %s", name, reading->problem);
	else if (!reading->problem[0] && (!reading->read_us || problem_before[0]))
		log_info("%s: %llu accounts", name, (unsigned long long)reading->so_far);
}

/* The place was read to its end, or is not to be believed. */
static void census_finish(struct census *census, bool is_broken)
{
	struct reading *reading = &census->readings[census->place];
	char problem_before[RESIDENT_PROBLEM_BYTES];

	census_places[census->place]->close(take_ptr(census->state));
	memcpy(problem_before, reading->problem, sizeof(problem_before));
	memcpy(reading->problem, census->problem, sizeof(reading->problem));
	census_tell(census, reading, problem_before);
	if (!is_broken) {
		reading->is_whole = !reading->problem[0];
		reading->accounts = reading->so_far;
		reading->read_us = time_now_us();
	}
	if (census->place == PLACE_ROSTER && !is_broken) {
		census_add_keys(census);
		memory_end_list(census->settings.memory);
	}
	census_judge(census);
}

static void census_begin(struct census *census, enum place place)
{
	census->place = place;
	census->problem[0] = '\0';
	census->readings[place].so_far = 0;
	census->readings[place].begun_us = census_clock_us();
	census->scope.now_us = time_now_us();
	census->state = census_places[place]->open(&census->scope);
	census->readings[place].is_off = !census->state;
}

/* Again from the beginning, and now it counts. */
static void census_believe(struct census *census)
{
	census_places[PLACE_ROSTER]->close(take_ptr(census->state));
	census_begin(census, PLACE_ROSTER);
	census->is_checking = false;
	census->n_active = 0;
	memory_begin_list(census->settings.memory);
}

static void census_note_roster(struct census *census)
{
	struct stat status = {};

	(void)stat(census->scope.roster, &status);
	census->roster = status;
}

static bool census_begin_next(struct census *census)
{
	for (int place = 0; place < PLACE_MAX; place++) {
		if (!(census->wanted & BIT(place)))
			continue;
		census->wanted &= ~BIT(place);
		if (place == PLACE_ROSTER && census->scope.roster)
			census_note_roster(census);
		census_begin(census, place);
		census->is_checking = place == PLACE_ROSTER;
		if (census->state)
			return true;
	}
	census_judge(census);
	footprint_shrink();
	return false;
}

static void census_take(struct census *census, const struct resident *resident)
{
	struct memory *memory = census->settings.memory;

	census->readings[census->place].so_far++;
	if (census->is_checking)
		return;
	census->n_active += resident->state == ACCOUNT_ACTIVE;
	if (resident->state != ACCOUNT_UNSEEN)
		memory_add_account(memory, resident->account, resident->state, resident->last_us);
	else if (census->place != PLACE_LISTING)
		memory_add_seen(memory, resident->account, resident->last_us);
	else if (memory_account(memory, memory_name(memory, resident->account)) == ACCOUNT_UNSEEN)
		/* Nobody knows when it was used: that must not be held against it. */
		memory_add_seen(memory, resident->account, census->scope.now_us);
	if (resident->source && resident->last_us) {
		struct address address = address_parse(resident->source);

		memory_add_pair(memory, resident->account, &address, resident->first_us,
				resident->last_us);
	}
}

enum progress { PROGRESS_SOME, PROGRESS_WAITS, PROGRESS_DONE };

static enum progress census_step(struct census *census)
{
	struct resident resident;

	if (!census->state && !census_begin_next(census))
		return PROGRESS_DONE;
	switch (census_places[census->place]->step(census->state, &resident, census->problem)) {
	case RESIDENTS_ONE: census_take(census, &resident); break;
	case RESIDENTS_NONE: break;
	case RESIDENTS_WAIT: return PROGRESS_WAITS;
	case RESIDENTS_BROKEN: census_finish(census, true); break;
	case RESIDENTS_END:
		if (census->is_checking)
			census_believe(census);
		else
			census_finish(census, false);
		break;
	}
	return PROGRESS_SOME;
}

static void census_arm(struct census *census, uint64_t pause_us)
{
	(void)sd_event_source_set_time_relative(census->timer, pause_us);
	(void)sd_event_source_set_enabled(census->timer, SD_EVENT_ONESHOT);
}

static int census_on_timer(sd_event_source *source, uint64_t due_us, void *context)
{
	struct census *census = context;
	int64_t end_us = census_clock_us() + SLICE_US;
	enum progress progress;

	(void)source;
	(void)due_us;
	do
		progress = census_step(census);
	while (progress == PROGRESS_SOME && census_clock_us() < end_us);
	if (progress != PROGRESS_DONE)
		census_arm(census, PAUSE_US);
	return 0;
}

static void census_want(struct census *census, unsigned int wanted)
{
	if (!census->settings.config->warm_start)
		wanted &= BIT(PLACE_ROSTER);
	census->wanted |= wanted;
	census_arm(census, 0);
}

int census_open(const struct census_settings *settings, sd_event *event, struct census **ret)
{
	struct census *census = xcalloc(1, sizeof(*census));
	int r;

	census->settings = *settings;
	census->scope = (struct residents_scope){
		.roster = settings->config->roster,
		.roots = settings->roots,
		.last_logins = settings->last_logins,
		.listings = settings->listings,
		.ledger = settings->ledger,
		.since_us = settings->since_us,
	};
	r = sd_event_add_time_relative(event, &census->timer, CLOCK_MONOTONIC, 0, US_PER_MS,
				       census_on_timer, census);
	if (r < 0) {
		free(census);
		return r;
	}
	for (int place = 0; place < PLACE_MAX; place++)
		census->readings[place].is_off =
			place != PLACE_ROSTER && !settings->config->warm_start;
	census->readings[PLACE_ROSTER].is_off = !census->scope.roster;
	census->lost_before = memory_accounts_lost(settings->memory);
	census->looked_us = time_now_us();
	if (!census->scope.roster)
		memory_begin_list(settings->memory);
	census_add_keys(census);
	if (!census->scope.roster)
		memory_end_list(settings->memory);
	census_want(census, OUTSIDE | BIT(PLACE_LEDGER));
	*ret = census;
	return 0;
}

void census_close(struct census *census)
{
	if (!census)
		return;
	if (census->state)
		census_places[census->place]->close(census->state);
	sd_event_source_disable_unref(census->timer);
	free(census);
}

void census_look_again(struct census *census)
{
	census->is_distrusted = false;
	census->residents = census->strangers = 0;
	census->looked_us = time_now_us();
	census_want(census, OUTSIDE);
}

static bool census_roster_has_changed(const struct census *census)
{
	const struct stat *before = &census->roster;
	struct stat now = {};

	if (!census->scope.roster)
		return false;
	(void)stat(census->scope.roster, &now);
	return now.st_ino != before->st_ino || now.st_dev != before->st_dev ||
	       now.st_size != before->st_size || now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

void census_tick(struct census *census, int64_t now_us)
{
	bool is_late =
		now_us - census->looked_us >= (int64_t)census->settings.config->look_again_us;

	if (census->state || census->wanted)
		return;
	if (is_late || now_us < census->looked_us) {
		census->looked_us = now_us;
		census_want(census, TOLD_NOW_AND_THEN);
	}
	if (census_roster_has_changed(census))
		census_want(census, BIT(PLACE_ROSTER));
}

static void census_distrust(struct census *census)
{
	census->is_distrusted = true;
	census_judge(census);
	log_warning("%llu of %llu accounts that logged in are neither listed nor have a mail "
		    "directory: such names are no longer taken for ones that do not exist",
		    (unsigned long long)census->strangers,
		    (unsigned long long)(census->strangers + census->residents));
}

void census_observe(struct census *census, const struct snapshot *snapshot)
{
	const struct memory *memory = census->settings.memory;

	if (census->is_distrusted || census->readings[PLACE_ROSTER].is_whole ||
	    !memory_is_complete(memory))
		return;
	for (size_t i = 0; i < snapshot->n_attempts; i++) {
		const struct attempt_row *row = &snapshot->attempts[i];

		if (!*row->account || !row->count[OUTCOME_SUCCESS])
			continue;
		if (memory_account(memory, memory_name(memory, row->account)) == ACCOUNT_UNSEEN)
			census->strangers++;
		else
			census->residents++;
	}
	if (census->strangers >= STRANGERS_LEAST &&
	    (double)census->strangers > STRANGERS_PER_RESIDENT * (double)census->residents)
		census_distrust(census);
}
