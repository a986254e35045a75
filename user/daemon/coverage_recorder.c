/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the sensors' states and counters of losses to what the ledger keeps of them. A stage that
 * has no row here is held against every sensor: to claim too little is the safe side.
 */
#include "daemon/coverage_recorder.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"

#define BIT(sensor) (1U << (sensor))
#define EVERY_SENSOR (BIT(SENSOR_MAX) - 1)
#define OF_FILES (BIT(SENSOR_MAILBOX) | BIT(SENSOR_CREDENTIALS))

/* What lost counts of which sensors; 0: no counts. */
static const struct {
	const char *stage;
	unsigned int sensors;
} concerns[] = {
	{"attempts_full", BIT(SENSOR_AUTH)},
	{"reads_full", BIT(SENSOR_SESSION) | BIT(SENSOR_MAILBOX)},
	{"stores_full", BIT(SENSOR_CREDENTIALS)},
	{"connections_full", BIT(SENSOR_AUTH)},
	{"requests_full", BIT(SENSOR_AUTH)},
	{"sessions_full", BIT(SENSOR_SESSION)},
	{"programs_full", OF_FILES},
	{"records_full", OF_FILES},
	{"line_undecodable", BIT(SENSOR_AUTH)},
	{"verdict_unmatched", BIT(SENSOR_AUTH)},
	{"verdict_forwarded", BIT(SENSOR_AUTH)},
	{"path_too_deep", OF_FILES},
	{"io_uring_unseen", OF_FILES},
	{"fanotify_unseen", OF_FILES},
	{"reads_unseen", BIT(SENSOR_CREDENTIALS)},
	{"moved_out", BIT(SENSOR_MAILBOX)},
	{"name_cut", BIT(SENSOR_MAILBOX)},
	{"compat_send", BIT(SENSOR_AUTH) | BIT(SENSOR_SESSION)},
	{"memory_unreadable", BIT(SENSOR_AUTH) | BIT(SENSOR_SESSION)},
	{"send_too_long", BIT(SENSOR_AUTH) | BIT(SENSOR_SESSION)},
	/* told or shown too late or not at all, but counted */
	{"alerts_closed", 0},
	{"alerts_unsaved", 0},
	{"metric_samples", 0},
	{"collects_delayed", 0},
	/* folded rows are in the sums; the ledger says since when its rows are complete */
	{"ledger_rows", 0},
};

static unsigned int coverage_recorder_concern(const char *stage)
{
	for (size_t i = 0; i < ARRAY_LENGTH(concerns); i++)
		if (strcmp(concerns[i].stage, stage) == 0)
			return concerns[i].sensors;
	return EVERY_SENSOR;
}

static void coverage_recorder_add_loss(void *context, const char *stage, uint64_t count)
{
	struct coverage *coverage = context;
	unsigned int sensors = coverage_recorder_concern(stage);

	if (sensors && coverage->n_losses < COVERAGE_LOSSES)
		coverage->losses[coverage->n_losses++] =
			(struct coverage_loss){stage, count, sensors};
}

static int coverage_recorder_rank(const char *state)
{
	return strcmp(state, "active") == 0 ? 2 : strcmp(state, "degraded") == 0;
}

/* The worst since the ledger last took a tick, since that is what the next one stands for. */
static void coverage_recorder_add_sensors(const struct daemon *daemon, struct coverage *coverage)
{
	bool is_late = !daemon->is_saving && daemon->coverage.n_sensors > 0;

	for (int id = 0; id < SENSOR_MAX; id++) {
		const struct sensor_status *status = sensors_status(daemon->sensors, id);
		struct coverage_sensor *sensor = &coverage->sensors[id];

		sensor->name = status->name;
		sensor->state = daemon_state_word(status->state);
		(void)snprintf(sensor->reason, sizeof(sensor->reason), "%s", status->reason);
		if (is_late &&
		    coverage_recorder_rank(daemon->coverage.sensors[id].state) < coverage_recorder_rank(sensor->state))
			*sensor = daemon->coverage.sensors[id];
	}
	coverage->n_sensors = SENSOR_MAX;
}

/* A sensor that this version does not have never looked; that is no news. */
static void coverage_recorder_drop_absent(struct coverage *coverage)
{
	for (size_t id = coverage->n_sensors; id-- > 0 && !daemon_has_sensor((enum sensor_id)id);)
		coverage->n_sensors = id;
}

static void coverage_recorder_look(struct daemon *daemon)
{
	struct coverage coverage = {};

	coverage_recorder_add_sensors(daemon, &coverage);
	coverage_recorder_drop_absent(&coverage);
	daemon->coverage = coverage;
}

void coverage_recorder_begin(struct daemon *daemon)
{
	struct coverage_start start = {.goes_on = sensors_went_on(daemon->sensors),
				       .now_us = time_now_us()};
	sd_id128_t boot;
	int r;

	static_assert(sizeof(start.boot) >= SD_ID128_UUID_STRING_MAX, "boot");
	if (sd_id128_get_boot(&boot) == 0)
		(void)sd_id128_to_uuid_string(boot, start.boot);
	coverage_recorder_look(daemon);
	daemon_each_own_loss(daemon, coverage_recorder_add_loss, &daemon->coverage);
	r = coverage_begin(daemon->ledger, &daemon->coverage, &start);
	if (r < 0)
		log_warning_errno(r, "the ledger does not have the start of this coverage");
}

void coverage_recorder_note(struct daemon *daemon)
{
	coverage_recorder_look(daemon);
	daemon_each_loss(daemon, coverage_recorder_add_loss, &daemon->coverage);
	/* what waits in the kernel is not covered before it is here */
	coverage_note(daemon->ledger, daemon->is_collecting ? &daemon->coverage : NULL);
}

/* A proxy's verdicts are another server's; that is no fault of the sensor. */
static uint64_t coverage_recorder_lost(const struct coverage *coverage, size_t sensor)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < coverage->n_losses; i++)
		if (coverage->losses[i].sensors & BIT(sensor) &&
		    coverage->losses[i].sensors != EVERY_SENSOR &&
		    strcmp(coverage->losses[i].stage, "verdict_forwarded") != 0)
			lost += coverage->losses[i].count;
	return lost;
}

void coverage_recorder_report(const struct daemon *daemon, struct snapshot *snapshot)
{
	const struct coverage *coverage = &daemon->coverage;

	for (size_t i = 0; i < coverage->n_sensors; i++) {
		struct sensor_row *row = snapshot_add_sensor(snapshot);

		row->sensor = coverage->sensors[i].name;
		row->state = coverage->sensors[i].state;
		row->reason = coverage->sensors[i].reason;
		row->lost = coverage_recorder_lost(coverage, i);
	}
}

void coverage_recorder_end(struct daemon *daemon)
{
	int r = coverage_end(daemon->ledger, daemon->hands_over ? "handed over" : "stopped");

	if (r < 0)
		log_warning_errno(r, "the ledger does not have the end of this coverage");
}
