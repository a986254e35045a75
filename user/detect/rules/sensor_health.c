/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attack: a sensor is made blind; or it broke.
 *
 * Idea: a sensor that counted something in every hour and now counts nothing is blind. How long
 * records of its kind stay away is compared with their usual rate: for a Poisson process the
 * probability that nothing comes for t is e^(-rate t). Besides, a sensor may say of itself that it
 * is degraded or off, or that it lost counts.
 */
#include "detect/detector.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/time.h"
#include "detect/text/alert_text.h"

enum { PLAIN, SILENT_MINUTES };

static const struct detector_key keys[] = {
	[PLAIN] = {"plain", 0, 1, 0, "1: use the number below instead of the usual rate"},
	[SILENT_MINUTES] = {"silent_minutes", 1, 100000, 60,
			    "plain: minutes without any record of a kind"},
	{0},
};

enum kind { KIND_AUTH, KIND_MAILBOX, KIND_CREDENTIALS, KIND_MAX };
static const char *const kind_names[] = {"auth", "mailbox", "credentials"};

/* Rate of the quietest hour of the day, of the mean. */
#define QUIETEST 0.1
#define LEAST_SECONDS 600

struct silence {
	struct rate ticks; /* with such a record */
	int64_t last_us;
	bool is_reported;
};

#define SENSORS 32
#define REPORT_INTERVAL_US US_PER_MINUTE

/* What a sensor said of itself before. */
struct known_sensor {
	bool was_active, is_known;
	uint64_t lost; /* reported, or before the first look */
	int64_t reported_us, lost_us;
};

struct sensor_health {
	struct silence kinds[KIND_MAX];
	struct table *sensors; /* by name */
	bool is_plain;
	double silent_minutes;
};

static void *sensor_health_new(const double *settings)
{
	struct sensor_health *state = xcalloc(1, sizeof(*state));

	state->sensors =
		table_new(sizeof(uint64_t), sizeof(struct known_sensor), SENSORS, NULL, NULL);
	state->is_plain = settings[PLAIN] != 0;
	state->silent_minutes = settings[SILENT_MINUTES];
	return state;
}

static bool sensor_health_is_silent(const struct sensor_health *state,
				    const struct silence *silence,
				    const struct detector_input *input)
{
	double seconds = (double)(input->now_us - silence->last_us) / US_PER_SECOND;
	double per_second = rate_per_day(&silence->ticks, silence->last_us) / 86400;

	if (state->is_plain)
		return seconds > state->silent_minutes * 60;
	return seconds > LEAST_SECONDS &&
	       seconds * per_second * QUIETEST > evidence_threshold(86400, input->false_alarms);
}

static void sensor_health_report_silence(struct silence *silence, enum kind kind, int64_t now_us,
					 struct finding_list *ret)
{
	char age[ALERT_TEXT_BYTES];
	struct finding *finding;

	alert_text_duration(now_us - silence->last_us, age);
	finding = finding_add(
		ret, sensor_health_detector.name, SEVERITY_NOTICE, SUBJECT_SENSOR, kind_names[kind],
		"The %s sensor counted nothing for %s. Normal: it counted something in %.0f seconds "
		"of each day.",
		kind_names[kind], age, rate_per_day(&silence->ticks, silence->last_us));
	finding->first_us = silence->last_us;
	finding->last_us = now_us;
	json_object_set_new(finding->evidence, "silent_seconds",
			    json_real((double)(now_us - silence->last_us) / US_PER_SECOND));
	silence->is_reported = true;
}

static void sensor_health_observe_kind(const struct sensor_health *state, struct silence *silence,
				       enum kind kind, size_t records,
				       const struct detector_input *input, struct finding_list *ret)
{
	if (silence->last_us && !silence->is_reported && !input->is_learning &&
	    sensor_health_is_silent(state, silence, input))
		sensor_health_report_silence(silence, kind, input->now_us, ret);
	if (!records)
		return;
	rate_add(&silence->ticks, input->now_us, 1);
	silence->last_us = input->now_us;
	silence->is_reported = false;
}

