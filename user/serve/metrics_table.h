/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every metric with all that is known of it. The order says nothing: it is that of the page.
 * docs/metrics.md is made from this table, and a unit test compares them.
 */
#ifndef WAX_SERVE_METRICS_TABLE_H
#define WAX_SERVE_METRICS_TABLE_H

#include "serve/family.h"
#include "serve/metrics.h"

/* Most values of a label that others choose. */
#define METRICS_TENANTS 200
#define METRICS_SERVICES 32
#define METRICS_STORES 200

extern const struct family_kind metrics_table[METRIC_MAX];

/* What a label says; ends with a NULL name. */
struct metrics_label {
	const char *name, *help;
	unsigned int cap; /* 0: its values are words of this program */
};

extern const struct metrics_label metrics_labels[];

#endif
