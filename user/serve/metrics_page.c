/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two formats differ in three things: OpenMetrics names a counter's family without _total,
 * escapes quotes in help texts, and ends with # EOF.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "serve/metrics_page.h"

#define PREFIX "waxseal_"

/* A tick is due every second: what matters is how much of that it takes. */
static const char *const bounds[METRICS_BUCKETS] = {"0.001", "0.0025", "0.005", "0.01", "0.025",
						    "0.05",  "0.1",    "0.25",	"0.5",	"1.0"};

static const char *const types[] = {
	[FAMILY_COUNTER] = "counter",
	[FAMILY_GAUGE] = "gauge",
	[FAMILY_HISTOGRAM] = "histogram",
	[FAMILY_INFO] = "gauge", /* the older format has no info */
};

void metrics_histogram_add(struct metrics_histogram *histogram, double value)
{
	size_t i = 0;

	while (i < METRICS_BUCKETS && value > strtod(bounds[i], NULL))
		i++;
	histogram->buckets[i]++;
	histogram->sum += value;
}

static void metrics_page_head(FILE *page, const struct family_kind *kind, const char *suffix,
			      enum metrics_format format)
{
	(void)fprintf(page, "# HELP " PREFIX "%s%s ", kind->name, suffix);
	family_print_escaped(page, kind->help, format == METRICS_OPENMETRICS);
	(void)fprintf(page, "\n# TYPE " PREFIX "%s%s %s\n", kind->name, suffix, types[kind->type]);
}

void metrics_page_family(FILE *page, const struct family *family, enum metrics_format format)
{
	const struct family_kind *kind = family->kind;
	const char *suffix = kind->type == FAMILY_COUNTER ? "_total" : "";

	if (family->count == 0)
		return;
	metrics_page_head(page, kind, format == METRICS_OPENMETRICS ? "" : suffix, format);
	for (size_t i = 0; i < family->count; i++) {
		const struct sample *sample = &family->samples[i];

		(void)fprintf(page, PREFIX "%s%s", kind->name, suffix);
		if (sample->labels[0])
			(void)fprintf(page, "{%s}", sample->labels);
		(void)fputc(' ', page);
		family_print_number(page, sample->value);
		(void)fputc('\n', page);
	}
}

void metrics_page_histogram(FILE *page, const struct family_kind *kind,
			    const struct metrics_histogram *histogram)
{
	unsigned long long count = 0;

	metrics_page_head(page, kind, "", METRICS_PROMETHEUS);
	for (size_t i = 0; i <= METRICS_BUCKETS; i++) {
		count += histogram->buckets[i];
		(void)fprintf(page, PREFIX "%s_bucket{le=\"%s\"} %llu\n", kind->name,
			      i < METRICS_BUCKETS ? bounds[i] : "+Inf", count);
	}
	(void)fprintf(page, PREFIX "%s_sum ", kind->name);
	family_print_number(page, histogram->sum);
	(void)fprintf(page, "\n" PREFIX "%s_count %llu\n", kind->name, count);
}

/* The weight of a media range as its q parameter says; 1 when it says nothing. */
static double metrics_weight(const char *range)
{
	const char *q = strcasestr(range, "q=");

	return q ? strtod(q + 2, NULL) : 1;
}

enum metrics_format metrics_format_from_accept(const char *accept)
{
	_cleanup_free_ char *ranges = xstrdup(accept ? accept : "");
	double open = 0, plain = 0;
	char *rest = ranges, *range;

	while ((range = strsep(&rest, ","))) {
		double weight = metrics_weight(range);

		if (strcasestr(range, "application/openmetrics-text"))
			open = weight > open ? weight : open;
		else if (strcasestr(range, "text/plain") && weight > plain)
			plain = weight;
	}
	return open > 0 && open >= plain ? METRICS_OPENMETRICS : METRICS_PROMETHEUS;
}

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}
