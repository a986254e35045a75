/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the sensors start: anew, or by going on with the maps and hooks that an earlier daemon left.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "sensor/adopt.h"
#include "sensor/handover.h"
#include "sensor/maps.h"
#include "sensor/masters.h"
#include "sensor/preexisting.h"
#include "sensor/replica_order.h"
#include "sensor/sensors_state.h"
#include "sensor/skipped.h"
#include "waxseal.skel.h"

void sensors_close_own_side(struct sensors *sensors)
{
	ring_buffer__free(sensors->records);
	waxseal__destroy(sensors->skeleton);
	watch_free(sensors->watch);
	programs_free(sensors->programs);
	units_free(sensors->units);
	owners_free(sensors->collector.owners);
	scripts_free(sensors->scripts);
	known_readers_done(&sensors->collector.listed);
	sensors->records = NULL;
	sensors->skeleton = NULL;
	sensors->watch = NULL;
	sensors->programs = NULL;
	sensors->units = NULL;
	strlist_done(&sensors->questions);
	strlist_done(&sensors->login_gaps);
	sensors->collector.owners = NULL;
	sensors->scripts = NULL;
}

/* Readers that are listed by another form than a path. */
static void sensors_list_readers(struct known_readers *listed, const struct watch_entries *entries,
				 enum known_role role)
{
	const char *wrong;

	for (size_t i = 0; i < entries->count; i++)
		if (entries->items[i].name[0] != '/' &&
		    known_readers_add_text(listed, role, entries->items[i].name, &wrong) < 0)
			log_warning("reader %s %s, ignoring", entries->items[i].name, wrong);
}

static int sensors_on_record(void *context, void *bytes, size_t size)
{
	const struct record *record = bytes;
	struct sensors *sensors = context;

	if (size < sizeof(*record))
		return 0;
	if (record->kind == RECORD_STORE_REPLACED || record->kind == RECORD_PROGRAM_REPLACED)
		sensors->has_replaced = true;
	else if (record->kind == RECORD_READ_BUDGET)
		sensors->is_due = true;
	else if (sensors->taking)
		collector_add_record(&sensors->collector, record, sensors->taking);
	return 0;
}

/* In the initial time name space, as the kernel's own number is. */
static uint64_t sensors_own_start_ticks(void)
{
	_cleanup_close_ int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	char text[1024];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	unsigned long long ticks = 0;
	const char *rest;

	text[n > 0 ? n : 0] = '\0';
	/* a name may hold blanks and parentheses */
	rest = strrchr(text, ')');
	if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
				  "%*d %*d %*d %llu",
			    &ticks) != 1)
		return 0;
	return ticks;
}

static int sensors_write_settings(struct sensors *sensors)
{
	uint32_t zero = 0;

	sensors->settings.own_tgid = getpid();
	sensors->settings.own_start_ticks = sensors_own_start_ticks();
	return bpf_map_update_elem(sensors->maps.settings, &zero, &sensors->settings, BPF_ANY);
}

/* The parts on our side, whether the maps are new or taken over. */
static int sensors_open_own_side(struct sensors *sensors, const struct sensor_settings *settings)
{
	struct waxseal *skeleton = sensors->skeleton;
	int r;

	maps_find(skeleton, &sensors->maps);
	sensors->watch = watch_new(settings->watch, &sensors->maps, skeleton->progs.wax_own_files);
	sensors->programs = programs_new(&sensors->maps);
	sensors->units = units_new(&sensors->maps);
	sensors->auth_sockets = &settings->watch->of[WATCH_AUTH_SOCKET];
	sensors->scripts = scripts_new(&sensors->maps);
	sensors->collector = (struct collector){
		.maps = &sensors->maps,
		.watch = sensors->watch,
		.programs = sensors->programs,
		.units = sensors->units,
		.owners = owners_new("/etc/passwd"),
		.scripts = sensors->scripts,
		.accepted = settings->accepted,
		.mail_ports = &settings->watch->of[WATCH_MAIL_PORT],
		.expire_request = bpf_program__fd(skeleton->progs.wax_expire_req),
		.expire_verdict = bpf_program__fd(skeleton->progs.wax_expire_verd),
		.drop_login = bpf_program__fd(skeleton->progs.wax_drop_login),
		.instance = sensors->settings.instance,
	};
	sensors_list_readers(&sensors->collector.listed, &settings->watch->of[WATCH_MAIL_HELPER],
			     KNOWN_MAIL);
	sensors_list_readers(&sensors->collector.listed, &settings->watch->of[WATCH_STORE_READER],
			     KNOWN_STORES);
	sensors->records =
		ring_buffer__new(sensors->maps.records, sensors_on_record, sensors, NULL);
	if (!sensors->records)
		return -errno;
	r = sensors_write_settings(sensors);
	if (r < 0)
		return r;
	health_start(&sensors->health, &sensors->maps);
	return watch_refresh(sensors->watch);
}

