/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inih reads the file; a key is looked up in the detectors' own tables. */
#include "cli/tuning.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

struct reading {
	struct tuning *tuning;
	char wrong[256]; /* "" while all is well */
};

static void choice_init(struct engine_choice *choice, const struct detector *detector)
{
	size_t n = 0;
	double *settings;

	while (detector->keys && detector->keys[n].name)
		n++;
	settings = xcalloc(n + 1, sizeof(*settings));
	for (size_t i = 0; i < n; i++)
		settings[i] = detector->keys[i].value;
	*choice = (struct engine_choice){detector, true, settings};
}

void tuning_init(struct tuning *ret)
{
	*ret = (struct tuning){.settings = {ENGINE_FALSE_ALARMS, ENGINE_LEARN_DAYS,
					    ENGINE_ACCOUNTS}};
	while (detectors[ret->n_choices])
		ret->n_choices++;
	ret->choices = xcalloc(ret->n_choices, sizeof(*ret->choices));
	for (size_t i = 0; i < ret->n_choices; i++)
		choice_init(&ret->choices[i], detectors[i]);
}

void tuning_done(struct tuning *tuning)
{
	for (size_t i = 0; i < tuning->n_choices; i++)
		free((double *)tuning->choices[i].settings);
	free(tuning->choices);
	*tuning = (struct tuning){0};
}

static int refuse(struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(struct reading *reading, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(reading->wrong, sizeof(reading->wrong), format, arguments);
	va_end(arguments);
	return 0; /* as inih wants it */
}

static int set_number(struct reading *reading, const char *section, const char *name,
		      const char *value, double minimum, double maximum, double *field)
{
	if (parse_double(value, minimum, maximum, field) < 0)
		return refuse(reading, "[%.60s] %.60s: '%.60s'; allowed: %.15g to %.15g", section,
			      name, value, minimum, maximum);
	return 1;
}

static int set_detect(struct reading *reading, const char *name, const char *value)
{
	/* The roster of a replay is an option of its own. */
	static const char *const rosters[] = {"roster",	    "honey",	  "cancelled",
					      "warm_start", "last_login", "list_users", "look_again"};
	struct engine_settings *settings = &reading->tuning->settings;
	double accounts;
	int r;

	if (strcmp(name, "false_alarms_per_day") == 0)
		return set_number(reading, "detect", name, value, 0.0001, 1000,
				  &settings->false_alarms_per_day);
	if (strcmp(name, "learn_days") == 0)
		return set_number(reading, "detect", name, value, 0, 365, &settings->learn_days);
	for (size_t i = 0; i < ARRAY_LENGTH(rosters); i++)
		if (strcmp(name, rosters[i]) == 0)
			return 1;
	if (strcmp(name, "accounts") != 0)
		return refuse(reading, "[detect] %.60s: unknown key; allowed: "
				       "false_alarms_per_day, learn_days, accounts", name);
	r = set_number(reading, "detect", name, value, 1000, 100e6, &accounts);
	if (r)
		settings->accounts = (uint64_t)accounts;
	return r;
}

static int set_detector(struct reading *reading, const char *section, const char *name,
			const char *value)
{
	struct engine_choice *choice = NULL;
	const struct detector_key *keys;

	for (size_t i = 0; i < reading->tuning->n_choices; i++)
		if (strcmp(reading->tuning->choices[i].detector->name, section + 9) == 0)
			choice = &reading->tuning->choices[i];
	if (!choice)
		return refuse(reading, "[%.60s]: no such detector", section);
	if (strcmp(name, "enabled") == 0)
		return parse_bool(value, &choice->enabled) == 0
			       ? 1
			       : refuse(reading, "[%.60s] enabled: allowed: yes | no", section);
	keys = choice->detector->keys;
	for (size_t i = 0; keys && keys[i].name; i++)
		if (strcmp(keys[i].name, name) == 0)
			return set_number(reading, section, name, value, keys[i].minimum,
					  keys[i].maximum, (double *)&choice->settings[i]);
	return refuse(reading, "[%.60s] %.60s: unknown key", section, name);
}

static int on_key(void *context, const char *section, const char *name, const char *value)
{
	struct reading *reading = context;

	if (strcmp(section, "detect") == 0)
		return set_detect(reading, name, value);
	if (strncmp(section, "detector ", 9) == 0)
		return set_detector(reading, section, name, value);
	return 1;
}

int tuning_read(struct tuning *tuning, FILE *file, const char *name, char *ret_problem, size_t size)
{
	struct reading reading = {.tuning = tuning};
	int line = ini_parse_file(file, on_key, &reading);

	if (line == 0)
		return 0;
	snprintf(ret_problem, size, "%s:%d: %s", name, line < 0 ? 1 : line,
		 *reading.wrong ? reading.wrong : "not a section, a key or a comment");
	return -EINVAL;
}
