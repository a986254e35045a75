/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the sensors' states and counters of losses to what the ledger keeps of them. */
#include "daemon/coverage_recorder.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-id128.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "model/loss_stage.h"

static void coverage_recorder_add_loss(void *context, const char *stage, uint64_t count)
{
	struct coverage *coverage = context;
	unsigned int sensors = loss_stage_sensors(stage);

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

static uint64_t coverage_recorder_lost(const struct coverage *coverage, size_t sensor)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < coverage->n_losses; i++)
		if (loss_stage_is_fault_of(coverage->losses[i].stage, sensor))
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
