/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stage for detectors: rows are added to a tick, the tick is played, findings are looked at. */
#ifndef WAX_TESTS_DETECT_SCENE_H
#define WAX_TESTS_DETECT_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "detect/engine.h"

/* 2026-07-01 */
#define SCENE_START INT64_C(1782864000000000)

struct scene {
	const struct detector *detector;
	struct engine *engine;
	int64_t now_us;
	struct snapshot tick;
	struct finding_list findings;
};

/* Whom the engines of the next scenes trust. */
static const struct network_list *scene_trusted __attribute__((unused));
/* And which programs the administrator listed there. */
static const struct watch_entries *scene_listed __attribute__((unused));

/* One detector with settings as of keys or its defaults, and another (or NULL) that it hears. */
static inline struct scene scene_open_beside(const struct detector *detector,
					     const struct detector *other, double learn_days,
					     double *settings)
{
	const struct engine_settings shared = {0.1, learn_days, 10000, scene_trusted, scene_listed};
	struct scene scene = {.detector = detector, .now_us = SCENE_START};
	struct detector_choice choices[32] = {{0}};
	size_t n = 0;

	for (; detectors[n]; n++)
		choices[n] = (struct detector_choice){
			detectors[n], detectors[n] == detector || detectors[n] == other,
			detectors[n] == detector ? settings : NULL};
	scene.engine = engine_new(&shared, choices, n);
	return scene;
}

/* One detector only. */
static inline struct scene scene_open_with(const struct detector *detector, double learn_days,
					   double *settings)
{
	return scene_open_beside(detector, NULL, learn_days, settings);
}

static inline struct scene scene_open(const struct detector *detector)
{
	return scene_open_with(detector, 0, NULL);
}

static inline void scene_close(struct scene *scene)
{
	engine_free(scene->engine);
	snapshot_done(&scene->tick);
	finding_list_done(&scene->findings);
}

/* An account that exists; last login days ago. */
static inline void scene_account(struct scene *scene, const char *account,
				 enum account_state state, int64_t days)
{
	struct history *history = engine_history(scene->engine);

	history_advance(history, scene->now_us);
	history_set_complete(history, true);
	history_add_account(history, account, state, scene->now_us - days * US_PER_DAY);
}

static inline void scene_login(struct scene *scene, const char *source, const char *account,
			       uint64_t successes, uint64_t failures)
{
	struct attempt_row *row = snapshot_add_attempt(&scene->tick);

	row->source = snapshot_string(&scene->tick, source);
	row->account = snapshot_string(&scene->tick, account);
	row->service = "imap";
	row->count[OUTCOME_SUCCESS] = successes;
	row->count[OUTCOME_FAILURE] = failures;
	row->first_us = row->last_us = scene->now_us;
}

static inline struct read_row *scene_read(struct scene *scene, const char *source,
					  const char *account, uint64_t messages)
{
	struct read_row *row = snapshot_add_read(&scene->tick);

	row->source = snapshot_string(&scene->tick, source);
	row->account = snapshot_string(&scene->tick, account);
	row->service = "imap";
	row->messages = messages;
	row->first_us = row->last_us = scene->now_us;
	return row;
}

/* Plays the tick and goes on by step_us. Findings of the tick before are forgotten. */
static inline void scene_play(struct scene *scene, int64_t step_us)
{
	finding_list_done(&scene->findings);
	scene->tick.from_us = scene->now_us;
	scene->tick.until_us = scene->now_us + US_PER_SECOND;
	engine_observe(scene->engine, &scene->tick, &scene->findings);
	snapshot_reset(&scene->tick);
	scene->now_us += step_us;
}

static inline const char *scene_name(const char *prefix, unsigned int number)
{
	static char names[4][64];
	static unsigned int next;
	char *name = names[next++ % 4];

	(void)snprintf(name, sizeof(names[0]), "%s%u@example.org", prefix, number);
	return name;
}

static inline void scene_expect_none(const struct scene *scene)
{
	if (scene->findings.count)
		fail_msg("unexpected: %s", scene->findings.items[0].message);
}

static inline const struct finding *scene_expect_one(const struct scene *scene,
						     enum severity severity, enum subject_kind kind,
						     const char *subject)
{
	const struct finding *finding = scene->findings.items;

	assert_int_equal(scene->findings.count, 1);
	assert_string_equal(finding->detector, scene->detector->name);
	assert_int_equal(finding->severity, severity);
	assert_int_equal(finding->subject_kind, kind);
	assert_string_equal(finding->subject, subject);
	assert_true(finding->first_us <= finding->last_us);
	return finding;
}

/* Findings of this detector about the subject, or about any (NULL). */
static inline size_t scene_count(const struct scene *scene, const struct detector *detector,
				 const char *subject)
{
	size_t count = 0;

	for (size_t i = 0; i < scene->findings.count; i++)
		count += strcmp(scene->findings.items[i].detector, detector->name) == 0 &&
			 (!subject || strcmp(scene->findings.items[i].subject, subject) == 0);
	return count;
}

static inline json_int_t scene_number(const struct finding *finding, const char *name)
{
	const json_t *value = json_object_get(finding->evidence, name);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

#endif
