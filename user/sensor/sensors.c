/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sensors as the daemon sees them: opened, collected from, asked how they are. */
#include "sensor/sensors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/mem.h"
#include "sensor/adopt.h"
#include "sensor/collect.h"
#include "sensor/health.h"
#include "sensor/load.h"
#include "sensor/maps.h"
#include "sensor/preexisting.h"
#include "sensor/expire.h"
#include "sensor/skipped.h"
#include "sensor/states.h"
#include "sensor/handover.h"
#include "waxseal.skel.h"

/* Ticks between looks at what may have moved, and between walks over whole maps. */
#define SURVEY_TICKS 15
#define FORGET_TICKS 60

struct sensors {
	struct waxseal *skeleton;
	struct kernel_maps maps;
	struct load_plan plan;
	struct persist *persist;
	struct settings settings; /* as the programs have them */
	struct watch *watch;
	struct programs *programs;
	struct units *units;
	struct ring_buffer *records;
	struct collector collector;
	struct health health;
	struct sensor_status status[SENSOR_MAX];
	struct snapshot *taking; /* where records go while the ring is read */
	unsigned int ticks;
	bool took_over;
	bool has_replaced; /* a store was: what is watched must be looked at again */
	bool is_due;	   /* a listed program used its room up */
};

static void close_own_side(struct sensors *sensors)
{
	ring_buffer__free(sensors->records);
	waxseal__destroy(sensors->skeleton);
	watch_free(sensors->watch);
	programs_free(sensors->programs);
	units_free(sensors->units);
	sensors->records = NULL;
	sensors->skeleton = NULL;
	sensors->watch = NULL;
	sensors->programs = NULL;
	sensors->units = NULL;
}

/* ---- Start ---- */

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

static int on_record(void *context, void *bytes, size_t size)
{
	const struct record *record = bytes;
	struct sensors *sensors = context;

	if (size < sizeof(*record))
		return 0;
	if (record->kind == RECORD_STORE_REPLACED)
		sensors->has_replaced = true;
	else if (record->kind == RECORD_STORE_ROOM)
		sensors->is_due = true;
	else if (sensors->taking)
		collector_add_record(&sensors->collector, record, sensors->taking);
	return 0;
}

static int write_settings(struct sensors *sensors)
{
	uint32_t zero = 0;

	sensors->settings.own_tgid = getpid();
	return bpf_map_update_elem(sensors->maps.settings, &zero, &sensors->settings, BPF_ANY);
}

/* The parts on our side, whether the maps are new or taken over. */
static int open_own_side(struct sensors *sensors, const struct sensor_settings *settings)
{
	struct waxseal *skeleton = sensors->skeleton;
	int r;

	maps_find(skeleton, &sensors->maps);
	sensors->watch = watch_new(settings->watch, &sensors->maps, skeleton->progs.wax_own_files);
	sensors->programs = programs_new(&sensors->maps);
	sensors->units = units_new(&sensors->maps);
	sensors->collector = (struct collector){
		.maps = &sensors->maps,
		.watch = sensors->watch,
		.programs = sensors->programs,
		.units = sensors->units,
		.mail_ports = &settings->watch->of[WATCH_MAIL_PORT],
		.give_up = bpf_program__fd(skeleton->progs.wax_give_up),
		.give_up_verdict = bpf_program__fd(skeleton->progs.wax_give_up_v),
		.instance = sensors->settings.instance,
	};
	sensors->records = ring_buffer__new(sensors->maps.records, on_record, sensors, NULL);
	if (!sensors->records)
		return -errno;
	r = write_settings(sensors);
	if (r < 0)
		return r;
	health_start(&sensors->health, &sensors->maps);
	return watch_refresh(sensors->watch);
}

static int adopt(struct sensors *sensors, const struct sensor_settings *settings)
{
	int r = adopt_connections(&sensors->maps, sensors->skeleton->progs.wax_find_sockets,
				  &settings->watch->of[WATCH_AUTH_SOCKET]);

	if (r > 0)
		log_info("%d auth connections were open before the sensor and are followed", r);
	if (r >= 0)
		r = preexisting_adopt(&sensors->maps, sensors->watch, sensors->programs,
				&sensors->health.preexisting_left_out);
	if (r > 0)
		log_info("%d sessions began before the sensor and are followed", r);
	return r < 0 ? r : 0;
}

/* Only what is whole says so. */
static int persist_all(struct sensors *sensors)
{
	int r = handover_prepare(sensors->persist, sensors->skeleton);

	if (r < 0 || !persist_works(sensors->persist)) {
		persist_forget(sensors->persist);
		log_warning("maps cannot be kept outside the daemon, so what is counted while none "
			    "runs is lost: %s",
			    r < 0 ? strerror(-r) : "no bpffs, no descriptor store");
		return 0;
	}
	sensors->settings.complete = 1;
	return write_settings(sensors);
}

static void survey(struct sensors *sensors)
{
	health_survey(&sensors->health, &sensors->maps, sensors->skeleton->obj, sensors->persist);
}

static void begin_health(struct sensors *sensors)
{
	survey(sensors);
	skipped_start(&sensors->health, &sensors->maps);
	sensors->health.skipped = 0;
}

