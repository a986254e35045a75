/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metrics of waxseald(8) as one table: what is counted over the ticks is kept here, what is
 * measured at the moment of a scrape is put in by the daemon.
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
	METRIC_AUTH_ATTEMPTS,	   /* by metrics_observe() */
	METRIC_SESSION_BYTES_SENT, /* by metrics_observe() */
	METRIC_MESSAGES_OPENED,	   /* by metrics_observe() */
	METRIC_CREDENTIAL_OPENS,   /* by metrics_observe() */
	METRIC_CONNECTIONS,	   /* by metrics_observe() */
	METRIC_TICK_DURATION,	   /* by metrics_observe_duration() */
	/* From here on by metrics_set(), at every scrape anew. Labels in this order: */
	METRIC_ACCOUNTS_SEEN,	    /* - */
	METRIC_SOURCES_SEEN,	    /* - */
	METRIC_ALERTS,		    /* detector, severity */
	METRIC_ALERTS_ACTIVE,	    /* detector */
	METRIC_LOST,		    /* stage */
	METRIC_MAP_ENTRIES,	    /* map */
	METRIC_MAP_CAPACITY,	    /* map */
	METRIC_PROGRAM_RUNS,	    /* program */
	METRIC_PROGRAM_RUN_SECONDS, /* program */
	METRIC_SENSOR_UP,	    /* sensor, mechanism */
	METRIC_BUILD_INFO,	    /* version, revision; set by metrics_new() */
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

/* Sets one sample; labels that the metric does not have are NULL. The same labels again replace
 * the value. */
void metrics_set(struct metrics *metrics, enum metric metric, const char *label1,
		 const char *label2, double value);
/* Forgets what metrics_set() put in, so that a scrape never shows what is gone. */
void metrics_clear_set(struct metrics *metrics);

/* Samples that a full family refused since start. */
uint64_t metrics_refused(const struct metrics *metrics);

/* The whole page; free(). ret_length may be NULL. */
char *metrics_print(const struct metrics *metrics, enum metrics_format format, size_t *ret_length);

/* What an Accept header asks for (NULL: none), and the Content-Type to answer with. */
enum metrics_format metrics_format_from_accept(const char *accept);
const char *metrics_content_type(enum metrics_format format);

#endif
