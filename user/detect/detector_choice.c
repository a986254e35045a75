/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every refusal says what would have been allowed. */
#include "detect/detector_choice.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/parse.h"

struct detector_choice *detector_choices_new(size_t *ret_count)
{
	struct detector_choice *choices = NULL;
	size_t count = 0;

	for (; detectors[count]; count++) {
		const struct detector_key *keys = detectors[count]->keys;
		double *settings;
		size_t n = 0;

		while (keys && keys[n].name)
			n++;
		settings = xcalloc(n + 1, sizeof(*settings));
		for (size_t i = 0; i < n; i++)
			settings[i] = keys[i].initial;
		choices = xreallocarray(choices, count + 1, sizeof(*choices));
		choices[count] = (struct detector_choice){detectors[count], true, settings};
	}
	*ret_count = count;
	return choices;
}

void detector_choices_free(struct detector_choice *choices, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(choices[i].settings);
	free(choices);
}

struct detector_choice *detector_choices_find(struct detector_choice *choices, size_t count,
					      const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(choices[i].detector->name, name) == 0)
			return &choices[i];
	return NULL;
}

static int detector_choice_refuse_name(const struct detector_choice *choice, const char *name,
				       char *ret_problem, size_t size)
{
	_cleanup_free_ char *allowed = xstrdup("enabled");

	for (const struct detector_key *key = choice->detector->keys; key && key->name; key++) {
		_cleanup_free_ char *before = allowed;

		allowed = xasprintf("%s, %s", before, key->name);
	}
	(void)snprintf(ret_problem, size, "%s: unknown key; allowed: %s", name, allowed);
	return -EINVAL;
}

static bool detector_choice_is_whole(double number)
{
	return number == floor(number);
}

/* A key counts things where its range and default do: half an account is a slip of the pen. */
static const char *detector_choice_wrong(const struct detector_key *key, const char *text, double *ret)
{
	bool counts = detector_choice_is_whole(key->minimum) &&
		      detector_choice_is_whole(key->maximum) &&
		      detector_choice_is_whole(key->initial);
	double number;
	int r = parse_double(text, key->minimum, key->maximum, &number);

	if (r == -ERANGE)
		return "is out of range";
	if (r < 0 || (counts && !detector_choice_is_whole(number)))
		return counts ? "is not a whole number" : "is not a number";
	*ret = number;
	return NULL;
}

int detector_choice_set(struct detector_choice *choice, const char *name, const char *text,
			char *ret_problem, size_t size)
{
	const struct detector_key *key = choice->detector->keys;
	const char *wrong;
	int r;

	if (strcmp(name, "enabled") == 0) {
		r = parse_bool(text, &choice->enabled);
		if (r < 0)
			(void)snprintf(ret_problem, size,
				       "enabled: '%s' is neither yes nor no; allowed: yes | no",
				       text);
		return r < 0 ? -EINVAL : 0;
	}
	while (key && key->name && strcmp(key->name, name) != 0)
		key++;
	if (!key || !key->name)
		return detector_choice_refuse_name(choice, name, ret_problem, size);
	wrong = detector_choice_wrong(key, text, &choice->settings[key - choice->detector->keys]);
	if (wrong)
		(void)snprintf(ret_problem, size, "%s: '%s' %s; allowed: %.15g to %.15g", name,
			       text, wrong, key->minimum, key->maximum);
	return wrong ? -EINVAL : 0;
}