static int start_fresh(struct sensors *sensors, const struct sensor_settings *settings,
		       char *ret_problem, size_t size)
{
	int r;

	r = load_skeleton(settings, &sensors->skeleton, &sensors->plan, ret_problem, size);
	if (r < 0)
		return r;
	sensors->settings = (struct settings){.layout_version = WAX_LAYOUT_VERSION,
					      .attached_boot_ns = kernel_boot_ns()};
	if (getrandom(&sensors->settings.instance, sizeof(sensors->settings.instance), 0) < 0)
		return -errno;
	r = open_own_side(sensors, settings);
	if (r == 0)
		r = collector_prepare(&sensors->maps);
	/* before attaching, or what is opened meanwhile counts twice */
	if (r == 0)
		r = adopt_files(sensors->skeleton->progs.wax_adopt_files);
	if (r == 0)
		r = waxseal__attach(sensors->skeleton);
	if (r == 0)
		begin_health(sensors);
	/* after attaching: what connects from now on is known by its handshake */
	if (r == 0)
		r = adopt(sensors, settings);
	if (r == 0)
		r = persist_all(sensors);
	if (r < 0)
		snprintf(ret_problem, size, "cannot start the sensors: %s", strerror(-r));
	return r;
}

static uint64_t committed_epochs(const struct sensors *sensors,
				 const struct sensor_settings *settings)
{
	return settings->committed_instance == sensors->settings.instance
		       ? settings->committed_epochs
		       : 0;
}

static int go_on(struct sensors *sensors, const struct sensor_settings *settings, char *ret_problem,
		 size_t size)
{
	int r;

	r = load_workers(settings, &sensors->plan, sensors->persist, &sensors->skeleton, ret_problem,
			 size);
	if (r < 0)
		return r;
	r = open_own_side(sensors, settings);
	if (r == 0)
		r = watch_forget_others(sensors->watch);
	if (r == 0)
		r = collector_resume(&sensors->collector, sensors->settings.epoch,
				     committed_epochs(sensors, settings));
	/* another ledger's counts say nothing of the time before; all drains but the last, which
	 * the kernel may still have, must have been written down */
	sensors->took_over = r == 0 && settings->committed_instance == sensors->settings.instance &&
			     settings->committed_epochs + 1 >= sensors->settings.epoch;
	if (r < 0)
		snprintf(ret_problem, size, "cannot take over the sensors: %s", strerror(-r));
	else
		log_info("the programs ran on since the last daemon; their counts are taken over");
	return r;
}

/* What an earlier daemon left is gone on with, or taken away. */
static int start(struct sensors *sensors, const struct sensor_settings *settings, char *ret_problem,
		 size_t size)
{
	const char *why = NULL;
	int r;

	sensors->persist = persist_open(settings->pin_folder);
	r = handover_check(sensors->persist, settings, &sensors->settings, &sensors->plan,
			   &why);
	if (r > 0) {
		r = go_on(sensors, settings, ret_problem, size);
		if (r == 0)
			return 0;
		log_warning("%s; starting anew", ret_problem);
		close_own_side(sensors);
	} else if (r < 0) {
		log_warning("the programs of %s are removed", why);
	}
	persist_forget(sensors->persist);
	return start_fresh(sensors, settings, ret_problem, size);
}

static void judge(struct sensors *sensors)
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
	r = start(sensors, settings, ret_problem, problem_size);
	if (r < 0)
		return r;
	judge(sensors);
	*ret = take_ptr(sensors);
	return 0;
}

bool sensors_took_over(const struct sensors *sensors)
{
	return sensors->took_over;
}

void sensors_close(struct sensors *sensors, bool detach)
{
	if (!sensors)
		return;
	if (detach && sensors->persist)
		persist_forget(sensors->persist);
	close_own_side(sensors);
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
	judge(sensors);
}

int sensors_take_events(struct sensors *sensors, struct snapshot *snapshot)
{
	int r;

	sensors->taking = snapshot;
	r = ring_buffer__consume(sensors->records);
	sensors->taking = NULL;
	if (sensors->has_replaced)
		sensors_refresh(sensors);
	sensors->has_replaced = false;
	return r < 0 ? r : 0;
}

int sensors_event_fd(const struct sensors *sensors)
{
	return ring_buffer__epoll_fd(sensors->records);
}

void sensors_give_room(const struct sensors *sensors, uint32_t store, uint64_t bytes)
{
	if (store < STORE_ROOMS)
		(void)bpf_map_update_elem(sensors->maps.store_rooms, &store, &bytes, BPF_ANY);
}

bool sensors_is_due(const struct sensors *sensors)
{
	return sensors->is_due;
}

int sensors_collect(struct sensors *sensors, struct snapshot *snapshot)
{
	int r = collector_collect(&sensors->collector, snapshot);

	if (r < 0)
		return r;
	sensors->is_due = false;
	if (sensors->ticks % SURVEY_TICKS == 0) {
		survey(sensors);
		programs_refresh(sensors->programs);
		units_make_room(sensors->units);
	}
	if (sensors->ticks % FORGET_TICKS == FORGET_TICKS - 1) {
		(void)adopt_forget_gone(&sensors->maps, sensors->skeleton->progs.wax_find_sockets);
		(void)watch_forget_gone(sensors->watch);
		settle_unclaimed(&sensors->maps);
	}
	sensors->ticks++;
	health_tick(&sensors->health, &sensors->collector);
	return 0;
}

int sensors_release(struct sensors *sensors)
{
	return collector_release(&sensors->collector);
}

/* ---- Questions ---- */

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
