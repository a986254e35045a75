/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a line's section, key and value to the field: by the table, or by the tables of detectors
 * and sinks. Every refusal says what would have been allowed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"
#include "config/config.h"
#include "config/config_value.h"

/* A text that is cut at its end when it does not fit. */
struct line {
	char text[512];
	size_t used;
};

static void line_add(struct line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void line_add(struct line *line, const char *format, ...)
{
	size_t room = sizeof(line->text) - line->used;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(line->text + line->used, room, format, arguments);
	va_end(arguments);
	line->used += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static void line_add_word(struct line *line, const char *prefix, const char *word)
{
	line_add(line, "%s%s%s", line->used ? ", " : "", prefix, word);
}

static int config_refuse_key(const char *section, const char *name, const char *wrong,
			     const char *allowed, char *ret_problem)
{
	snprintf(ret_problem, CONFIG_REFUSAL_BYTES, "[%s]%s%s: %s; allowed: %s", section,
		 *name ? " " : "", name, wrong, allowed);
	return -EINVAL;
}

static int config_refuse_section(const char *section, const char *name, char *ret_problem)
{
	struct line allowed = {};
	const char *previous = "", *wrong = "unknown section";

	if (strncmp(section, "detector ", 9) == 0) {
		wrong = "unknown detector";
		for (size_t i = 0; detectors[i]; i++)
			line_add_word(&allowed, "", detectors[i]->name);
	} else if (strncmp(section, "alert ", 6) == 0) {
		wrong = "unknown sink";
		for (size_t i = 0; sinks[i]; i++)
			line_add_word(&allowed, "", sinks[i]->name);
	} else {
		for (const struct config_key *key = config_keys; key->section; key++) {
			if (strcmp(key->section, previous) != 0)
				line_add_word(&allowed, "", key->section);
			previous = key->section;
		}
		line_add(&allowed, ", detector NAME, alert NAME");
	}
	if (*section)
		return config_refuse_key(section, "", wrong, allowed.text, ret_problem);
	snprintf(ret_problem, CONFIG_REFUSAL_BYTES,
		 "%s: key before the first section; allowed sections: %s", name, allowed.text);
	return -EINVAL;
}

/* Names of keys in earlier versions: a daemon that is upgraded must start. */
static const struct {
	const char *section, *former, *name;
} former_keys[] = {
	{"maps", "connections", "auth_connections"}, /* up to 0.1.0 */
};

static const char *config_key_name(const char *section, const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(former_keys); i++)
		if (strcmp(former_keys[i].section, section) == 0 &&
		    strcmp(former_keys[i].former, name) == 0)
			return former_keys[i].name;
	return name;
}

/* A key of a fixed section. */
static int config_set_field(struct config *config, const char *section, const char *name,
			    const char *value, char *ret_problem)
{
	struct line allowed = {};
	char wrong[400];

	name = config_key_name(section, name);
	for (const struct config_key *key = config_keys; key->section; key++) {
		if (strcmp(key->section, section) != 0)
			continue;
		line_add_word(&allowed, "", key->name);
		if (strcmp(key->name, name) != 0)
			continue;
		if (key->parse(key, value, (char *)config + key->offset, wrong, sizeof(wrong)) < 0)
			return config_refuse_key(section, name, wrong, key->allowed, ret_problem);
		return 0;
	}
	if (allowed.used == 0)
		return config_refuse_section(section, name, ret_problem);
	return config_refuse_key(section, name, "unknown key", allowed.text, ret_problem);
}

/* Index in config_keys, or -1. */
static int config_key_index(const char *section, const char *name)
{
	name = config_key_name(section, name);
	for (int i = 0; config_keys[i].section; i++)
		if (strcmp(config_keys[i].section, section) == 0 &&
		    strcmp(config_keys[i].name, name) == 0)
			return i;
	return -1;
}

void config_note_place(struct config *config, const char *section, const char *name,
		       const char *path, int line)
{
	int i = config_key_index(section, name);

	if (i < 0)
		return;
	free(config->places[i]);
	config->places[i] = xasprintf("%s:%d", path, line);
}

const char *config_place(const struct config *config, const char *section, const char *name)
{
	int i = config_key_index(section, name);

	return i < 0 ? NULL : config->places[i];
}

static int config_set_detector(struct detector_choice *choice, const char *section,
			       const char *name, const char *value, char *ret_problem)
{
	char problem[CONFIG_REFUSAL_BYTES - 128];

	if (detector_choice_set(choice, name, value, problem, sizeof(problem)) == 0)
		return 0;
	snprintf(ret_problem, CONFIG_REFUSAL_BYTES, "[%s] %s", section, problem);
	return -EINVAL;
}

/* What a key of a sink allows, where its kind says it. */
static const char *config_sink_key_allowed(const struct sink_key *key, struct line *line)
{
	switch (key->kind) {
	case SINK_KEY_PATH:
		return "an absolute path";
	case SINK_KEY_URL:
		return "http://... or https://...";
	case SINK_KEY_NUMBER:
		line_add(line, "%.15g to %.15g", key->minimum, key->maximum);
		return line->text;
	default:
		return key->allowed ? key->allowed : "text";
	}
}

static int config_set_sink(struct sink_choice *choice, const char *section, const char *name,
			   const char *value, char *ret_problem)
{
	const struct sink_key *keys = choice->sink->keys;
	struct line allowed = {}, range = {};
	char wrong[400];

	if (strcmp(name, "enabled") == 0) {
		if (parse_bool(value, &choice->enabled) == 0)
			return 0;
		snprintf(wrong, sizeof(wrong), "'%s' is neither yes nor no", value);
		return config_refuse_key(section, name, wrong, "yes | no", ret_problem);
	}
	if (strcmp(name, "min_severity") == 0) {
		enum severity severity = severity_from_string(value);

		if ((int)severity >= 0) {
			choice->min_severity = severity;
			return 0;
		}
		snprintf(wrong, sizeof(wrong), "'%.200s' is not a severity", value);
		return config_refuse_key(section, name, wrong, "notice | warning | critical",
					 ret_problem);
	}
	line_add_word(&allowed, "", "enabled");
	line_add_word(&allowed, "", "min_severity");
	for (size_t i = 0; keys && keys[i].name; i++) {
		line_add_word(&allowed, "", keys[i].name);
		if (strcmp(keys[i].name, name) != 0)
			continue;
		if (config_parse_sink_value(&keys[i], value, &choice->values[i], wrong,
					    sizeof(wrong)) == 0)
			return 0;
		return config_refuse_key(section, name, wrong,
					 config_sink_key_allowed(&keys[i], &range), ret_problem);
	}
	return config_refuse_key(section, name, "unknown key", allowed.text, ret_problem);
}

/* Any of the files may have set it, so it is missing only after the last one. */
int config_find_missing(const struct config *config, char *ret_problem)
{
	for (size_t i = 0; i < config->n_sinks; i++) {
		const struct sink_choice *choice = &config->sinks[i];
		const struct sink_key *keys = choice->sink->keys;

		for (size_t k = 0; choice->enabled && keys && keys[k].name; k++) {
			_cleanup_free_ char *section = xasprintf("alert %s", choice->sink->name);
			struct line range = {};

			if (keys[k].required && !choice->values[k].text)
				return config_refuse_key(section, keys[k].name, "is missing",
							 config_sink_key_allowed(&keys[k], &range),
							 ret_problem);
		}
	}
	return 0;
}

int config_set(struct config *config, const char *section, const char *name, const char *value,
	       char *ret_problem)
{
	struct detector_choice *choice = NULL;

	if (strncmp(section, "detector ", 9) == 0)
		choice = detector_choices_find(config->detectors, config->n_detectors, section + 9);
	if (choice)
		return config_set_detector(choice, section, name, value, ret_problem);
	if (strncmp(section, "alert ", 6) == 0)
		for (size_t i = 0; i < config->n_sinks; i++)
			if (strcmp(config->sinks[i].sink->name, section + 6) == 0)
				return config_set_sink(&config->sinks[i], section, name, value,
						       ret_problem);
	return config_set_field(config, section, name, value, ret_problem);
}
