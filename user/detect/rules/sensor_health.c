/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sensor that says nothing where it always said something is blind, or was made so. Judges how
 * long each kind of record stayed away against the rate of the hours before; and tells when a
 * sensor says of itself that it is degraded, off, or losing counts.
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
	[PLAIN] = {"plain", 0, 1, 0, "1: judge by the number below instead of the usual rate"},
	[SILENT_MINUTES] = {"silent_minutes", 1, 100000, 60,
			    "plain: minutes without any record of a kind"},
	{0},
};

enum kind { KIND_AUTH, KIND_MAILBOX, KIND_CREDENTIALS, KIND_MAX };
static const char *const kind_names[] = {"auth", "mailbox", "credentials"};

/* The quietest hour of the day has a tenth of the mean. */
#define QUIETEST 0.1
#define LEAST_SECONDS 600

struct silence {
	struct rate ticks; /* with such a record */
	int64_t last_us;
	bool is_told;
};

#define SENSORS 32
#define TELL_AGAIN_US US_PER_MINUTE

/* What a sensor said of itself. */
struct sight {
	bool was_active, is_known;
	uint64_t lost; /* told of, or before the daemon looked first */
	int64_t told_us, lost_us;
};

struct sensor_health {
	struct silence kinds[KIND_MAX];
	struct table *sights; /* by name */
	bool is_plain;
	double silent_minutes;
};

static void *sensor_health_new(const double *settings)
{
	struct sensor_health *state = xcalloc(1, sizeof(*state));

	state->sights = table_new(sizeof(uint64_t), sizeof(struct sight), SENSORS, NULL, NULL);
	state->is_plain = settings[PLAIN] != 0;
	state->silent_minutes = settings[SILENT_MINUTES];
	return state;
}

static bool is_silent(const struct sensor_health *state, const struct silence *silence,
		      const struct detector_input *input)
{
	double seconds = (double)(input->now_us - silence->last_us) / US_PER_SECOND;
	double per_second = rate_per_day(&silence->ticks, silence->last_us) / 86400;

	if (state->is_plain)
		return seconds > state->silent_minutes * 60;
	return seconds > LEAST_SECONDS &&
	       seconds * per_second * QUIETEST > evidence_level(86400, input->false_alarms);
}

static void tell(struct silence *silence, enum kind kind, int64_t now_us, struct finding_list *ret)
{
	char age[PHRASE_BYTES];
	struct finding *finding;

	alert_text_duration(now_us - silence->last_us, age);
	finding = finding_add(ret, sensor_health_detector.name, SEVERITY_NOTICE, SUBJECT_SENSOR,
			      kind_names[kind],
			      "The %s sensor has seen nothing for %s, while it saw something in "
			      "%.0f seconds of each day before.",
			      kind_names[kind], age,
			      rate_per_day(&silence->ticks, silence->last_us));
	finding->first_us = silence->last_us;
	finding->last_us = now_us;
	json_object_set_new(finding->evidence, "silent_seconds",
			    json_real((double)(now_us - silence->last_us) / US_PER_SECOND));
	silence->is_told = true;
}

static void watch(const struct sensor_health *state, struct silence *silence, enum kind kind,
		  size_t records, const struct detector_input *input, struct finding_list *ret)
{
	if (silence->last_us && !silence->is_told && !input->is_learning &&
	    is_silent(state, silence, input))
		tell(silence, kind, input->now_us, ret);
	if (!records)
		return;
	rate_add(&silence->ticks, input->now_us, 1);
	silence->last_us = input->now_us;
	silence->is_told = false;
}

static void tell_of_state(struct sight *sight, const struct sight_row *row, int64_t now_us,
			  struct finding_list *ret)
{
	struct finding *finding = finding_add(
		ret, sensor_health_detector.name,
		sight->was_active ? SEVERITY_WARNING : SEVERITY_NOTICE, SUBJECT_SENSOR, row->sensor,
		"The %s sensor is %s%s: %s; what happens there now is not or not all seen.",
		row->sensor, row->state, sight->was_active ? ", which it was not before" : "",
		row->reason);

	finding->first_us = finding->last_us = sight->told_us = now_us;
	json_object_set_new(finding->evidence, "state", json_string(row->state));
	json_object_set_new(finding->evidence, "reason", json_string(row->reason));
}

static void tell_of_loss(struct sight *sight, const struct sight_row *row, int64_t now_us,
			 struct finding_list *ret)
{
	uint64_t lost = row->lost - sight->lost;
	struct finding *finding = finding_add(
		ret, sensor_health_detector.name, SEVERITY_NOTICE, SUBJECT_SENSOR, row->sensor,
		"The %s sensor lost %" PRIu64 " more counts since it was last looked at; waxseal "
		"status says where, and normally there are none.",
		row->sensor, lost);

	finding->first_us = sight->lost_us ? sight->lost_us : now_us;
	finding->last_us = sight->lost_us = now_us;
	json_object_set_new(finding->evidence, "lost", json_integer((json_int_t)lost));
	sight->lost = row->lost;
}

/* A sensor that was never active may have nothing to watch here. */
static void look_at(struct sensor_health *state, const struct detector_input *input,
		    const struct sight_row *row, struct finding_list *ret)
{
	uint64_t key = history_name(input->history, row->sensor);
	struct sight *sight = table_touch(state->sights, &key, NULL);
	bool is_off = strcmp(row->state, "off") == 0;

	if (!sight->is_known || row->lost < sight->lost)
		sight->lost = row->lost;
	sight->is_known = true;
	if (strcmp(row->state, "active") == 0) {
		sight->was_active = true;
		sight->told_us = 0;
	} else if ((!is_off || sight->was_active) &&
		   input->now_us - sight->told_us >= TELL_AGAIN_US) {
		tell_of_state(sight, row, input->now_us, ret);
	}
	if (row->lost > sight->lost && input->now_us - sight->lost_us >= TELL_AGAIN_US)
		tell_of_loss(sight, row, input->now_us, ret);
}

static void sensor_health_observe(void *state_pointer, const struct detector_input *input,
				  struct finding_list *ret)
{
	struct sensor_health *state = state_pointer;
	const struct snapshot *snapshot = input->snapshot;

	watch(state, &state->kinds[KIND_AUTH], KIND_AUTH, snapshot->n_attempts, input, ret);
	watch(state, &state->kinds[KIND_MAILBOX], KIND_MAILBOX, snapshot->n_reads, input, ret);
	watch(state, &state->kinds[KIND_CREDENTIALS], KIND_CREDENTIALS, snapshot->n_stores, input,
	      ret);
	for (size_t i = 0; i < snapshot->n_sights; i++)
		look_at(state, input, &snapshot->sights[i], ret);
}

static void sensor_health_serialize(void *state_pointer, struct serializer *serializer)
{
	struct sensor_health *state = state_pointer;

	serializer_member(serializer, state->kinds, sizeof(state->kinds));
	serializer_table(serializer, state->sights, sizeof(uint64_t), sizeof(struct sight), NULL);
}

static void sensor_health_free(void *state_pointer)
{
	struct sensor_health *state = state_pointer;

	table_free(state->sights);
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
