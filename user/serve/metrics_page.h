/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How metrics are written: Prometheus' text format 0.0.4 and OpenMetrics 1.0.0. */
#ifndef WAX_SERVE_METRICS_PAGE_H
#define WAX_SERVE_METRICS_PAGE_H

#include "serve/family.h"
#include "serve/metrics.h"

#define METRICS_BUCKETS 10

struct metrics_histogram {
	uint64_t buckets[METRICS_BUCKETS + 1]; /* the last one has no upper bound */
	double sum;
};

void metrics_histogram_add(struct metrics_histogram *histogram, double value);

/* Nothing at all for a family without samples. */
void metrics_page_family(FILE *page, const struct family *family, enum metrics_format format);
void metrics_page_histogram(FILE *page, const struct family_kind *kind,
			    const struct metrics_histogram *histogram);

#endif
