/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums are few, a detector or two for each kind of subject, and are sorted by insertion. */
#include "detect/standing.h"

#include <math.h>

#include "detect/stats/evidence.h"

json_t *standing_add(json_t *sums, const char *detector, const char *measure, double sum,
		     double threshold, const char *needs)
{
	json_t *row = json_pack("{s:s, s:s, s:f, s:f, s:[], s:s}", "detector", detector, "measure",
				measure, "sum", round(sum * 100) / 100, "threshold",
				round(threshold * 100) / 100, "contributions", "needs", needs);

	json_array_append_new(sums, row);
	return row;
}

void standing_settle(json_t *sum)
{
	evidence_settle(sum, json_number_value(json_object_get(sum, "sum")));
}

static double standing_strength(const json_t *row)
{
	return json_number_value(json_object_get(row, "sum")) /
	       fmax(json_number_value(json_object_get(row, "threshold")), 1e-9);
}

void standing_sort(json_t *sums)
{
	for (size_t i = 1; i < json_array_size(sums); i++) {
		json_t *row = json_incref(json_array_get(sums, i));
		size_t to = i;

		while (to > 0 &&
		       standing_strength(json_array_get(sums, to - 1)) < standing_strength(row))
			to--;
		json_array_remove(sums, i);
		json_array_insert_new(sums, to, row);
	}
}
