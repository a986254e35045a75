/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the daemon says of itself: the status document, health, and measured metrics. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "base/time.h"
#include "build_info.h"
#include "daemon/daemon.h"
#include "model/loss_stage.h"

/* Without a tick for this long something is wrong. */
#define STALE_US (15 * US_PER_SECOND)

/* Losses that arise here; those of the kernel and of the sinks come from their own tables. */
static const char *status_own_loss(const struct daemon *daemon, size_t i, uint64_t *ret_count)
{
	size_t stage = LOST_STAGES + i;

	switch (stage) {
	case LOSS_LEDGER_EVENTS: *ret_count = daemon->backlog.lost; break;
	case LOSS_LEDGER_ROWS: *ret_count = ledger_evicted(daemon->ledger); break;
	case LOSS_ALERTS_CLOSED: *ret_count = registry_evicted(daemon->registry); break;
	case LOSS_ALERTS_UNSAVED: *ret_count = daemon->unsaved_alerts; break;
	case LOSS_METRIC_SAMPLES: *ret_count = metrics_refused(daemon->metrics); break;
	case LOSS_COLLECTS_DELAYED: *ret_count = daemon->failed_collects; break;
	default: return NULL;
	}
	return loss_stage(stage)->name;
}

void daemon_each_own_loss(const struct daemon *daemon,
			  void (*each)(void *context, const char *stage, uint64_t count),
			  void *context)
{
	const char *stage;
	uint64_t count;

	for (size_t i = 0; (stage = status_own_loss(daemon, i, &count)); i++)
		each(context, stage, count);
}

void daemon_each_loss(const struct daemon *daemon,
		      void (*each)(void *context, const char *stage, uint64_t count), void *context)
{
	const char *stage;
	uint64_t count;

	for (size_t i = 0; (stage = sensors_lost(daemon->sensors, i, &count)); i++)
		each(context, stage, count);
	daemon_each_own_loss(daemon, each, context);
}

/* Those of the sinks are not lost to the counts. */
static void status_each_loss(const struct daemon *daemon,
			     void (*each)(void *context, const char *stage, uint64_t count),
			     void *context)
{
	const char *stage;
	uint64_t count;

	daemon_each_loss(daemon, each, context);
	for (size_t i = 0; (stage = alert_dispatch_lost(daemon->alert_dispatch, i, &count)); i++)
		each(context, stage, count);
}

bool daemon_has_sensor(enum sensor_id id)
{
	return id != SENSOR_CONNECTION;
}

const char *daemon_state_word(enum sensor_state state)
{
	return state == SENSOR_ACTIVE ? "active" : state == SENSOR_DEGRADED ? "degraded" : "off";
}

static json_t *status_session_gaps(const struct daemon *daemon)
{
	json_t *gaps = json_array();
	const char *gap;

	for (size_t i = 0; (gap = sensors_login_gap(daemon->sensors, i)); i++)
		json_array_append_new(gaps, json_string(gap));
	return gaps;
}

static void status_add_sensors(const struct daemon *daemon, json_t *document)
{
	json_t *mechanisms = json_object(), *list = json_array();

	for (int id = 0; id < SENSOR_MAX; id++) {
		const struct sensor_status *status = sensors_status(daemon->sensors, id);

		json_object_set_new(mechanisms, status->name,
				    status->mechanism ? json_string(status->mechanism)
						      : json_null());
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", status->name,
						      "state", daemon_state_word(status->state),
						      "reason", status->reason));
	}
	json_object_set_new(document, "mechanism", mechanisms);
	json_object_set_new(document, "sensors", list);
	json_object_set_new(document, "session_gaps", status_session_gaps(daemon));
}

static void status_put_loss(void *context, const char *stage, uint64_t count)
{
	json_object_set_new(context, stage, json_integer((json_int_t)count));
}

static json_t *status_maps(const struct daemon *daemon)
{
	json_t *maps = json_array();
	uint64_t entries, capacity;
	const char *name;

	for (size_t i = 0; (name = sensors_map(daemon->sensors, i, &entries, &capacity)); i++)
		json_array_append_new(maps, json_pack("{s:s, s:I, s:I}", "name", name, "entries",
						      (json_int_t)entries, "capacity",
						      (json_int_t)capacity));
	return maps;
}

