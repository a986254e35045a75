/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sensors as the daemon sees them: opened, collected from, asked how they are. */
#include "sensor/sensors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "sensor/adopt.h"
#include "sensor/expire.h"
#include "sensor/login_gaps.h"
#include "sensor/sensors_state.h"
#include "sensor/states.h"
#include "waxseal.skel.h"

/* Ticks between looks at what may have moved, and between walks over whole maps. */
#define SURVEY_TICKS 15
#define FORGET_TICKS 60
#define FORGET_FIRST_TICK 2

static int check_mechanism(const char *mechanism, char *ret_problem, size_t size)
{
	if (strcmp(mechanism, "auto") == 0 || strcmp(mechanism, "syscall") == 0 ||
	    strcmp(mechanism, "function") == 0)
		return 0;
	snprintf(ret_problem, size, "unknown mechanism '%s'; allowed: auto, function, syscall",
		 mechanism);
	return -EINVAL;
}

int sensors_check(char *ret_problem, size_t size)
{
	const struct kernel_feature *features;
	size_t n;

	n = sensors_probe(&features);
	for (size_t i = 0; i < n; i++) {
		if (!features[i].required || features[i].present)
			continue;
		snprintf(ret_problem, size, "this kernel or container lacks: %s (needed by %s)",
			 features[i].name, features[i].needed_by);
		return -EOPNOTSUPP;
	}
	return 0;
}

static void sensors_update_status(struct sensors *sensors)
{
	const struct sensor_facts facts = {
		.plan = &sensors->plan,
		.lost = sensors->health.lost,
		.has_roots = watch_present(sensors->watch, WATCH_MAIL_ROOT) > 0,
		.has_stores = watch_present(sensors->watch, WATCH_STORE) > 0,
		.has_ports = sensors->collector.mail_ports->count > 0,
	};

	sensor_states(&facts, sensors->status);
}

static void sensors_free_pointer(struct sensors **sensors)
{
	sensors_close(*sensors, /* detach= */ true);
}

int sensors_open(const struct sensor_settings *settings, struct sensors **ret, char *ret_problem,
		 size_t problem_size)
{
	_cleanup_(sensors_free_pointer) struct sensors *sensors = NULL;
	int r;

	r = check_mechanism(settings->mechanism, ret_problem, problem_size);
	if (r < 0)
		return r;
	sensors = xcalloc(1, sizeof(*sensors));
	r = sensors_start(sensors, settings, ret_problem, problem_size);
	if (r < 0)
		return r;
	sensors_update_status(sensors);
	*ret = take_ptr(sensors);
	return 0;
}

bool sensors_went_on(const struct sensors *sensors)
{
	return sensors->took_over;
}

void sensors_close(struct sensors *sensors, bool detach)
{
	if (!sensors)
		return;
	if (detach && sensors->persist)
		persist_forget(sensors->persist);
	sensors_close_own_side(sensors);
	persist_close(sensors->persist);
	free(sensors);
}

size_t sensors_detach(const char *pin_folder, void (*say)(const char *name))
{
	struct persist *persist = persist_open(pin_folder);
	size_t n = persist_count(persist);

	for (size_t i = 0; i < n; i++)
		say(persist_name(persist, i));
	persist_forget(persist);
	persist_close(persist);
	return n;
}

/* ---- Ticks ---- */

void sensors_refresh(struct sensors *sensors)
{
	int r = watch_refresh(sensors->watch);

	if (r < 0)
		log_warning_errno(r, "cannot look again at what is watched, ignoring");
	sensors_update_status(sensors);
}

/* Asked only where an alert depends on it. */
static bool sensors_may_have_missed(struct sensors *sensors)
{
	sensors_survey(sensors);
	return sensors->health.skipped;
}

/* A login that was left out is not one that nobody made. */
static void sensors_doubt_events(struct sensors *sensors, struct snapshot *snapshot, size_t first)
{
	bool asked = false, may_have_missed = false;

	for (size_t i = first; i < snapshot->n_events; i++) {
		if (snapshot->events[i].kind != EVENT_OTHER_LOGIN)
			continue;
		if (!asked)
			may_have_missed = sensors_may_have_missed(sensors);
		asked = true;
		snapshot->events[i].may_have_logged_in = may_have_missed;
	}
}

