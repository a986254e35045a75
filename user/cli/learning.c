/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What needs no normal judges from the first day on. */
#include "cli/learning.h"

#include "cli/format.h"

void learning_print(const struct console *console, const json_t *detection)
{
	double left = json_number_value(json_object_get(detection, "learning_seconds_left"));
	const json_t *name;
	char duration[HUMAN_BYTES];
	size_t i;

	if (!json_is_object(detection))
		return;
	if (left <= 0) {
		fputs("judging  all detectors\n", console->out);
		return;
	}
	fprintf(console->out, "learning the normal for another %s; judging already:",
		format_duration((json_int_t)left, duration));
	json_array_foreach(json_object_get(detection, "judging_already"), i, name)
		fprintf(console->out, "%s %s", i ? "," : "", json_string_value(name));
	fputc('\n', console->out);
}