static void sensor_health_report_state(struct known_sensor *known, const struct sensor_row *row,
				       int64_t now_us, struct finding_list *ret)
{
	struct finding *finding = finding_add(
		ret, sensor_health_detector.name,
		known->was_active ? SEVERITY_WARNING : SEVERITY_NOTICE, SUBJECT_SENSOR, row->sensor,
		"The %s sensor is %s%s: %s. Until this ends, it may miss what happens.",
		row->sensor, row->state, known->was_active ? ", and was active before" : "",
		row->reason);

	finding->first_us = finding->last_us = known->reported_us = now_us;
	json_object_set_new(finding->evidence, "state", json_string(row->state));
	json_object_set_new(finding->evidence, "reason", json_string(row->reason));
}

static void sensor_health_report_loss(struct known_sensor *known, const struct sensor_row *row,
				      int64_t now_us, struct finding_list *ret)
{
	uint64_t lost = row->lost - known->lost;
	struct finding *finding = finding_add(
		ret, sensor_health_detector.name, SEVERITY_NOTICE, SUBJECT_SENSOR, row->sensor,
		"The %s sensor lost %" PRIu64
		" counts since the last report. Normal: none. `waxseal "
		"status` shows where they were lost.",
		row->sensor, lost);

	finding->first_us = known->lost_us ? known->lost_us : now_us;
	finding->last_us = known->lost_us = now_us;
	json_object_set_new(finding->evidence, "lost", json_integer((json_int_t)lost));
	known->lost = row->lost;
}

/* A sensor that was never active may have nothing to watch here. */
static void sensor_health_observe_sensor(struct sensor_health *state,
					 const struct detector_input *input,
					 const struct sensor_row *row, struct finding_list *ret)
{
	uint64_t key = history_name(input->history, row->sensor);
	struct known_sensor *known = table_touch(state->sensors, &key, NULL);
	bool is_off = strcmp(row->state, "off") == 0;

	if (!known->is_known || row->lost < known->lost)
		known->lost = row->lost;
	known->is_known = true;
	if (strcmp(row->state, "active") == 0) {
		known->was_active = true;
		known->reported_us = 0;
	} else if ((!is_off || known->was_active) &&
		   input->now_us - known->reported_us >= REPORT_INTERVAL_US) {
		sensor_health_report_state(known, row, input->now_us, ret);
	}
	if (row->lost > known->lost && input->now_us - known->lost_us >= REPORT_INTERVAL_US)
		sensor_health_report_loss(known, row, input->now_us, ret);
}

static void sensor_health_observe(void *state_pointer, const struct detector_input *input,
				  struct finding_list *ret)
{
	struct sensor_health *state = state_pointer;
	const struct snapshot *snapshot = input->snapshot;

	sensor_health_observe_kind(state, &state->kinds[KIND_AUTH], KIND_AUTH, snapshot->n_attempts,
				   input, ret);
	sensor_health_observe_kind(state, &state->kinds[KIND_MAILBOX], KIND_MAILBOX,
				   snapshot->n_reads, input, ret);
	sensor_health_observe_kind(state, &state->kinds[KIND_CREDENTIALS], KIND_CREDENTIALS,
				   snapshot->n_stores, input, ret);
	for (size_t i = 0; i < snapshot->n_sensors; i++)
		sensor_health_observe_sensor(state, input, &snapshot->sensors[i], ret);
}

static void sensor_health_serialize(void *state_pointer, struct serializer *serializer)
{
	struct sensor_health *state = state_pointer;

	serializer_member(serializer, state->kinds, sizeof(state->kinds));
	serializer_table(serializer, state->sensors, sizeof(uint64_t), sizeof(struct known_sensor),
			 NULL);
}

static void sensor_health_free(void *state_pointer)
{
	struct sensor_health *state = state_pointer;

	table_free(state->sensors);
	free(state);
}

const struct detector sensor_health_detector = {
	.name = "sensor_health",
	.help = "a sensor is silent where it never was, degraded, off, or losing counts",
	.keys = keys,
	.new = sensor_health_new,
	.observe = sensor_health_observe,
	.serialize = sensor_health_serialize,
	.free = sensor_health_free,
};
