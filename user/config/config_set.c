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

static int config_refuse_section(const char *section, char *ret_problem)
{
	struct line allowed = {};
	const char *previous = "";

	for (const struct config_key *key = config_keys; key->section; key++) {
		if (strcmp(key->section, previous) != 0)
			line_add_word(&allowed, "", key->section);
		previous = key->section;
	}
	for (size_t i = 0; detectors[i]; i++)
		line_add_word(&allowed, "detector ", detectors[i]->name);
	for (size_t i = 0; sinks[i]; i++)
		line_add_word(&allowed, "alert ", sinks[i]->name);
	return config_refuse_key(section, "", *section ? "unknown section" : "key without section",
				 allowed.text, ret_problem);
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
		return config_refuse_section(section, ret_problem);
	return config_refuse_key(section, name, "unknown key", allowed.text, ret_problem);
}

/* A row for what the tables of detectors and sinks leave to us. */
static const struct config_key enabled_key = {.allowed = "yes | no"};
static const struct config_key path_key = {.allowed = "an absolute path"};
static const struct config_key url_key = {.allowed = "http://... or https://..."};

static int config_set_enabled(bool *field, const char *section, const char *value,
			      char *ret_problem)
{
	char wrong[400];

	if (config_parse_yes_no(&enabled_key, value, field, wrong, sizeof(wrong)) < 0)
		return config_refuse_key(section, "enabled", wrong, enabled_key.allowed,
					 ret_problem);
	return 0;
}

static int config_set_detector_key(struct detector_choice *choice, size_t i, const char *section,
				   const char *value, char *ret_problem)
{
	const struct detector_key *key = &choice->detector->keys[i];
	struct config_key range = {.minimum = key->minimum, .maximum = key->maximum};
	struct line allowed = {};
	char wrong[400];

	line_add(&allowed, "%.15g to %.15g", key->minimum, key->maximum);
	if (config_parse_number(&range, value, &choice->settings[i], wrong, sizeof(wrong)) < 0)
		return config_refuse_key(section, key->name, wrong, allowed.text, ret_problem);
	choice->is_set[i] = true;
	return 0;
}

static int config_set_detector(struct detector_choice *choice, const char *section,
			       const char *name, const char *value, char *ret_problem)
{
	const struct detector_key *keys = choice->detector->keys;
	struct line allowed = {};

	if (strcmp(name, "enabled") == 0)
		return config_set_enabled(&choice->enabled, section, value, ret_problem);
	line_add_word(&allowed, "", "enabled");
	for (size_t i = 0; keys && keys[i].name; i++) {
		if (strcmp(keys[i].name, name) == 0)
			return config_set_detector_key(choice, i, section, value, ret_problem);
		line_add_word(&allowed, "", keys[i].name);
	}
	return config_refuse_key(section, name, "unknown key", allowed.text, ret_problem);
}

static int config_set_url(char **field, const char *section, const char *value, char *ret_problem)
{
	if (strncmp(value, "http://", 7) != 0 && strncmp(value, "https://", 8) != 0)
		return config_refuse_key(section, "url", "is no address of a web service",
					 url_key.allowed, ret_problem);
	free(*field);
	*field = xstrdup(value);
	return 0;
}

static int config_set_sink(struct sink_choice *choice, const char *section, const char *name,
			   const char *value, char *ret_problem)
{
	char wrong[400];

	if (strcmp(name, "enabled") == 0)
		return config_set_enabled(&choice->enabled, section, value, ret_problem);
	if (strcmp(name, "url") == 0)
		return config_set_url(&choice->url, section, value, ret_problem);
	if (strcmp(name, "path") != 0)
		return config_refuse_key(section, name, "unknown key", "enabled, path, url",
					 ret_problem);
	if (config_parse_folder(&path_key, value, &choice->path, wrong, sizeof(wrong)) < 0)
		return config_refuse_key(section, name, wrong, path_key.allowed, ret_problem);
	return 0;
}

int config_set(struct config *config, const char *section, const char *name, const char *value,
	       char *ret_problem)
{
	if (strncmp(section, "detector ", 9) == 0)
		for (size_t i = 0; i < config->n_detectors; i++)
			if (strcmp(config->detectors[i].detector->name, section + 9) == 0)
				return config_set_detector(&config->detectors[i], section, name,
							   value, ret_problem);
	if (strncmp(section, "alert ", 6) == 0)
		for (size_t i = 0; i < config->n_sinks; i++)
			if (strcmp(config->sinks[i].sink->name, section + 6) == 0)
				return config_set_sink(&config->sinks[i], section, name, value,
						       ret_problem);
	return config_set_field(config, section, name, value, ret_problem);
}