int sensors_take_events(struct sensors *sensors, struct snapshot *snapshot)
{
	size_t first = snapshot->n_events;
	int r;

	sensors->taking = snapshot;
	r = ring_buffer__consume(sensors->records);
	sensors->taking = NULL;
	sensors_doubt_events(sensors, snapshot, first);
	if (sensors->has_replaced)
		sensors_refresh(sensors);
	sensors->has_replaced = false;
	return r < 0 ? r : 0;
}

int sensors_event_fd(const struct sensors *sensors)
{
	return ring_buffer__epoll_fd(sensors->records);
}

void sensors_set_read_budget(const struct sensors *sensors, uint32_t store, uint64_t bytes)
{
	if (store < READ_BUDGETS)
		(void)bpf_map_update_elem(sensors->maps.read_budgets, &store, &bytes, BPF_ANY);
}

bool sensors_is_due(const struct sensors *sensors)
{
	return sensors->is_due;
}

/* Mail that a session may have read whose login was left out. */
static void sensors_doubt_reads(struct sensors *sensors, struct snapshot *snapshot)
{
	bool asked = false, may_have_missed = false;

	for (size_t i = 0; i < snapshot->n_reads; i++) {
		if (!snapshot->reads[i].may_be_session)
			continue;
		if (!asked)
			may_have_missed = sensors_may_have_missed(sensors);
		asked = true;
		snapshot->reads[i].may_be_session = may_have_missed;
	}
}

int sensors_collect(struct sensors *sensors, struct snapshot *snapshot)
{
	int r = collector_collect(&sensors->collector, snapshot);

	if (r < 0)
		return r;
	sensors->is_due = false;
	if (sensors->ticks % SURVEY_TICKS == 0)
		programs_refresh(sensors->programs);
	if (sensors->ticks % SURVEY_TICKS == 0)
		sensors_survey(sensors);
	sensors_doubt_reads(sensors, snapshot);
	/* whoever fills a table with names has it for one tick */
	programs_make_room(sensors->programs);
	scripts_make_room(sensors->scripts);
	units_make_room(sensors->units);
	if (sensors->ticks % FORGET_TICKS == FORGET_FIRST_TICK) {
		(void)adopt_review(&sensors->maps, sensors->skeleton->progs.wax_find_sockets,
				   sensors->auth_sockets, &sensors->questions);
		(void)watch_forget_gone(sensors->watch);
		expire_logins(&sensors->collector);
	}
	login_gaps_find(&sensors->maps, &sensors->login_gaps);
	sensors->ticks++;
	health_tick(&sensors->health, &sensors->collector);
	return 0;
}

int sensors_release(struct sensors *sensors)
{
	return collector_release(&sensors->collector);
}

/* ---- Questions ---- */

const char *sensors_unbelieved_listener(const struct sensors *sensors, size_t i)
{
	return i < sensors->questions.count ? sensors->questions.items[i] : NULL;
}

const char *sensors_login_gap(const struct sensors *sensors, size_t i)
{
	return i < sensors->login_gaps.count ? sensors->login_gaps.items[i] : NULL;
}

const char *sensors_stuck_path(const struct sensors *sensors, size_t i)
{
	return watch_stuck(sensors->watch, i);
}

const char *sensors_missing_path(const struct sensors *sensors, size_t i)
{
	return watch_missing(sensors->watch, i);
}

const struct sensor_status *sensors_status(const struct sensors *sensors, enum sensor_id id)
{
	return &sensors->status[id];
}

const char *sensors_lost(const struct sensors *sensors, size_t i, uint64_t *ret_count)
{
	return health_lost(&sensors->health, i, ret_count);
}

const char *sensors_map(const struct sensors *sensors, size_t i, uint64_t *ret_entries,
			uint64_t *ret_capacity)
{
	return health_map(&sensors->health, i, ret_entries, ret_capacity);
}

const char *sensors_program(const struct sensors *sensors, size_t i, uint64_t *ret_runs,
			    uint64_t *ret_run_ns, uint32_t *ret_verified_instructions)
{
	if (i >= sensors->health.n_programs)
		return NULL;
	*ret_runs = sensors->health.programs[i].runs;
	*ret_run_ns = sensors->health.programs[i].run_ns;
	*ret_verified_instructions = sensors->health.programs[i].verified_instructions;
	return sensors->health.programs[i].name;
}
