/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metrics of waxseald(8). What a tick counted is added here; what is measured at a scrape is
 * put in by the daemon. metrics_table.c says of each metric which of the two it is.
 *
 * No account and no address ever becomes a label. Tenants and services are capped; what is past
 * the cap, and what is no plausible domain, is counted under "other".
 */
#ifndef WAX_SERVE_METRICS_H
#define WAX_SERVE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "model/snapshot.h"

struct metrics;

enum metric {
	METRIC_AUTH_ATTEMPTS,
	METRIC_SESSION_BYTES_SENT,
	METRIC_MESSAGES_OPENED,
	METRIC_CREDENTIAL_OPENS,
	METRIC_CONNECTIONS,
	METRIC_TICK_DURATION,
	METRIC_ACCOUNTS_SEEN,
	METRIC_SOURCES_SEEN,
	METRIC_ALERTS,
	METRIC_ALERTS_ACTIVE,
	METRIC_LOST,
	METRIC_MAP_ENTRIES,
	METRIC_MAP_CAPACITY,
	METRIC_PROGRAM_RUNS,
	METRIC_PROGRAM_RUN_SECONDS,
	METRIC_SENSOR_UP,
	METRIC_BUILD_INFO,
	METRIC_MAX,
};

enum metrics_format {
	METRICS_PROMETHEUS,  /* text format 0.0.4 */
	METRICS_OPENMETRICS, /* OpenMetrics 1.0.0 */
};

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* Adds one tick. */
void metrics_observe(struct metrics *metrics, const struct snapshot *snapshot);
void metrics_observe_duration(struct metrics *metrics, double seconds);

/* Before a scrape: drops the samples of the metrics that are read at each scrape. */
void metrics_begin_scrape(struct metrics *metrics);
/* Sets one sample of such a metric. Its labels' values stand in the order of the table, NULL for
 * those that the metric does not have. The same values again replace the sample. */
void metrics_set(struct metrics *metrics, enum metric metric, const char *label1,
		 const char *label2, double value);

/* Samples that a full family refused since start. */
uint64_t metrics_refused(const struct metrics *metrics);

/* The whole page; free(). ret_length may be NULL. */
char *metrics_print(const struct metrics *metrics, enum metrics_format format, size_t *ret_length);

/* What an Accept header asks for (NULL: none), and the Content-Type to answer with. */
enum metrics_format metrics_format_from_accept(const char *accept);
const char *metrics_content_type(enum metrics_format format);

#endif
