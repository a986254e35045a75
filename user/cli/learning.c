/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Detectors that need no baseline are active from the first day on. */
#include "cli/learning.h"

#include "cli/format.h"

void learning_print(const struct console *console, const json_t *detection)
{
	double left = json_number_value(json_object_get(detection, "learning_seconds_left"));
	const json_t *name;
	char duration[FORMAT_BYTES];
	size_t i;

	if (!json_is_object(detection))
		return;
	if (left <= 0) {
		fputs("learning finished; all detectors are active\n", console->out);
		return;
	}
	fprintf(console->out, "learning %s left; already active:",
		format_duration((json_int_t)left, duration));
	json_array_foreach(json_object_get(detection, "active_detectors"), i, name)
		fprintf(console->out, "%s %s", i ? "," : "", json_string_value(name));
	fputc('\n', console->out);
}