static int sensors_adopt(struct sensors *sensors, const struct sensor_settings *settings)
{
	int r = adopt_connections(&sensors->maps, sensors->skeleton->progs.wax_find_sockets,
				  &settings->watch->of[WATCH_AUTH_SOCKET]);

	if (r > 0)
		log_info("%d auth connections were open before the sensor and are followed", r);
	if (r >= 0)
		r = masters_adopt(&sensors->maps, sensors->watch);
	if (r >= 0)
		r = preexisting_adopt(&sensors->maps, sensors->watch, sensors->programs,
				      &sensors->health.preexisting_left_out);
	if (r > 0)
		log_info("%d sessions began before the sensor and are followed", r);
	return r < 0 ? r : 0;
}

/* Only what is whole says so. */
static int sensors_persist(struct sensors *sensors)
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
	return sensors_write_settings(sensors);
}

void sensors_survey(struct sensors *sensors)
{
	health_survey(&sensors->health, &sensors->maps, sensors->skeleton->obj, sensors->persist);
}

static void sensors_begin_health(struct sensors *sensors)
{
	sensors_survey(sensors);
	skipped_start(&sensors->health, &sensors->maps);
	sensors->health.skipped = 0;
}

static int sensors_start_fresh(struct sensors *sensors, const struct sensor_settings *settings,
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
	r = sensors_open_own_side(sensors, settings);
	if (r == 0)
		r = collector_prepare(&sensors->maps);
	/* before attaching, or what is opened meanwhile counts twice */
	if (r == 0)
		r = adopt_files(sensors->skeleton->progs.wax_adopt_files);
	if (r == 0)
		r = waxseal__attach(sensors->skeleton);
	if (r == 0 && sensors->skeleton->rodata->with_replicas)
		r = replica_order_check(&sensors->maps, &sensors->plan);
	if (r == 0)
		sensors_begin_health(sensors);
	/* after attaching: what connects from now on is known by its handshake */
	if (r == 0)
		r = sensors_adopt(sensors, settings);
	if (r == 0)
		r = sensors_persist(sensors);
	if (r < 0)
		snprintf(ret_problem, size, "cannot start the sensors: %s", strerror(-r));
	return r;
}

static uint64_t sensors_committed_epochs(const struct sensors *sensors,
					 const struct sensor_settings *settings)
{
	return settings->committed_instance == sensors->settings.instance
		       ? settings->committed_epochs
		       : 0;
}

static int sensors_go_on(struct sensors *sensors, const struct sensor_settings *settings,
			 char *ret_problem, size_t size)
{
	int r;

	r = load_workers(settings, &sensors->plan, sensors->persist, &sensors->skeleton,
			 ret_problem, size);
	if (r < 0)
		return r;
	r = sensors_open_own_side(sensors, settings);
	if (r == 0)
		r = watch_forget_others(sensors->watch);
	if (r == 0)
		r = collector_resume(&sensors->collector, sensors->settings.epoch,
				     sensors_committed_epochs(sensors, settings));
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
int sensors_start(struct sensors *sensors, const struct sensor_settings *settings,
		  char *ret_problem, size_t size)
{
	const char *why = NULL;
	int r;

	sensors->persist = persist_open(settings->pin_folder);
	r = handover_check(sensors->persist, settings, &sensors->settings, &sensors->plan, &why);
	if (r > 0) {
		r = sensors_go_on(sensors, settings, ret_problem, size);
		if (r == 0)
			return 0;
		log_warning("%s; starting anew", ret_problem);
		sensors_close_own_side(sensors);
	} else if (r < 0) {
		log_warning("the programs of %s are removed", why);
	}
	persist_forget(sensors->persist);
	return sensors_start_fresh(sensors, settings, ret_problem, size);
}