json_t *daemon_status(void *context)
{
	const struct daemon *daemon = context;
	json_t *document = json_object(), *lost = json_object();
	struct utsname kernel;

	uname(&kernel);
	json_object_set_new(document, "version", json_string(WAXSEAL_VERSION));
	json_object_set_new(document, "uptime_seconds",
			    json_integer((time_now_us() - daemon->started_us) / US_PER_SECOND));
	json_object_set_new(document, "kernel", json_string(kernel.release));
	status_add_sensors(daemon, document);
	json_object_set_new(document, "tick",
			    json_pack("{s:I, s:f}", "count", (json_int_t)daemon->ticks, "last_ms",
				      daemon->tick_ms));
	status_each_loss(daemon, status_put_loss, lost);
	json_object_set_new(document, "lost", lost);
	json_object_set_new(document, "maps", status_maps(daemon));
	json_object_set_new(document, "inventory", inventory_status(daemon->inventory));
	json_object_set_new(document, "detection", daemon_detection_status(context));
	json_object_set_new(document, "alerts_active",
			    json_integer((json_int_t)registry_active(daemon->registry)));
	return document;
}

bool daemon_is_healthy(void *context, char *ret_problem, size_t size)
{
	const struct daemon *daemon = context;
	int64_t silence_us = time_now_us() - daemon->until_us;

	if (silence_us > STALE_US + 5 * (int64_t)daemon->config->tick_us) {
		snprintf(ret_problem, size, "no tick for %" PRId64 " s",
			 silence_us / US_PER_SECOND);
		return false;
	}
	if (!daemon->is_collecting) {
		snprintf(ret_problem, size, "kernel counts are not read");
		return false;
	}
	if (!daemon->is_saving) {
		snprintf(ret_problem, size, "the ledger does not take counts");
		return false;
	}
	return true;
}

static void status_measure_loss(void *metrics, const char *stage, uint64_t count)
{
	metrics_set(metrics, METRIC_LOST, stage, NULL, (double)count);
}

static void status_measure_kernel(const struct daemon *daemon, struct metrics *metrics)
{
	uint64_t first, second;
	uint32_t instructions;
	const char *name;

	for (size_t i = 0; (name = sensors_map(daemon->sensors, i, &first, &second)); i++) {
		metrics_set(metrics, METRIC_MAP_ENTRIES, name, NULL, (double)first);
		metrics_set(metrics, METRIC_MAP_CAPACITY, name, NULL, (double)second);
	}
	for (size_t i = 0;
	     (name = sensors_program(daemon->sensors, i, &first, &second, &instructions)); i++) {
		metrics_set(metrics, METRIC_PROGRAM_RUNS, name, NULL, (double)first);
		metrics_set(metrics, METRIC_PROGRAM_RUN_SECONDS, name, NULL, (double)second / 1e9);
	}
	for (int id = 0; id < SENSOR_MAX; id++) {
		const struct sensor_status *status = sensors_status(daemon->sensors, id);

		if (daemon_has_sensor(id))
			metrics_set(metrics, METRIC_SENSOR_UP, status->name,
				    status->mechanism ? status->mechanism : "none",
				    status->state != SENSOR_OFF);
	}
}

static void status_measure_alerts(const struct daemon *daemon, struct metrics *metrics)
{
	for (size_t i = 0; detectors[i]; i++) {
		const char *name = detectors[i]->name;

		metrics_set(metrics, METRIC_ALERTS_ACTIVE, name, NULL,
			    (double)registry_active_of(daemon->registry, name));
		for (int severity = 0; severity < SEVERITY_MAX; severity++)
			metrics_set(metrics, METRIC_ALERTS, name, severity_to_string(severity),
				    (double)registry_raised_of(daemon->registry, name, severity));
	}
}

void daemon_measure(void *context, struct metrics *metrics)
{
	const struct daemon *daemon = context;

	status_each_loss(daemon, status_measure_loss, metrics);
	status_measure_kernel(daemon, metrics);
	status_measure_alerts(daemon, metrics);
}
