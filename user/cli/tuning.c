/* SPDX-License-Identifier: GPL-2.0-or-later */
/* inih reads the file; the keys of a detector are read as the daemon reads them. */
#include "cli/tuning.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

struct tuning_reading {
	struct tuning *tuning;
	char wrong[400]; /* "" while all is well */
};

void tuning_init(struct tuning *ret)
{
	*ret = (struct tuning){.settings = {ENGINE_FALSE_ALARMS, ENGINE_LEARN_DAYS, ENGINE_ACCOUNTS,
					    &ret->trusted, &ret->watch.of[WATCH_MAIL_HELPER]}};
	ret->choices = detector_choices_new(&ret->n_choices);
}

void tuning_done(struct tuning *tuning)
{
	detector_choices_free(tuning->choices, tuning->n_choices);
	network_list_done(&tuning->trusted);
	watch_list_done(&tuning->watch);
	replay_readers_done(&tuning->readers);
	*tuning = (struct tuning){0};
}

/* Returns whether the number was taken, as inih wants it. */
static bool tuning_set_number(struct tuning_reading *reading, const char *name, const char *text,
			      double minimum, double maximum, double *field)
{
	if (parse_double(text, minimum, maximum, field) == 0)
		return true;
	(void)snprintf(reading->wrong, sizeof(reading->wrong),
		       "[detect] %s: '%.200s'; allowed: %.15g to %.15g", name, text, minimum,
		       maximum);
	return false;
}

static bool tuning_add_trusted(struct tuning_reading *reading, const char *text)
{
	struct network_range range;

	if (network_range_parse(text, &range) == 0) {
		network_list_add(&reading->tuning->trusted, &range);
		return true;
	}
	(void)snprintf(reading->wrong, sizeof(reading->wrong),
		       "[detect] trusted: '%.200s'; allowed: an IPv4 or IPv6 address, or "
		       "ADDRESS/BITS",
		       text);
	return false;
}

static bool tuning_set_shared(struct tuning_reading *reading, const char *name, const char *text)
{
	/* Who has an account is an option of its own here: --roster. */
	static const char *const daemon_only[] = {"roster",	"honey",      "cancelled",
						  "warm_start", "last_login", "list_users",
						  "look_again"};
	struct engine_settings *settings = &reading->tuning->settings;
	double accounts;

	for (size_t i = 0; i < ARRAY_LENGTH(daemon_only); i++)
		if (strcmp(name, daemon_only[i]) == 0)
			return true;
	if (strcmp(name, "false_alarms_per_day") == 0)
		return tuning_set_number(reading, name, text, ENGINE_FALSE_ALARMS_RANGE,
					 &settings->false_alarms_per_day);
	if (strcmp(name, "learn_days") == 0)
		return tuning_set_number(reading, name, text, ENGINE_LEARN_DAYS_RANGE,
					 &settings->learn_days);
	if (strcmp(name, "trusted") == 0)
		return tuning_add_trusted(reading, text);
	if (strcmp(name, "accounts") != 0) {
		(void)snprintf(reading->wrong, sizeof(reading->wrong),
			       "[detect] %.60s: unknown key; allowed: "
			       "false_alarms_per_day, learn_days, accounts, trusted",
			       name);
		return false;
	}
	if (!tuning_set_number(reading, name, text, ENGINE_ACCOUNTS_RANGE, &accounts))
		return false;
	settings->accounts = (uint64_t)accounts;
	return true;
}

static bool tuning_set_reader(struct tuning_reading *reading, const char *section,
			      const char *name, const char *text)
{
	const char *wrong;

	if (replay_readers_set(&reading->tuning->readers, section, name, text, &wrong) == 0)
		return true;
	(void)snprintf(reading->wrong, sizeof(reading->wrong),
		       "[%.20s] %.20s: '%.200s' %s; allowed: an absolute path, "
		       "unit:NAME.service, script:PATH or user:NAME:PATH",
		       section, name, text, wrong);
	return false;
}

static int tuning_on_key(void *context, const char *section, const char *name, const char *text)
{
	struct tuning_reading *reading = context;
	struct detector_choice *choice;
	char wrong[300];

	if (strcmp(section, "detect") == 0)
		return tuning_set_shared(reading, name, text);
	if (strcmp(section, "mail") == 0 && strcmp(name, "helper") == 0)
		watch_list_add(&reading->tuning->watch, WATCH_MAIL_HELPER, 0, text);
	if (strncmp(section, "detector ", 9) != 0)
		return tuning_set_reader(reading, section, name, text);
	choice = detector_choices_find(reading->tuning->choices, reading->tuning->n_choices,
				       section + 9);
	if (!choice)
		(void)snprintf(wrong, sizeof(wrong), "no such detector");
	else if (detector_choice_set(choice, name, text, wrong, sizeof(wrong)) == 0)
		return true;
	(void)snprintf(reading->wrong, sizeof(reading->wrong), "[%.60s]%s%s", section,
		       choice ? " " : ": ", wrong);
	return false;
}

int tuning_read(struct tuning *tuning, FILE *file, const char *name, char *ret_problem, size_t size)
{
	struct tuning_reading reading = {.tuning = tuning};
	int line = ini_parse_file(file, tuning_on_key, &reading);

	if (line == 0)
		return 0;
	(void)snprintf(ret_problem, size, "%s:%d: %s", name, line < 0 ? 1 : line,
		       *reading.wrong ? reading.wrong : "not a section, a key or a comment");
	return -EINVAL;
}
